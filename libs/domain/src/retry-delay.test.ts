import fc from 'fast-check';
import { retryDelayMs } from './retry-delay';

describe('the time before an attempt', () => {
  it('follows the contract: at once, then 5 s, up to 24 h, then never', () => {
    const seconds = Array.from({ length: 11 }, (_nothing, i) => retryDelayMs(i + 1, 0.5)).map((ms) => ms && ms / 1_000);
    expect(seconds).toEqual([0, 5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 86_400, undefined]);
  });

  it('is spread by a fifth to either side', () => {
    expect([retryDelayMs(2, 0), retryDelayMs(2, 0.999_999)]).toEqual([4_000, 6_000]);
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(fc.property(random, (r) => Math.abs(retryDelayMs(5, r)! - 600_000) <= 120_000));
  });

  it('is never for an attempt that does not exist', () => {
    expect([retryDelayMs(0, 0.5), retryDelayMs(-1, 0.5), retryDelayMs(12, 0.5)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

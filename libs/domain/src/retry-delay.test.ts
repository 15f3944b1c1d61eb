import fc from 'fast-check';
import { retryDelayMs } from './retry-delay';

describe('the time before an attempt', () => {
  it('follows the contract: attempts at once, after 5 s, 30 s … 24 h from the first, then never', () => {
    const waits = Array.from({ length: 10 }, (_nothing, i) => retryDelayMs(i + 1, 0.5)! / 1_000);
    const times = waits.map((_wait, i) => waits.slice(0, i + 1).reduce((sum, wait) => sum + wait, 0));
    expect(times).toEqual([0, 5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 86_400]);
    expect(retryDelayMs(11, 0.5)).toBeUndefined();
  });

  it('is spread by a fifth to either side', () => {
    expect([retryDelayMs(2, 0), retryDelayMs(2, 0.999_999)]).toEqual([4_000, 6_000]);
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(fc.property(random, (r) => Math.abs(retryDelayMs(5, r)! - 480_000) <= 96_000));
  });

  it('is never for an attempt that does not exist', () => {
    expect([retryDelayMs(0, 0.5), retryDelayMs(-1, 0.5), retryDelayMs(12, 0.5)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

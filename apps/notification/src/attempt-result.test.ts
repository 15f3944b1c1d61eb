import { retryDelayMs } from '@corral/domain';
import { resultOf } from './attempt-result';
import { retryAfterMs } from './channels/webhook';
import type { ClaimedDelivery } from './delivery-queue';

const NOW = Date.parse('2026-11-21T10:00:00Z');

function aDelivery(attempt: number): ClaimedDelivery {
  return {
    id: 'dlv_1',
    fleetId: 'f1',
    endpointId: 'whe_1',
    webhookId: 'evt_1_r1',
    type: 'test',
    body: '{}',
    attempt,
    url: 'https://example.com/',
    secrets: ['whsec_AAAA'],
  };
}

/** How long the next attempt waits after this one failed, without jitter. */
function waits(attempt: number, retryAfter?: number): number | undefined {
  const telling = { kind: 'again', reason: 'receiver_failed', retryAfterMs: retryAfter } as const;
  const { nextAttemptAt } = resultOf(aDelivery(attempt), telling, NOW, 0, { retryDelayMs, random: () => 0.5 });
  return nextAttemptAt === undefined ? undefined : nextAttemptAt - NOW;
}

describe('after a failed attempt', () => {
  it.each([
    [1, '5 s', 5_000],
    [2, '25 s', 25_000],
    [3, '90 s', 90_000],
    [4, '8 min', 480_000],
    [5, '20 min', 1_200_000],
    [6, '90 min', 5_400_000],
    [7, '3 h', 10_800_000],
    [8, '5 h', 18_000_000],
    [9, '14 h', 50_400_000],
  ])('number %d the next comes %s later', (attempt, _words, ms) => {
    expect(waits(attempt)).toBe(ms);
  });

  it('number 10 there is no other: the delivery has failed', () => {
    expect(waits(10)).toBeUndefined();
    expect(
      resultOf(aDelivery(10), { kind: 'again', reason: 'timeout' }, NOW, 7, { retryDelayMs, random: Math.random }),
    ).toMatchObject({ outcome: 'failed', error: 'timeout' });
  });

  it.each([
    ['less than our own delay', 2, 1_000, 25_000],
    ['a bit more', 2, 45_000, 45_000],
    ['a day', 2, 86_400_000, 50_000],
  ])('a receiver that asks for %s is honoured between once and twice our own', (_words, attempt, asked, ms) => {
    expect(waits(attempt, asked)).toBe(ms);
  });

  it('of a receiver that is gone there is no other either', () => {
    expect(
      resultOf(aDelivery(1), { kind: 'never', reason: 'gone', statusCode: 410 }, NOW, 7, {
        retryDelayMs,
        random: Math.random,
      }),
    ).toMatchObject({ outcome: 'failed', gone: true });
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['1000000000', 1e12],
    ['Sat, 21 Nov 2026 10:02:00 GMT', 120_000],
    ['Sat, 21 Nov 2020 10:02:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%p means %p ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });
});

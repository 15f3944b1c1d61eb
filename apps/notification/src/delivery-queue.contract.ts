import { HOPELESS, HOPELESS_MS, type AttemptResult, type ClaimedDelivery, type DeliveryQueue } from './delivery-queue';

/** How a suite puts things into the queue it tests, and looks at what became of them. */
export interface DeliveryQueueFixture {
  readonly queue: DeliveryQueue;
  endpoint(endpoint: {
    fleetId: string;
    id: string;
    previousSecret?: string;
    previousSecretUntil?: number;
  }): Promise<void>;
  /** Deletes it. */
  removeEndpoint(id: string): Promise<void>;
  disabledReason(id: string): Promise<string | undefined>;
  delivery(delivery: { fleetId: string; endpointId: string; webhookId: string; dueAt: number }): Promise<void>;
  status(webhookId: string): Promise<{ status: string; attempts: number; nextAttemptAt?: number } | undefined>;
  /** The attempts kept of a delivery, in order. */
  attempts(
    webhookId: string,
  ): Promise<readonly { attempt: number; statusCode?: number; error?: string; response?: string }[]>;
}

const never = new AbortController().signal;
const NOW = Date.parse('2026-11-21T10:00:00Z');
const LIMITS = { limit: 100, perEndpoint: 4, perFleet: 6, leaseMs: 60_000, holder: 'one' };

/** What every delivery queue must do. */
export function describeDeliveryQueue(name: string, open: () => Promise<DeliveryQueueFixture>): void {
  describe(`delivery queue (${name})`, () => {
    let at: DeliveryQueueFixture;
    beforeEach(async () => {
      at = await open();
      await at.endpoint({ fleetId: 'f1', id: 'e1' });
    });

    const plan = (webhookId: string, dueAt = NOW, endpointId = 'e1', fleetId = 'f1') =>
      at.delivery({ fleetId, endpointId, webhookId, dueAt });
    const claim = (now = NOW, limits: Partial<typeof LIMITS> = {}) =>
      at.queue.claim(now, { ...LIMITS, ...limits }, never);
    const ids = (claimed: readonly ClaimedDelivery[]) => claimed.map(({ webhookId }) => webhookId);
    const outcome = (
      claimed: ClaimedDelivery,
      rest: Partial<AttemptResult> & Pick<AttemptResult, 'outcome'>,
    ): AttemptResult => ({
      deliveryId: claimed.id,
      fleetId: claimed.fleetId,
      endpointId: claimed.endpointId,
      attempt: claimed.attempt,
      at: NOW,
      latencyMs: 12,
      ...rest,
    });

    it('hands out what is due with everything that is needed to send it, and nothing twice', async () => {
      await plan('a_r1');
      await plan('later_r1', NOW + 1);
      const claimed = await claim();
      expect(claimed).toMatchObject([
        {
          fleetId: 'f1',
          endpointId: 'e1',
          webhookId: 'a_r1',
          body: '{}',
          attempt: 1,
          url: 'https://example.com/',
          secrets: ['whsec_AAAA'],
        },
      ]);
      expect(await claim()).toEqual([]);
      expect(ids(await claim(NOW + 1))).toEqual(['later_r1']);
    });

    it('signs with two secrets while one is being rotated, and with one afterwards', async () => {
      await at.endpoint({ fleetId: 'f1', id: 'e2', previousSecret: 'whsec_BBBB', previousSecretUntil: NOW + 1_000 });
      await plan('a_r1', NOW, 'e2');
      await plan('b_r1', NOW + 1_000, 'e2');
      expect((await claim())[0]!.secrets).toEqual(['whsec_AAAA', 'whsec_BBBB']);
      expect((await claim(NOW + 1_000))[0]!.secrets).toEqual(['whsec_AAAA']);
    });

    it('lends the same message again, as a new attempt, when a lease ends without a record', async () => {
      await plan('a_r1');
      await claim();
      expect(await claim(NOW + 59_999)).toEqual([]);
      expect(await claim(NOW + 60_000)).toMatchObject([{ webhookId: 'a_r1', attempt: 2 }]);
    });

    it('gives a holder that comes back what it was telling when it was killed, and lets alone what others tell', async () => {
      for (const id of ['a_r1', 'b_r1']) await plan(id);
      expect(ids(await claim(NOW, { limit: 1 }))).toEqual(['a_r1']);
      expect(ids(await claim(NOW, { limit: 1, holder: 'another' }))).toEqual(['b_r1']);
      await at.queue.takeBack('one', never);
      expect(await claim(NOW + 1)).toMatchObject([{ webhookId: 'a_r1', attempt: 2 }]);
    });

    it('keeps an attempt, and offers the delivery again when it is due', async () => {
      await plan('a_r1');
      const [first] = await claim();
      await at.queue.record(
        [
          outcome(first!, {
            outcome: 'again',
            statusCode: 500,
            error: 'receiver_failed',
            response: 'oh',
            nextAttemptAt: NOW + 5_000,
          }),
        ],
        never,
      );
      expect(await at.status('a_r1')).toMatchObject({ status: 'pending', attempts: 1, nextAttemptAt: NOW + 5_000 });
      expect(await claim(NOW + 4_999)).toEqual([]);
      const [second] = await claim(NOW + 5_000);
      expect(second).toMatchObject({ id: first!.id, webhookId: 'a_r1', attempt: 2 });
      await at.queue.record([outcome(second!, { outcome: 'delivered', statusCode: 204 })], never);
      expect(await at.status('a_r1')).toMatchObject({ status: 'delivered', attempts: 2 });
      expect(await at.attempts('a_r1')).toMatchObject([
        { attempt: 1, statusCode: 500, error: 'receiver_failed', response: 'oh' },
        { attempt: 2, statusCode: 204 },
      ]);
      expect(await claim(NOW + 1e9)).toEqual([]);
    });

    it('does not let a slow attempt overrule the one that came after it', async () => {
      await plan('a_r1');
      const [slow] = await claim();
      const [quick] = await claim(NOW + 60_000);
      await at.queue.record([outcome(quick!, { outcome: 'delivered', statusCode: 200 })], never);
      await at.queue.record(
        [outcome(slow!, { outcome: 'again', error: 'timeout', nextAttemptAt: NOW + 5_000 })],
        never,
      );
      expect(await at.status('a_r1')).toMatchObject({ status: 'delivered' });
    });

    it('gives up when told so', async () => {
      await plan('a_r1');
      const [last] = await claim();
      await at.queue.record([outcome(last!, { outcome: 'failed', error: 'timeout' })], never);
      expect(await at.status('a_r1')).toMatchObject({ status: 'failed' });
      expect(await claim(NOW + 1e9)).toEqual([]);
    });

    it('keeps to so many in flight per endpoint and per fleet', async () => {
      await at.endpoint({ fleetId: 'f1', id: 'e2' });
      for (let i = 0; i < 9; i++) await plan(`a${i}_r1`, NOW - 10 + i);
      for (let i = 0; i < 9; i++) await plan(`b${i}_r1`, NOW - 10 + i, 'e2');
      const claimed = await claim();
      expect(ids(claimed).sort()).toEqual(['a0_r1', 'a1_r1', 'a2_r1', 'b0_r1', 'b1_r1', 'b2_r1']);
      expect(await claim()).toEqual([]);
      const [done] = claimed;
      await at.queue.record([outcome(done!, { outcome: 'delivered', statusCode: 200 })], never);
      expect(await claim()).toHaveLength(1);
    });

    it('serves fleets in turn: a queue of thousands does not make a quiet fleet wait', async () => {
      await at.endpoint({ fleetId: 'f2', id: 'e3' });
      for (let i = 0; i < 20; i++) await plan(`noisy${i}_r1`, NOW - 1_000 + i);
      await plan('quiet_r1', NOW, 'e3', 'f2');
      expect(ids(await claim(NOW, { limit: 2 })).sort()).toEqual(['noisy0_r1', 'quiet_r1']);
    });

    it('disables an endpoint that says it is gone, and drops what waits for it', async () => {
      await plan('a_r1');
      const [claimed] = await claim();
      await plan('b_r1');
      await at.queue.record(
        [outcome(claimed!, { outcome: 'failed', statusCode: 410, error: 'gone', gone: true })],
        never,
      );
      expect(await at.disabledReason('e1')).toBe('gone');
      expect(await at.status('a_r1')).toMatchObject({ status: 'failed' });
      expect(await at.status('b_r1')).toMatchObject({ status: 'dropped' });
      expect(await claim(NOW + 1e9)).toEqual([]);
    });

    it('gives an endpoint up of which nothing succeeded for 120 hours, and drops what waits for it', async () => {
      const fail = async (webhookId: string, when: number) => {
        await plan(webhookId, when);
        const [claimed] = await claim(when);
        return at.queue.record([outcome(claimed!, { outcome: 'failed', error: 'timeout', at: when })], never);
      };
      expect(await fail('first_r1', NOW)).toEqual([]);
      expect(await fail('last_r1', NOW + HOPELESS_MS - 1)).toEqual([]);
      await plan('waits_r1', NOW + HOPELESS_MS + 1);
      expect(await fail('over_r1', NOW + HOPELESS_MS)).toEqual([{ fleetId: 'f1', endpointId: 'e1', reason: HOPELESS }]);
      expect(await at.disabledReason('e1')).toBe(HOPELESS);
      expect(await at.status('waits_r1')).toMatchObject({ status: 'dropped' });
    });

    it('does not give it up for one failure after days without a message: only when a message is given up', async () => {
      await plan('first_r1', NOW);
      const [first] = await claim(NOW);
      await at.queue.record([outcome(first!, { outcome: 'failed', error: 'timeout', at: NOW })], never);
      const later = NOW + 2 * HOPELESS_MS;
      await plan('later_r1', later);
      const [second] = await claim(later);
      const again = outcome(second!, { outcome: 'again', error: 'timeout', at: later, nextAttemptAt: later + 5_000 });
      expect(await at.queue.record([again], never)).toEqual([]);
      expect(await at.disabledReason('e1')).toBeUndefined();
      expect(await at.status('later_r1')).toMatchObject({ status: 'pending' });
    });

    it('begins to count anew when anything succeeded', async () => {
      const tryAt = async (webhookId: string, when: number, how: 'failed' | 'delivered') => {
        await plan(webhookId, when);
        const [claimed] = await claim(when);
        return at.queue.record([outcome(claimed!, { outcome: how, at: when })], never);
      };
      await tryAt('ill_r1', NOW, 'failed');
      await tryAt('well_r1', NOW + 1, 'delivered');
      await tryAt('ill again_r1', NOW + 2, 'failed');
      expect(await tryAt('still ill_r1', NOW + HOPELESS_MS, 'failed')).toEqual([]);
      expect(await at.disabledReason('e1')).toBeUndefined();
      expect(await tryAt('for too long_r1', NOW + HOPELESS_MS + 2, 'failed')).toHaveLength(1);
    });

    it('drops what waits for a deleted endpoint', async () => {
      await at.endpoint({ fleetId: 'f1', id: 'e2' });
      await plan('a_r1', NOW, 'e2');
      await plan('b_r1');
      await at.removeEndpoint('e2');
      expect(ids(await claim())).toEqual(['b_r1']);
      expect((await at.queue.sweep(never)).dropped).toBe(1);
      expect(await at.status('a_r1')).toMatchObject({ status: 'dropped' });
    });

    it('forgets what has been over for long, and nothing that still waits', async () => {
      await plan('over_r1', NOW - 10_000);
      const [claimed] = await claim();
      await at.queue.record([outcome(claimed!, { outcome: 'delivered', statusCode: 200 })], never);
      await plan('waits_r1', NOW - 10_000);
      expect(await at.queue.expire(NOW - 10_000, never)).toBe(0);
      expect(await at.queue.expire(NOW - 9_999, never)).toBe(1);
      expect(await at.status('over_r1')).toBeUndefined();
      expect(await at.status('waits_r1')).toMatchObject({ status: 'pending' });
    });
  });
}

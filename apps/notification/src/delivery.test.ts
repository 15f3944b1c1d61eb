import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { planDeliveryTo } from '@corral/database';
import { eventually } from '@corral/messaging/testing';
import { postgresDeliveryQueue } from './delivery-queue.postgres';
import { SECRET, setStage, type Stage } from './testing/notification-stage';
import { aGeofenceEvent, aViolation } from './testing/some-facts';
import { startWebhookReceiver, verify, type Answer, type Hit, type WebhookReceiver } from './testing/webhook-receiver';

let postgres: TestDatabase;
let stage: Stage;
let receiver: WebhookReceiver;

beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(async () => {
  await postgres.stop();
});
beforeEach(async () => {
  stage = await setStage(postgres.database);
});
afterEach(async () => {
  await stage.clear();
  await receiver.stop();
});

/** A receiver that is told of geofence events, and answers as said. */
async function aReceiver(answer?: (hit: Hit, number: number) => Answer): Promise<void> {
  receiver = await startWebhookReceiver(answer);
  await stage.endpoint(receiver.url);
}

const status = (wanted: string, webhookId = 'evt_one_r1') =>
  eventually(`${webhookId} is ${wanted}`, async () =>
    (await stage.deliveries()).find((d) => d.webhookId === webhookId && d.status === wanted),
  );

async function attempts() {
  const { rows } = await postgres.database.query<{
    attempt: number;
    code: number | null;
    error: string | null;
    response: string | null;
    latency: number;
  }>(
    'SELECT attempt, status_code AS code, error, response, latency_ms AS latency FROM delivery_attempt ORDER BY delivery_id, attempt',
  );
  return rows;
}

describe('a receiver that fails', () => {
  it('with 500 is told again under the same id and with the same body, signed for the new moment, until it answers 2xx', async () => {
    await aReceiver((_hit, number) => (number <= 2 ? { status: 500, body: 'ouch' } : { status: 204 }));
    await stage.notification();
    await stage.happen(aGeofenceEvent());
    await status('delivered');
    expect(receiver.ids()).toEqual(['evt_one_r1', 'evt_one_r1', 'evt_one_r1']);
    expect(new Set(receiver.hits.map(({ text }) => text)).size).toBe(1);
    for (const hit of receiver.hits) verify(hit, SECRET);
    expect(await attempts()).toMatchObject([
      { attempt: 1, code: 500, error: 'receiver_failed', response: 'ouch' },
      { attempt: 2, code: 500, error: 'receiver_failed', response: 'ouch' },
      { attempt: 3, code: 204, error: null },
    ]);
  });

  it('is told again at the times of the schedule', async () => {
    await aReceiver(() => ({ status: 500 }));
    const asked: number[] = [];
    await stage.notification({ retryDelayMs: (attempt) => (asked.push(attempt), attempt <= 4 ? 10 : undefined) });
    await stage.happen(aGeofenceEvent());
    await status('failed');
    expect(asked).toEqual([2, 3, 4, 5]);
    expect(receiver.hits.length).toBe(4);
  });

  it('with 410 is disabled, and what waits for it is dropped', async () => {
    await aReceiver(() => ({ status: 410 }));
    await stage.notification();
    await stage.happen(aGeofenceEvent());
    await status('failed');
    await stage.happen(aViolation());
    await stage.settled();
    const { rows } = await postgres.database.query(
      'SELECT disabled_reason AS reason FROM webhook_endpoint WHERE disabled_at IS NOT NULL',
    );
    expect(rows).toEqual([{ reason: 'gone' }]);
    expect(receiver.ids()).toEqual(['evt_one_r1']);
    expect(await stage.deliveries()).toHaveLength(1);
  });

  it('with a redirect is not followed: that is a failure', async () => {
    await aReceiver((_hit, number) =>
      number === 1 ? { status: 302, headers: { location: '/elsewhere' } } : { status: 200 },
    );
    await stage.notification();
    await stage.happen(aGeofenceEvent());
    await status('delivered');
    expect(receiver.hits.map(({ path }) => path)).toEqual(['/hook', '/hook']);
    expect(await attempts()).toMatchObject([{ code: 302, error: 'redirect_not_followed' }, { code: 200 }]);
  });

  it('by never answering is cut off, while others are told meanwhile', async () => {
    await aReceiver((_hit, number) => (number === 1 ? undefined : { status: 200 }));
    const other = await startWebhookReceiver();
    await stage.endpoint(other.url, { id: 'whe_two', fleetId: 'f2' });
    await stage.notification({}, { timeoutMs: 400 });
    await stage.happen(aGeofenceEvent(), aGeofenceEvent({ id: 'evt_two', fleetId: 'f2' }));
    await eventually('the other is told', () => other.hits.length === 1, 390);
    await status('delivered');
    expect((await attempts()).filter(({ error }) => error !== null)).toMatchObject([{ code: null, error: 'timeout' }]);
    await other.stop();
  });

  it('at an address that is not allowed is not spoken to, and no address is told', async () => {
    await aReceiver();
    await postgres.database.query(`UPDATE webhook_endpoint SET url = 'https://10.1.2.3/'`);
    await stage.notification({ retryDelayMs: () => undefined });
    await stage.happen(aGeofenceEvent());
    await status('failed');
    expect(await attempts()).toMatchObject([{ code: null, error: 'address_not_allowed', response: null }]);
  });
});

describe('an endpoint', () => {
  it('that rotates its secret gets two signatures; either verifies', async () => {
    receiver = await startWebhookReceiver();
    const previousSecret = `whsec_${Buffer.from('the secret of last month').toString('base64')}`;
    await stage.endpoint(receiver.url, { previousSecret });
    await stage.notification();
    await stage.happen(aGeofenceEvent());
    await status('delivered');
    expect(String(receiver.hits[0]!.headers['webhook-signature']).split(' ')).toHaveLength(2);
    verify(receiver.hits[0]!, SECRET);
    verify(receiver.hits[0]!, previousSecret);
  });

  it('that is deleted gets nothing more, and what waited for it is dropped', async () => {
    await aReceiver(() => ({ status: 500 }));
    await stage.notification({ retryDelayMs: () => 100, limits: { sweepMs: 50 } });
    await stage.happen(aGeofenceEvent());
    await eventually('it was tried', async () => (await attempts()).length > 0);
    await postgres.database.query('DELETE FROM webhook_endpoint');
    await status('dropped');
  });

  it('gets a test message like any other', async () => {
    await aReceiver();
    await stage.notification();
    const body = JSON.stringify({ type: 'test', timestamp: new Date().toISOString(), data: {} });
    expect(
      await planDeliveryTo(
        postgres.database,
        'whe_one',
        { fleetId: 'f1', id: 'msg_1', revision: 1, type: 'test', body },
        Date.now(),
      ),
    ).toMatch(/^dlv_/);
    await status('delivered', 'msg_1_r1');
    expect(verify(receiver.hits[0]!, SECRET)).toMatchObject({ type: 'test' });
  });

  it('is told within half a second of what happened', async () => {
    await aReceiver();
    await stage.notification({ limits: { pollMs: 60_000 } });
    const latencies: number[] = [];
    for (let i = 0; i < 20; i++) {
      const before = Date.now();
      await stage.happen(aGeofenceEvent({ id: `evt_${i}` }));
      await eventually('it is told', () => receiver.hits.length === i + 1);
      latencies.push(receiver.hits[i]!.at - before);
    }
    expect(Math.max(...latencies)).toBeLessThan(500);
  });

  it('is told four things at a time at most', async () => {
    let now = 0;
    let most = 0;
    receiver = await startWebhookReceiver(() => undefined);
    await stage.endpoint(receiver.url);
    await stage.notification({
      tell: async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
        return { kind: 'delivered' };
      },
    });
    await stage.happen(...Array.from({ length: 30 }, (_, i) => aGeofenceEvent({ id: `evt_${i}` })));
    await eventually('all are told', async () => {
      const deliveries = await stage.deliveries();
      return deliveries.length === 30 && deliveries.every(({ status }) => status === 'delivered');
    });
    expect(most).toBe(4);
  });
});

describe('instances', () => {
  it('that work side by side tell nothing twice', async () => {
    await aReceiver();
    for (let i = 0; i < 5; i++) await stage.endpoint(receiver.url, { id: `whe_${i}` });
    await stage.notification();
    await stage.notification();
    await stage.happen(
      ...Array.from({ length: 60 }, (_, i) => aGeofenceEvent({ id: `evt_${i}`, vehicleId: `bike-${i % 7}` })),
    );
    await eventually('all are told', async () => {
      const deliveries = await stage.deliveries();
      return deliveries.length === 360 && deliveries.every(({ status }) => status === 'delivered');
    });
    expect(receiver.hits.length).toBe(360);
    expect((await stage.deliveries()).every(({ attempts: made }) => made === 1)).toBe(true);
  });

  it('one of which died between telling and recording: another tells the same id again', async () => {
    await aReceiver();
    const queue = postgresDeliveryQueue(postgres.database);
    await stage.notification({
      queue: { ...queue, record: () => new Promise(() => undefined) },
      limits: { leaseMs: 300, pollMs: 10_000, patienceMs: 100 },
    });
    await stage.happen(aGeofenceEvent());
    await eventually('it was told', () => receiver.hits.length === 1);
    expect(await stage.deliveries()).toMatchObject([{ status: 'pending', attempts: 1 }]);
    await stage.notification({ limits: { leaseMs: 300 } });
    await status('delivered');
    expect(receiver.ids()).toEqual(['evt_one_r1', 'evt_one_r1']);
    expect(await attempts()).toMatchObject([{ attempt: 2, code: 200 }]);
  });

  it('that are told to stop let what is in flight complete, and record it', async () => {
    let answer: (() => void) | undefined;
    await aReceiver();
    const telling = new Promise<void>((resolve) => (answer = resolve));
    let begun = false;
    const { stop } = await stage.notification({
      tell: async () => {
        begun = true;
        await telling;
        return { kind: 'delivered', statusCode: 200 };
      },
    });
    await stage.happen(aGeofenceEvent());
    await eventually('it is being told', () => begun);
    const stopped = stop();
    answer?.();
    await stopped;
    expect(await stage.deliveries()).toMatchObject([{ status: 'delivered', attempts: 1 }]);
    await stop();
  });
});

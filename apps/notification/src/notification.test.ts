import { ALERTS_TOPIC, decodeEvent } from '@corral/contracts';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { createMemoryEventLog } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { SECRET, setStage, type Stage } from './testing/notification-stage';
import { aGeofenceEvent, aViolation, closed } from './testing/some-facts';
import { startWebhookReceiver, verify, type WebhookReceiver } from './testing/webhook-receiver';

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
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await stage.clear();
  await receiver.stop();
});

const told = (count: number) => eventually(`${count} webhooks came`, () => receiver.hits.length >= count);

describe('a violation', () => {
  it('becomes an alert in the inbox, and a signed webhook each for the violation and the alert', async () => {
    await stage.endpoint(receiver.url);
    await stage.notification();
    await stage.happen(aViolation());
    await told(2);
    expect(await stage.alerts()).toEqual([
      {
        id: 'alt_one',
        revision: 1,
        status: 'open',
        resolution: null,
        violations: ['vio_one'],
        title: 'bike-1 left the service area',
        count: 1,
      },
    ]);
    expect(receiver.ids().sort()).toEqual(['alt_one_r1', 'vio_one_r1']);
    for (const hit of receiver.hits) expect(verify(hit, SECRET)).toEqual(hit.body);
    const [violation] = receiver.of('violation.opened');
    expect(violation!.body).toEqual({
      type: 'violation.opened',
      timestamp: '2026-11-21T10:00:01.000Z',
      data: {
        id: 'vio_one',
        revision: 1,
        retracted: false,
        kind: 'outside_service_area',
        vehicleId: 'bike-1',
        zoneSetVersion: 1,
        rule: { name: 'rideThroughAllowed', from: 'global' },
        status: 'open',
        openedAt: '2026-11-21T10:00:00.000Z',
        detectedAt: '2026-11-21T10:00:01.000Z',
        position: [4.9, 52.37],
      },
    });
    const [alert] = receiver.of('alert.opened');
    expect(alert!.body.data).toEqual({
      id: 'alt_one',
      revision: 1,
      kind: 'outside_service_area',
      severity: 'critical',
      status: 'open',
      title: 'bike-1 left the service area',
      vehicleId: 'bike-1',
      violationIds: ['vio_one'],
      count: 1,
      openedAt: '2026-11-21T10:00:00.000Z',
      lastAt: '2026-11-21T10:00:00.000Z',
    });
    expect(alert!.headers['content-type']).toBe('application/json');
  });

  it('stands in the inbox also when no endpoint wants to hear of it', async () => {
    await stage.notification();
    await stage.happen(aViolation());
    await stage.settled();
    expect(await stage.alerts()).toMatchObject([{ status: 'open' }]);
    expect(await stage.deliveries()).toEqual([]);
  });

  it('that ends resolves its alert as cleared, under the same ids with the next revisions', async () => {
    await stage.endpoint(receiver.url);
    await stage.notification();
    await stage.happen(aViolation(), closed(aViolation()));
    await told(4);
    expect(await stage.alerts()).toMatchObject([
      { id: 'alt_one', revision: 2, status: 'resolved', resolution: 'cleared' },
    ]);
    expect(receiver.ids().sort()).toEqual(['alt_one_r1', 'alt_one_r2', 'vio_one_r1', 'vio_one_r2']);
    expect(receiver.of('alert.resolved')[0]!.body.data).toMatchObject({
      resolution: 'cleared',
      resolvedAt: '2026-11-21T10:01:00.000Z',
    });
    const { rows } = await postgres.database.query(
      'SELECT action, revision, actor FROM alert_history ORDER BY revision',
    );
    expect(rows).toEqual([
      { action: 'opened', revision: 1, actor: 'system' },
      { action: 'resolved', revision: 2, actor: 'system' },
    ]);
  });

  it('of the same kind after the first ended is an alert of its own, also when both come in one batch', async () => {
    const again = aViolation({ id: 'vio_two', openedAt: aViolation().openedAt + 120_000 });
    await stage.happen(aViolation(), closed(aViolation()), again);
    await stage.notification();
    await stage.settled();
    expect(await stage.alerts()).toMatchObject([
      { id: 'alt_one', status: 'resolved' },
      { id: 'alt_two', status: 'open', revision: 1 },
    ]);
  });

  it('is titled with the names people gave the zone and the vehicle', async () => {
    const definition = { zones: [{ zoneId: 'z1', name: [{ text: 'Marktplein', language: 'nl' }] }, { zoneId: 'z2' }] };
    await postgres.database.query(
      `INSERT INTO zone_set (fleet_id, version, status, origin, profile, zones, definition) VALUES ('f1', 1, 'published', 'gbfs3', 'immediate', 2, $1)`,
      [JSON.stringify(definition)],
    );
    await postgres.database.query(`INSERT INTO vehicle (fleet_id, id, name) VALUES ('f1', 'bike-1', 'Red 7')`);
    await stage.notification();
    await stage.happen(
      aViolation({ kind: 'ride_end_not_allowed', zoneId: 'z1' }),
      aViolation({ id: 'vio_2', kind: 'ride_end_not_allowed', zoneId: 'z2' }),
    );
    await stage.settled();
    const titles = (await stage.alerts()).map(({ title }) => title);
    expect(titles.find((title) => title.includes('Marktplein'))).toMatch(/^Red 7 .* Marktplein$/);
    expect(titles.find((title) => title.includes('z2'))).toMatch(/^Red 7 .* z2$/);
  });

  it('is published to the alerts topic in the order of what happened, times in epoch milliseconds', async () => {
    await stage.notification();
    await stage.happen(aViolation(), closed(aViolation()));
    await stage.settled();
    expect(await stage.published()).toMatchObject([
      { type: 'alert.opened', id: 'alt_one', revision: 1 },
      { type: 'alert.resolved', revision: 2 },
    ]);
    const log = createMemoryEventLog({ store: stage.store });
    const never = new AbortController().signal;
    const records = await eventually('both are in the log', async () => {
      const found = [];
      for (let p = 0; p < 4; p++)
        for await (const { value } of log.read(ALERTS_TOPIC, p, 0, never)) found.push(decodeEvent(value));
      return found.length === 2 && found;
    });
    expect(records[1]).toMatchObject({
      kind: 'event',
      event: { type: 'alert.resolved', fleetId: 'f1', data: { id: 'alt_one', openedAt: aViolation().openedAt } },
    });
    await log.close();
  });
});

describe('a geofence event', () => {
  it('is told to endpoints and makes no alert', async () => {
    await stage.endpoint(receiver.url);
    await stage.notification();
    const event = aGeofenceEvent();
    await stage.happen(event, { ...event, revision: 2, retracted: true, replacedBy: 'evt_two' });
    await stage.settled();
    await eventually('the last word is told', () => receiver.ids().includes('evt_one_r2'));
    expect(receiver.hits.at(-1)!.body).toMatchObject({
      type: 'geofence_event.retracted',
      data: { at: '2026-11-21T10:00:00.000Z', replacedBy: 'evt_two' },
    });
    expect(await stage.alerts()).toEqual([]);
  });
});

describe('an endpoint', () => {
  it('hears of the types it asked for, and of its own fleet only', async () => {
    const other = await startWebhookReceiver();
    await stage.endpoint(receiver.url, { types: ['alert.opened', 'geofence_event.entered'] });
    await stage.endpoint(other.url, { id: 'whe_two', fleetId: 'f2' });
    await stage.notification();
    await stage.happen(
      aViolation(),
      aGeofenceEvent(),
      aGeofenceEvent({ id: 'evt_two', kind: 'exited' }),
      closed(aViolation()),
    );
    await stage.settled();
    await told(2);
    expect(receiver.ids().sort()).toEqual(['alt_one_r1', 'evt_one_r1']);
    expect((await stage.deliveries()).length).toBe(2);
    expect(other.hits).toEqual([]);
    await other.stop();
  });

  it('that is disabled hears nothing', async () => {
    await stage.endpoint(receiver.url);
    await postgres.database.query('UPDATE webhook_endpoint SET disabled_at = now()');
    await stage.notification();
    await stage.happen(aViolation());
    await stage.settled();
    expect(await stage.deliveries()).toEqual([]);
  });
});

describe('the same events again', () => {
  it('change no alert and plan nothing twice, not even for an endpoint that is new', async () => {
    await stage.endpoint(receiver.url);
    await stage.notification();
    const story = [aViolation(), aGeofenceEvent(), closed(aViolation())];
    await stage.happen(...story);
    await told(5);
    const before = {
      alerts: await stage.alerts(),
      deliveries: (await stage.deliveries()).length,
      published: await stage.published(),
    };
    await stage.endpoint(receiver.url, {
      id: 'whe_new',
      types: ['violation.opened', 'alert.opened', 'alert.resolved'],
    });
    await stage.happen(...story, ...story);
    await stage.settled();
    expect({
      alerts: await stage.alerts(),
      deliveries: (await stage.deliveries()).length,
      published: await stage.published(),
    }).toEqual(before);
    expect(receiver.hits.length).toBe(5);
  });

  it('are dealt with once when partitions change hands in between', async () => {
    await stage.endpoint(receiver.url);
    const { consumption } = await stage.notification();
    const many = Array.from({ length: 40 }, (_, i) => aViolation({ id: `vio_${i}`, vehicleId: `bike-${i}` }));
    const happening = stage.happen(...many);
    await consumption.reassign();
    await stage.notification();
    await happening;
    await stage.settled();
    await told(80);
    expect(await stage.alerts()).toHaveLength(40);
    expect(new Set(receiver.ids()).size).toBe(receiver.hits.length);
  });
});

describe('a record that cannot be read', () => {
  it('is set aside with its reason, and its neighbours go through', async () => {
    await stage.notification();
    await stage.append('f1', 'bike-1', [
      Buffer.from('{nonsense'),
      Buffer.from('{"type":"violation.opened","fleetId":"f1","partition":0,"seq":1,"data":{}}'),
    ]);
    await stage.happen(aViolation());
    await stage.settled();
    expect(await stage.alerts()).toHaveLength(1);
    const { rows } = await postgres.database.query('SELECT reason FROM dead_letter ORDER BY record_offset');
    expect(rows).toEqual([{ reason: 'not_json' }, { reason: 'wrong_schema' }]);
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { alert, geofenceEvent, vehicle } from '@corral/contracts/http';
import { eventually } from '@corral/messaging/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { readLiveCursor, writeLiveCursor } from '../live/live-cursor';
import { LIVE_TIMES } from '../live/live-feed';
import { followEvents, type EventStream } from '../testing/event-stream';
import { NOW, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';
import { anOutboxEntry, aVehicleState } from '../testing/rows';

let corral: GatewayUnderTest;
const open: EventStream[] = [];
beforeAll(async () => {
  corral = await startGateway();
});
afterEach(() => {
  for (const stream of open.splice(0)) stream.close();
});
afterAll(() => corral?.stop());

async function follow(key: string | null, query = '', lastEventId?: string): Promise<EventStream> {
  const stream = await followEvents(`${corral.url}/v1/live/events${query}`, {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  });
  open.push(stream);
  return stream;
}

const facts = '?kinds=geofence_event,violation,alert';
const idsOf = (stream: EventStream) => stream.events.map((each) => each.data.id);

test('who follows hears of facts and alerts of its fleet as the API says them, in order', async () => {
  const [mine, other] = [await corral.aFleet(), await corral.aFleet()];
  const { database } = corral;
  await anOutboxEntry(database, {
    consumer: 'geofence',
    fleetId: mine.fleetId,
    type: 'geofence_event.entered',
    id: 'gfe_before',
  });
  const stream = await follow(mine.key, facts);
  expect(stream.status).toBe(200);
  const event = {
    retracted: false,
    kind: 'entered',
    zoneId: 'centre',
    zoneSetVersion: 1,
    cause: 'moved',
    certainty: 'certain',
    late: false,
    position: [4.9, 52.3],
    distanceToEdgeM: 1,
    confidence: 1,
  };
  await anOutboxEntry(database, {
    consumer: 'geofence',
    fleetId: mine.fleetId,
    type: 'geofence_event.entered',
    id: 'gfe_1',
    data: event,
  });
  await anOutboxEntry(database, {
    consumer: 'geofence',
    fleetId: other.fleetId,
    type: 'geofence_event.entered',
    id: 'gfe_of_another',
  });
  await anOutboxEntry(database, {
    consumer: 'geofence',
    fleetId: mine.fleetId,
    type: 'violation.retracted',
    id: 'vio_1',
  });
  const told = await stream.until(2);
  expect(told.map((each) => each.event)).toEqual(['geofence_event', 'violation']);
  geofenceEvent.parse(told[0]!.data);
  expect(told[0]!.data).toEqual({
    id: 'gfe_1',
    revision: 1,
    vehicleId: 'bike-1',
    at: '2026-11-20T10:00:00.000Z',
    detectedAt: '2026-11-20T10:00:00.000Z',
    ...event,
  });
  for (const each of told) expect(readLiveCursor(each.id!)).toBeDefined();
});

test('a client that lost us goes on after the last event it heard, without a gap and without repeats', async () => {
  const { fleetId, key } = await corral.aFleet();
  const { database } = corral;
  const entry = (id: string, partition: number, consumer: 'geofence' | 'notification' = 'geofence') =>
    anOutboxEntry(database, {
      consumer,
      partition,
      fleetId,
      type: consumer === 'geofence' ? 'violation.opened' : 'alert.opened',
      id,
    });
  const stream = await follow(key, facts);
  for (let i = 0; i < 6; i++) await entry(`first_${i}`, i % 3);
  await stream.until(6);
  const heard = stream.events[3]!.id!;
  const known = new Set(stream.events.slice(0, 4).map((each) => each.data.id));
  stream.close();
  for (let i = 0; i < 700; i++) await entry(`away_${i}`, i % 2, i % 5 === 0 ? 'notification' : 'geofence');

  const again = await follow(key, facts, heard);
  // While it catches up, more happens.
  for (let i = 0; i < 20; i++) await entry(`meanwhile_${i}`, i % 3);
  await again.until(2 + 700 + 20);
  const all = [...known, ...idsOf(again)];
  expect(new Set(all).size).toBe(all.length);
  const everything = [
    ...Array.from({ length: 6 }, (_, i) => `first_${i}`),
    ...Array.from({ length: 700 }, (_, i) => `away_${i}`),
    ...Array.from({ length: 20 }, (_, i) => `meanwhile_${i}`),
  ];
  expect([...all].sort()).toEqual(everything.sort());
  // In one order per partition, as it was decided.
  const ofPartition1 = idsOf(again)
    .filter((id) => /^away_\d*[1379]$/.test(id))
    .map((id) => Number(id.slice(5)));
  expect(ofPartition1).toEqual([...ofPartition1].sort((a, b) => a - b));
});

test('a client that heard nothing before it lost us still misses nothing', async () => {
  const { fleetId, key } = await corral.aFleet();
  const stream = await follow(key, facts);
  const id = await eventually('the stream says where it is', () => stream.lastEventId());
  stream.close();
  await anOutboxEntry(corral.database, { consumer: 'geofence', fleetId, type: 'violation.opened', id: 'vio_between' });
  const byHeader = await follow(key, facts, id);
  await byHeader.until(1);
  const byQuery = await follow(key, `${facts}&lastEventId=${id}`);
  await byQuery.until(1);
  expect([...idsOf(byHeader), ...idsOf(byQuery)]).toEqual(['vio_between', 'vio_between']);
});

test('kinds and vehicles narrow what is heard', async () => {
  const { fleetId, key } = await corral.aFleet();
  const stream = await follow(key, '?kinds=violation&vehicleIds=bike-1,bike-3');
  const say = (type: string, id: string, vehicleId: string) =>
    anOutboxEntry(corral.database, { consumer: 'geofence', fleetId, type, id, vehicleId });
  await say('geofence_event.entered', 'gfe_1', 'bike-1');
  await say('violation.opened', 'vio_2', 'bike-2');
  await say('violation.opened', 'vio_3', 'bike-3');
  await say('violation.opened', 'vio_1', 'bike-1');
  await stream.until(2);
  expect(idsOf(stream)).toEqual(['vio_3', 'vio_1']);
});

test('what a person does to an alert is heard too', async () => {
  const { fleetId, key } = await corral.aFleet();
  await corral.database.query(
    `INSERT INTO alert (id, revision, fleet_id, kind, severity, status, title, vehicle_id, violation_ids, opened_at, last_at)
     VALUES ('alt_live', 1, $1, 'speeding', 'warning', 'open', 'Too fast', 'bike-1', '{vio_1}', now(), now())`,
    [fleetId],
  );
  const stream = await follow(key, '?kinds=alert');
  await corral.ask('/v1/alerts/alt_live/acknowledge', { key, method: 'POST' });
  const [told] = await stream.until(1);
  alert.parse(told!.data);
  expect(told).toMatchObject({ event: 'alert', data: { id: 'alt_live', status: 'acknowledged', revision: 2 } });
});

test('telemetry tells where vehicles are from now on, once per report, and moves no cursor', async () => {
  const { fleetId, key } = await corral.aFleet();
  const say = (vehicleId: string, receivedAt: number, lng = 4.9) =>
    aVehicleState(corral.database, { fleetId, vehicleId, lng, lat: 52.3, receivedAt, at: receivedAt });
  await say('bike-1', NOW);
  const stream = await follow(key, '?kinds=telemetry');
  await sleep(500);
  await say('bike-1', NOW + 1_000, 4.91);
  await stream.until(1);
  await say('bike-2', NOW + 500);
  await stream.until(2);
  await sleep(500);
  expect(stream.events).toHaveLength(2);
  vehicle.parse(stream.events[0]!.data);
  expect(stream.events.map((each) => [each.event, each.id, each.data.id, each.data.position])).toEqual([
    ['telemetry', undefined, 'bike-1', [4.91, 52.3]],
    ['telemetry', undefined, 'bike-2', [4.9, 52.3]],
  ]);
});

describe('what cannot be resumed', () => {
  test('a cursor whose successors are no longer kept is gone', async () => {
    const { fleetId, key } = await corral.aFleet();
    const seqs: number[] = [];
    for (let i = 0; i < 3; i++)
      seqs.push(
        await anOutboxEntry(corral.database, {
          consumer: 'geofence',
          partition: 9,
          fleetId,
          type: 'violation.opened',
          id: `old_${i}`,
        }),
      );
    const stream = await follow(key, facts);
    const now = readLiveCursor(await eventually('the stream says where it is', () => stream.lastEventId()))!;
    const then = writeLiveCursor(new Map([...now, ['geofence/9', seqs[0]!]]));
    await corral.database.query(`DELETE FROM outbox WHERE consumer = 'geofence' AND partition = 9 AND seq = $1`, [
      seqs[1],
    ]);
    const answer = await corral.ask('/v1/live/events', { key, headers: { 'last-event-id': then } });
    expect(answer.body).toMatchObject({ status: 410, code: 'cursor_expired' });
  });

  test('so is one of another life of the database', async () => {
    const beyond = writeLiveCursor(new Map([['geofence/0', 999_999]]));
    expect((await corral.ask('/v1/live/events', { headers: { 'last-event-id': beyond } })).status).toBe(410);
  });

  test.each(['nonsense!', Buffer.from('geofence/0=x').toString('base64url')])('%s is no cursor', async (cursor) => {
    const answer = await corral.ask('/v1/live/events', { headers: { 'last-event-id': cursor } });
    expect(answer.body).toMatchObject({ status: 400, code: 'cursor_invalid', field: 'Last-Event-ID' });
  });
});

describe('who may follow', () => {
  test('a ticket opens one stream, once, for 30 s', async () => {
    const { fleetId, key } = await corral.aFleet();
    const { body, status } = await corral.ask('/v1/live-tickets', { key, method: 'POST' });
    expect(status).toBe(201);
    expect(body.expiresAt).toBe(new Date(corral.clock.now + 30_000).toISOString());
    const stream = await follow(null, `${facts}&ticket=${encodeURIComponent(body.ticket)}`);
    expect(stream.status).toBe(200);
    await anOutboxEntry(corral.database, { consumer: 'geofence', fleetId, type: 'violation.opened', id: 'vio_ticket' });
    await stream.until(1);
    expect((await follow(null, `?ticket=${body.ticket}`)).status).toBe(401);
    const late = await corral.ask('/v1/live-tickets', { key, method: 'POST' });
    corral.clock.now += 30_000;
    expect((await corral.ask(`/v1/live/events?ticket=${late.body.ticket}`, { key: null })).body).toMatchObject({
      code: 'ticket_unknown',
    });
    expect((await corral.ask('/v1/live/events?ticket=crl_tkt_e30.AAAA', { key: null })).status).toBe(401);
    expect((await corral.ask(`/v1/vehicles?ticket=${late.body.ticket}`, { key: null })).status).toBe(401);
  });

  test('a key that may not see vehicles hears facts, and no telemetry', async () => {
    const { fleetId } = await corral.aFleet();
    const key = await corral.aKey(fleetId, ['alerts:read']);
    expect((await corral.ask('/v1/live/events?kinds=telemetry', { key })).body).toMatchObject({
      status: 403,
      scope: 'vehicles:read',
    });
    const stream = await follow(key);
    await aVehicleState(corral.database, {
      fleetId,
      vehicleId: 'bike-1',
      lng: 4.9,
      lat: 52.3,
      receivedAt: NOW + 5_000,
    });
    await anOutboxEntry(corral.database, { consumer: 'geofence', fleetId, type: 'violation.opened', id: 'vio_only' });
    await stream.until(1);
    expect(stream.events.map((each) => each.event)).toEqual(['violation']);
  });
});

describe('while a stream is open', () => {
  let quick: GatewayUnderTest;
  beforeAll(async () => {
    quick = await startGateway({ liveTimes: { lookMs: 10, keepAliveMs: 60, checkKeysMs: 30 } });
  });
  afterAll(() => quick?.stop());

  const followQuick = async (key: string, headers = {}) => {
    const stream = await followEvents(`${quick.url}/v1/live/events${facts}`, {
      authorization: `Bearer ${key}`,
      ...headers,
    });
    open.push(stream);
    return stream;
  };

  test('the times are those of the contract', () => {
    expect(LIVE_TIMES.keepAliveMs).toBe(15_000);
    // Both looks at most: what a key is believed does not count here.
    expect(LIVE_TIMES.checkKeysMs + LIVE_TIMES.lookMs).toBeLessThan(15_000);
  });

  test('it shows that it lives, and moves the cursor of who hears nothing', async () => {
    const [mine, other] = [await quick.aFleet(), await quick.aFleet()];
    const stream = await followQuick(mine.key);
    const before = readLiveCursor(stream.lastEventId() ?? '0')!;
    const seq = await anOutboxEntry(quick.database, {
      consumer: 'geofence',
      fleetId: other.fleetId,
      type: 'violation.opened',
      id: 'vio_x',
    });
    await eventually('the cursor moved', () => readLiveCursor(stream.lastEventId() ?? '')?.get('geofence/0') === seq);
    expect(before.get('geofence/0') ?? 0).toBeLessThan(seq);
    await eventually('it shows that it lives', () => stream.comments() >= 2);
    expect(stream.events).toEqual([]);
  });

  test('a revoked key loses its stream, the others keep theirs', async () => {
    const { fleetId, key, keyId } = await quick.aFleet();
    const stream = await followQuick(key);
    const staying = await followQuick(await quick.aKey(fleetId, ['alerts:read']));
    await quick.database.query('UPDATE api_key SET revoked_at = now() WHERE fleet_id = $1 AND key_id = $2', [
      fleetId,
      keyId,
    ]);
    await stream.ended;
    await anOutboxEntry(quick.database, { consumer: 'geofence', fleetId, type: 'violation.opened', id: 'vio_stay' });
    await staying.until(1);
  });

  test('a client that does not read is let go at 1 MB, resumes, and misses nothing', async () => {
    const { fleetId, key } = await quick.aFleet();
    const count = 120;
    const say = (id: string) =>
      anOutboxEntry(quick.database, {
        consumer: 'geofence',
        fleetId,
        type: 'violation.opened',
        id,
        data: { filler: 'x'.repeat(90_000) },
      });
    const socket = connect(Number(new URL(quick.url).port), '127.0.0.1');
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.write(`GET /v1/live/events${facts} HTTP/1.1\r\nhost: corral\r\nauthorization: Bearer ${key}\r\n\r\n`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.pause();
    const cursor = /^id: (\S+)$/m.exec(first.toString() || '')?.[1] ?? '0';
    await eventually('it follows', () => /corral_live_clients 1/.test(quick.metrics.render()));
    for (let i = 0; i < count; i++) await say(`big_${i}`);
    await eventually('it is let go', () => /corral_live_clients 0/.test(quick.metrics.render()));
    socket.resume();
    await closed;

    const again = await followQuick(key, { 'last-event-id': cursor });
    await again.until(count);
    expect(new Set(idsOf(again)).size).toBe(count);
  });
});

test('streams end when the process stops', async () => {
  const leaving = await startGateway();
  const { key } = await leaving.aFleet();
  const stream = await followEvents(`${leaving.url}/v1/live/events`, { authorization: `Bearer ${key}` });
  await leaving.stop();
  await stream.ended;
});

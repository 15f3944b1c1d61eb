import { decodeEvent, EVENTS_TOPIC, encodeReport, encodeTick, HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import type { Database } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { importStations, importZones, type Report } from '@corral/domain';
import { aReport } from '@corral/domain/testing';
import { createMemoryEventLog, type EventLog } from '@corral/messaging';
import { Closers, createHealth, createLogger, createMetrics } from '@corral/runtime';
import { connectGeofence } from './app';

/** A service area; outside of it nobody may ride. */
const CITY = {
  type: 'FeatureCollection',
  global_rules: [{ ride_through_allowed: false }],
  features: [zone('city', 4.88, 4.92, { ride_through_allowed: true })],
};
const INSIDE = { lat: 52.37, lng: 4.9 };
const OUTSIDE = { lat: 52.37, lng: 4.93 };

function zone(id: string, west: number, east: number, rule: object) {
  const ring = [
    [west, 52.36],
    [east, 52.36],
    [east, 52.38],
    [west, 52.38],
    [west, 52.36],
  ];
  return { type: 'Feature', id, properties: { rules: [rule] }, geometry: { type: 'Polygon', coordinates: [ring] } };
}

describe('geofence, over a log in memory and a real PostgreSQL', () => {
  const signal = new AbortController().signal;
  const logger = createLogger({ name: 'geofence test', level: 'silent' });
  let server: TestDatabase;
  let database: Database;
  let log: EventLog;
  let closers: Closers;

  beforeEach(async () => {
    server = await startTestDatabase();
    database = server.database;
    log = createMemoryEventLog();
    closers = new Closers();
    await database.query(`INSERT INTO fleet (id, name) VALUES ('default', 'Default')`);
    await connectGeofence({ database, log, logger, closers, metrics: createMetrics(), health: createHealth() });
  });
  afterEach(async () => {
    await closers.close();
    await log.close();
    await server.stop();
  });

  /** Stations count beside version 1 of the zones from then on. */
  async function publishStations(version: number, stations: object[], effectiveAt: string): Promise<void> {
    const imported = importStations({ stations });
    if (imported.kind === 'refused') throw new Error(imported.detail);
    await database.query(
      `INSERT INTO station_set (fleet_id, version, stations, definition) VALUES ('default', $1, $2, $3)`,
      [version, stations.length, JSON.stringify(imported.definition)],
    );
    await database.query(
      `INSERT INTO zone_schedule (fleet_id, revision, version, station_version, effective_at)
       SELECT 'default', max(revision) + 1, 1, $1, $2 FROM zone_schedule`,
      [version, effectiveAt],
    );
  }
  async function publish(version: number, document: object, effectiveAt: string): Promise<void> {
    const imported = importZones(document, { profile: 'immediate' });
    if (imported.kind === 'refused') throw new Error(imported.detail);
    await database.query(
      `INSERT INTO zone_set (fleet_id, version, status, origin, profile, zones, definition) VALUES ('default', $1, 'published', 'geojson', 'immediate', 1, $2)`,
      [version, JSON.stringify(imported.definition)],
    );
    await database.query(
      `INSERT INTO zone_schedule (fleet_id, revision, version, effective_at) VALUES ('default', $1, $1, $2)`,
      [version, effectiveAt],
    );
  }
  const append = (...reports: Report[]) =>
    log.append(
      HEARTBEATS_TOPIC,
      reports.map((report) => ({
        key: vehicleKey(report.fleetId, report.vehicleId),
        value: encodeReport(report),
        timestamp: report.receivedAt,
      })),
      signal,
    );
  const onTrip = (second: number, place: { lat: number; lng: number }) =>
    aReport({ measuredAt: 1_795_000_000_000 + second * 1_000, state: 'on_trip', tripId: 'trip-1', ...place });

  async function rows<Row>(sql: string, wanted: number): Promise<Row[]> {
    for (let waited = 0; ; waited += 20) {
      const found = await database.query<Row & Record<string, unknown>>(sql);
      if (found.rows.length >= wanted || waited > 5_000) return found.rows;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  async function published(): Promise<{ type: string; seq: number; data: Record<string, unknown> }[]> {
    const events = [];
    for (let partition = 0; partition < log.partitions; partition += 1)
      for await (const record of log.read(EVENTS_TOPIC, partition, 0, signal)) {
        const decoded = decodeEvent(record.value);
        if (decoded.kind === 'event') events.push({ ...decoded.event, from: record.partition });
      }
    return events;
  }

  it('writes what a bike did, and publishes it in the partition of its heartbeats, in order', async () => {
    await publish(1, CITY, '-infinity');
    await append(onTrip(0, INSIDE), onTrip(5, OUTSIDE), onTrip(10, INSIDE));

    const violations = await rows<{ id: string; revision: number; status: string; closed_at: number }>(
      'SELECT * FROM violation',
      1,
    );
    expect(violations).toMatchObject([
      {
        kind: 'outside_service_area',
        status: 'closed',
        revision: 2,
        opened_at: onTrip(5, OUTSIDE).at,
        closed_at: onTrip(10, INSIDE).at,
      },
    ]);
    const events = await rows<{ kind: string; cause: string }>('SELECT kind, cause FROM geofence_event ORDER BY at', 3);
    expect(events.map((event) => `${event.kind} ${event.cause}`)).toEqual([
      'entered first_fix',
      'exited moved',
      'entered moved',
    ]);

    const told = await published();
    expect(told.map((event) => event.type)).toEqual([
      'geofence_event.entered',
      'geofence_event.exited',
      'violation.opened',
      'geofence_event.entered',
      'violation.closed',
    ]);
    expect(told.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(told[4]!.data).toMatchObject({ id: violations[0]!.id, revision: 2, status: 'closed', vehicleId: 'bike-42' });
    const [owner] = await rows<{ partition: number; next_offset: number }>(
      `SELECT * FROM partition_owner WHERE next_offset > 0`,
      1,
    );
    expect(new Set(told.map((event) => (event as unknown as { from: number }).from))).toEqual(
      new Set([owner!.partition]),
    );
  });

  it('sets aside what it cannot read, with its bytes and the reason, and goes on', async () => {
    const garbage = [Buffer.from('not json'), Buffer.alloc(0), Buffer.from('{"kind":"report"}'), Buffer.from('[1]')];
    await log.append(
      HEARTBEATS_TOPIC,
      garbage.map((value) => ({ key: 'default/bike-42', value, timestamp: 1 })),
      signal,
    );
    await log.append(HEARTBEATS_TOPIC, [{ key: null, partition: 0, value: encodeTick(2), timestamp: 2 }], signal);
    await append(onTrip(0, INSIDE));
    expect(await rows('SELECT vehicle_id FROM vehicle_state', 1)).toEqual([{ vehicle_id: 'bike-42' }]);
    const letters = await rows<{ reason: string; value: Buffer }>(
      'SELECT * FROM dead_letter ORDER BY record_offset',
      4,
    );
    expect(letters.map((letter) => letter.reason)).toEqual(['not_json', 'empty', 'wrong_schema', 'wrong_schema']);
    expect(letters.map((letter) => letter.value?.toString() ?? '')).toEqual(garbage.map(String));
    expect(letters[0]).toMatchObject({ consumer: 'geofence', topic: HEARTBEATS_TOPIC, key: 'default/bike-42' });
  });

  it('uses a zone set published meanwhile for the very next heartbeat that it counts for', async () => {
    await publish(1, CITY, '-infinity');
    await append(onTrip(0, INSIDE));
    await rows('SELECT id FROM geofence_event', 1);
    await publish(
      2,
      { ...CITY, features: [...CITY.features, zone('park', 4.895, 4.905, { ride_through_allowed: true })] },
      new Date(onTrip(3, INSIDE).at).toISOString(),
    );
    await append(onTrip(5, INSIDE));
    const events = await rows<{ zone_id: string; cause: string; at: number; zone_set_version: number }>(
      'SELECT * FROM geofence_event ORDER BY at',
      2,
    );
    expect(events[1]).toMatchObject({
      zone_id: 'park',
      cause: 'zone_changed',
      at: onTrip(3, INSIDE).at,
      zone_set_version: 2,
    });
  });

  it('decides nothing twice when the same heartbeats come again', async () => {
    await publish(1, CITY, '-infinity');
    const ride = [onTrip(0, INSIDE), onTrip(5, OUTSIDE), onTrip(10, INSIDE)];
    await append(...ride);
    await rows('SELECT id FROM geofence_event', 3);
    await append(...ride);
    await append(onTrip(15, INSIDE));
    await rows(`SELECT 1 FROM vehicle_state WHERE at = to_timestamp(${onTrip(15, INSIDE).at / 1_000})`, 1);
    expect(await rows('SELECT id FROM geofence_event', 3)).toHaveLength(3);
    expect(await rows('SELECT id FROM violation WHERE revision = 2', 1)).toHaveLength(1);
    expect(await published()).toHaveLength(5);
  });

  it('takes back what a late heartbeat disproves, and says again what another one restores, each under its id', async () => {
    await publish(1, CITY, '-infinity');
    await append(onTrip(0, INSIDE), onTrip(20, OUTSIDE));
    await rows('SELECT id FROM violation', 1);
    await append(onTrip(10, OUTSIDE));
    await rows('SELECT id FROM violation WHERE retracted', 1);
    await append(onTrip(15, INSIDE));
    await rows('SELECT id FROM violation WHERE revision = 3', 1);

    const second = (at: number) => (at - onTrip(0, INSIDE).at) / 1_000;
    const events = await rows<{ kind: string; revision: number; retracted: boolean; at: number; late: boolean }>(
      'SELECT * FROM geofence_event ORDER BY at',
      4,
    );
    expect(events.map((row) => [row.kind, second(row.at), row.revision, row.retracted, row.late])).toEqual([
      ['entered', 0, 1, false, false],
      ['exited', 10, 1, false, true],
      ['entered', 15, 1, false, true],
      ['exited', 20, 3, false, true],
    ]);
    const violations = await rows<{ opened_at: number; status: string; revision: number; retracted: boolean }>(
      'SELECT * FROM violation ORDER BY opened_at',
      2,
    );
    expect(violations.map((row) => [second(row.opened_at), row.status, row.revision, row.retracted])).toEqual([
      [10, 'closed', 2, false],
      [20, 'open', 3, false],
    ]);

    const told = (await published()).slice(3);
    const zoneOf = (data: Record<string, unknown>) => second((data.at ?? data.openedAt) as number);
    expect(told.map(({ type, data }) => [type, zoneOf(data), data.revision, data.retracted])).toEqual([
      ['geofence_event.retracted', 20, 2, true],
      ['violation.retracted', 20, 2, true],
      ['geofence_event.exited', 10, 1, false],
      ['violation.opened', 10, 1, false],
      ['geofence_event.entered', 15, 1, false],
      ['violation.closed', 10, 2, false],
      ['geofence_event.exited', 20, 3, false],
      ['violation.opened', 20, 3, false],
    ]);
    expect(told[0]!.data.replacedBy).toBe(told[2]!.data.id);
    expect(told[2]!.data.replaces).toBe(told[0]!.data.id);
    expect(told[1]!.data.replacedBy).toBe(told[3]!.data.id);
    const outbox = await rows<{ type: string; revision: number }>('SELECT type, revision FROM outbox ORDER BY seq', 11);
    expect(outbox.map((row) => [row.type, row.revision]).slice(3)).toEqual(
      told.map(({ type, data }) => [type, data.revision]),
    );
  });

  it('decides anew, under both sets, what a bike whose clock runs ahead said before a set was published', async () => {
    await publish(1, CITY, '-infinity');
    const ahead = (second: number, received: number) => ({
      ...onTrip(second, INSIDE),
      receivedAt: onTrip(received, INSIDE).at,
    });
    await append(ahead(70, 15));
    await rows('SELECT id FROM geofence_event', 1);
    await publish(
      2,
      { ...CITY, features: [zone('town', 4.88, 4.92, { ride_through_allowed: true })] },
      new Date(onTrip(60, INSIDE).at).toISOString(),
    );
    await append(ahead(80, 25));
    const events = await rows<{ zone_id: string; revision: number; retracted: boolean; at: number }>(
      'SELECT * FROM geofence_event ORDER BY zone_id',
      2,
    );
    expect(events).toMatchObject([
      { zone_id: 'city', retracted: true, revision: 2, at: onTrip(70, INSIDE).at },
      { zone_id: 'town', retracted: false, revision: 1, at: onTrip(70, INSIDE).at },
    ]);
    const known = await rows<{ schedule_revision: number }>('SELECT schedule_revision FROM vehicle_state', 1);
    expect(known).toEqual([{ schedule_revision: 2 }]);
  });

  it('holds a moped to stations where the rule says so, and lets it end its ride in the area of one whatever the zone says', async () => {
    const rule = { ride_end_allowed: false, ride_through_allowed: true, station_parking: true };
    await publish(1, { type: 'FeatureCollection', features: [zone('city', 4.88, 4.92, rule)] }, '-infinity');
    const { coordinates } = zone('corral', 4.899, 4.901, {}).geometry;
    const area = { type: 'MultiPolygon', coordinates: [coordinates] };
    await publishStations(
      1,
      [{ station_id: 'corral', lat: 52.37, lon: 4.9, station_area: area }],
      new Date(onTrip(5, INSIDE).at).toISOString(),
    );
    const ride = (vehicleId: string, to: number) => {
      const place = { lat: 52.37, lng: to };
      return [
        { ...onTrip(10, place), vehicleId },
        { ...onTrip(20, place), vehicleId, state: 'available' as const },
      ];
    };
    await append(...ride('moped-in', 4.9), ...ride('moped-out', 4.91));
    const violations = () =>
      rows<{ kind: string; vehicle_id: string }>('SELECT * FROM violation ORDER BY kind, opened_at', 2);
    const out = { vehicle_id: 'moped-out', zone_id: 'city', zone_set_version: 1, opened_at: onTrip(20, INSIDE).at };
    expect(await violations()).toMatchObject([
      { ...out, kind: 'ride_end_not_allowed', rule_name: 'rideEndAllowed', status: 'open' },
      { ...out, kind: 'station_parking', rule_name: 'stationParking', status: 'open', trip_id: 'trip-1' },
    ]);

    // A second station where it stands: nothing is wrong about it any more, from then on.
    const there = zone('there', 4.909, 4.911, {}).geometry.coordinates;
    const since = onTrip(25, INSIDE).at;
    await publishStations(
      2,
      [{ station_id: 'there', station_area: { type: 'MultiPolygon', coordinates: [there] } }],
      new Date(since).toISOString(),
    );
    await append({ ...onTrip(40, { lat: 52.37, lng: 4.91 }), vehicleId: 'moped-out', state: 'available' });
    const closed = await rows(`SELECT * FROM violation WHERE status = 'closed' ORDER BY kind`, 2);
    expect(closed).toMatchObject([
      { kind: 'ride_end_not_allowed', closed_at: since },
      { kind: 'station_parking', closed_at: since },
    ]);
  });

  it('says of a zone crossed between two heartbeats when the bike got in and out, as far as that can be known', async () => {
    await publish(1, { ...CITY, features: [zone('lane', 4.91, 4.92, { ride_through_allowed: true })] }, '-infinity');
    await append(onTrip(0, INSIDE), onTrip(40, OUTSIDE));
    const [crossed] = await rows<Record<string, unknown>>(`SELECT * FROM geofence_event WHERE kind = 'crossed'`, 1);
    expect(crossed).toMatchObject({ zone_id: 'lane', certainty: 'possible', confidence: 0.75 });
    const told = (await published()).find(({ type }) => type === 'geofence_event.crossed')!.data;
    expect([told.enteredAt, told.exitedAt]).toEqual([crossed!.entered_at, crossed!.exited_at]);
    const start = onTrip(0, INSIDE).at;
    expect((crossed!.entered_at as number) - start).toBeCloseTo(13_333, -1);
    expect((crossed!.exited_at as number) - start).toBeCloseTo(26_667, -1);
  });
});

import { encodeReport, encodeTick, HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import type { Database } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { importZones, type Report } from '@corral/domain';
import { aReport } from '@corral/domain/testing';
import { createMemoryEventLog, type MemoryEventLog } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { Closers, createHealth, createLogger, createMetrics } from '@corral/runtime';
import { connectGeofence } from './app';

const T0 = 1_795_000_000_000;
const PARKED = { lat: 52.37, lng: 4.9, state: 'available' } as const;
/** Nobody is silent, but for the tests that are about it. */
const NEVER_SILENT = { silence_limits: [{ on_trip_seconds: null, otherwise_seconds: null }] };

function zone(id: string, west: number, east: number, rule?: object) {
  const ring = [
    [west, 52.36],
    [east, 52.36],
    [east, 52.38],
    [west, 52.38],
    [west, 52.36],
  ];
  const properties = rule === undefined ? {} : { rules: [rule] };
  return { type: 'Feature', id, properties, geometry: { type: 'Polygon', coordinates: [ring] } };
}

describe('time that passes without reports, over a log in memory and a real PostgreSQL', () => {
  const signal = new AbortController().signal;
  const logger = createLogger({ name: 'time test', level: 'silent' });
  let server: TestDatabase;
  let database: Database;
  let log: MemoryEventLog;
  let closers: Closers;

  beforeEach(async () => {
    server = await startTestDatabase();
    database = server.database;
    log = createMemoryEventLog();
    await database.query(`INSERT INTO fleet (id, name) VALUES ('default', 'Default')`);
    await start();
  });
  afterEach(async () => {
    await closers.close();
    await log.close();
    await server.stop();
  });

  async function start(): Promise<void> {
    closers = new Closers();
    await connectGeofence({ database, log, logger, closers, metrics: createMetrics(), health: createHealth() });
  }
  let published = 0;
  beforeEach(() => (published = 0));
  async function publish(features: object[], effectiveAt: number | '-infinity', more: object = NEVER_SILENT) {
    const imported = importZones({ type: 'FeatureCollection', features, ...more }, { profile: 'immediate' });
    if (imported.kind === 'refused') throw new Error(imported.detail);
    published += 1;
    await database.query(
      `INSERT INTO zone_set (fleet_id, version, status, origin, profile, zones, definition) VALUES ('default', $1, 'published', 'geojson', 'immediate', 1, $2)`,
      [published, JSON.stringify(imported.definition)],
    );
    await database.query(
      `INSERT INTO zone_schedule (fleet_id, revision, version, effective_at) VALUES ('default', $1, $1, $2)`,
      [published, effectiveAt === '-infinity' ? effectiveAt : new Date(effectiveAt).toISOString()],
    );
  }
  const append = (reports: readonly Report[]) =>
    log.append(
      HEARTBEATS_TOPIC,
      reports.map((report) => ({
        key: vehicleKey(report.fleetId, report.vehicleId),
        value: encodeReport(report),
        timestamp: report.receivedAt,
      })),
      signal,
    );
  const tick = (at: number) =>
    log.append(
      HEARTBEATS_TOPIC,
      Array.from({ length: log.partitions }, (_, partition) => ({
        key: null,
        value: encodeTick(at),
        timestamp: at,
        partition,
      })),
      signal,
    );
  /** Ticks every five seconds, as they are written. */
  async function ticks(from: number, to: number): Promise<void> {
    for (let at = from; at <= to; at += 5_000) await tick(at);
    await read();
  }
  const read = () =>
    eventually('all is read', async () => {
      const ends = (await log.bounds(HEARTBEATS_TOPIC, signal)).reduce((sum, { end }) => sum + end, 0);
      const { rows } = await database.query<{ done: number }>(
        `SELECT coalesce(sum(next_offset), 0)::int AS done FROM partition_owner WHERE consumer = 'geofence'`,
      );
      return rows[0]!.done === ends;
    });
  const fleet = (count: number, at: number, given: Partial<Report>) =>
    Array.from({ length: count }, (_, i) => aReport({ vehicleId: `bike-${i}`, measuredAt: at, ...given }));
  const events = async () =>
    (
      await database.query<{ what: string; count: number }>(
        `SELECT kind || ' ' || zone_id || ' ' || cause || ' ' || (extract(epoch FROM at) * 1000 - ${T0})::bigint || CASE WHEN retracted THEN ' not' ELSE '' END AS what,
                count(*)::int AS count FROM geofence_event GROUP BY 1 ORDER BY 1`,
      )
    ).rows.map(({ what, count }) => `${count} ${what}`);
  const violations = async () =>
    (
      await database.query<{ what: string }>(
        `SELECT kind || ' ' || vehicle_id || ' ' || status || ' ' || ((extract(epoch FROM opened_at) * 1000 - ${T0}) / 1000)::int AS what
           FROM violation WHERE NOT retracted ORDER BY 1`,
      )
    ).rows.map(({ what }) => what);

  it('five hundred parked bikes are told of zones that go, come and change, though they say nothing', async () => {
    await publish([zone('goes', 4.89, 4.91), zone('stays', 4.88, 4.92), zone('grows', 4.95, 4.96)], '-infinity');
    await append(fleet(500, T0, PARKED));
    await publish([zone('comes', 4.89, 4.91), zone('stays', 4.88, 4.92), zone('grows', 4.85, 4.96)], T0 + 60_000);
    await ticks(T0 + 5_000, T0 + 60_000);
    const before = ['500 entered goes first_fix 0', '500 entered stays first_fix 0'];
    expect(await events()).toEqual(before);
    await ticks(T0 + 65_000, T0 + 70_000);
    const after = [
      '500 entered comes zone_changed 60000',
      '500 entered goes first_fix 0',
      '500 entered grows zone_changed 60000',
      '500 entered stays first_fix 0',
      '500 exited goes zone_changed 60000',
    ];
    await eventually('all are told', async () => (await events()).length === 5);
    await eventually('each of them', async () => (await events()).every((line) => line.startsWith('500 ')));
    // One that reports later says the same, under the same ids; and whoever takes over has nothing to add.
    await append(fleet(100, T0 + 80_000, PARKED));
    await closers.close();
    await start();
    await ticks(T0 + 75_000, T0 + 95_000);
    expect(await events()).toEqual(after);
    const { rows } = await database.query<{ id: string }>('SELECT id FROM geofence_event WHERE revision > 1');
    expect(rows).toEqual([]);
  });

  it('a zone that opens and closes is told to the minute, and a bike that had left before is corrected when it says so', async () => {
    const times = { start: new Date(T0 + 30_000).toISOString(), end: new Date(T0 + 90_000).toISOString() };
    const market = zone('market', 4.89, 4.91);
    await publish([{ ...market, properties: times }], '-infinity');
    await append(fleet(2, T0, PARKED));
    await ticks(T0 + 5_000, T0 + 100_000);
    await eventually('it opened and closed', async () => {
      const told = await events();
      return told.length === 2 && told.every((line) => line.startsWith('2 '));
    });
    expect(await events()).toEqual(['2 entered market zone_changed 30000', '2 exited market zone_changed 90000']);
    await append([aReport({ vehicleId: 'bike-1', at: T0 + 20_000, receivedAt: T0 + 105_000, lat: 52.5, lng: 4.9 })]);
    await eventually('it was not there', async () => (await events()).length === 4);
    expect(await events()).toEqual([
      '1 entered market zone_changed 30000',
      '1 entered market zone_changed 30000 not',
      '1 exited market zone_changed 90000',
      '1 exited market zone_changed 90000 not',
    ]);
  });

  it('nothing is decided in the place of a bike that sends an hour it had kept; once it says no more, time decides', async () => {
    const times = { start: new Date(T0 + 30_000).toISOString(), end: new Date(T0 + 90_000).toISOString() };
    await publish([{ ...zone('market', 4.89, 4.91), properties: times }], '-infinity');
    const later = T0 + 3_600_000;
    await append(fleet(2, T0, { ...PARKED, receivedAt: later }));
    await ticks(later, later + 10_000);
    // One had left before the market opened, and says so only now.
    await append([
      aReport({ vehicleId: 'bike-0', measuredAt: T0 + 20_000, receivedAt: later + 11_000, lat: 52.5, lng: 4.9 }),
    ]);
    await ticks(later + 15_000, later + 75_000);
    await eventually('the other one was there', async () => (await events()).length === 2);
    expect(await events()).toEqual(['1 entered market zone_changed 30000', '1 exited market zone_changed 90000']);
  });

  it('a bike that stands too long is said so by its partition once the lateness window is over, for the minute it was', async () => {
    await publish([zone('kerb', 4.89, 4.91, { maximum_parked_minutes: 5 })], '-infinity');
    await append(fleet(3, T0, PARKED));
    await ticks(T0 + 5_000, T0 + 415_000);
    expect(await violations()).toEqual([]);
    await ticks(T0 + 420_000, T0 + 425_000);
    await eventually('all are said', async () => (await violations()).length === 3);
    expect((await violations())[0]).toBe('parked_too_long bike-0 open 300');
    await append([aReport({ vehicleId: 'bike-0', at: T0 + 430_000, ...PARKED, state: 'on_trip' })]);
    await eventually('it rides', async () => (await violations()).includes('parked_too_long bike-0 closed 300'));
  });

  it('ten minutes without ingestion make nobody silent; a bike that stays away after that is', async () => {
    await publish([zone('area', 4.88, 4.92)], '-infinity', {});
    const riding = { ...PARKED, state: 'on_trip' } as const;
    await append(fleet(50, T0, riding));
    await ticks(T0 + 5_000, T0 + 50_000);
    // Ingestion is away for ten minutes; the first tick after it says nothing of the bikes.
    const back = T0 + 650_000;
    await ticks(back, back + 55_000);
    expect(await violations()).toEqual([]);
    await append(fleet(49, back + 56_000, riding));
    await ticks(back + 60_000, back + 70_000);
    await eventually('one is silent', async () => (await violations()).length > 0);
    expect(await violations()).toEqual([`silent bike-49 open ${(back + 60_000 - T0) / 1_000}`]);
    await append(fleet(50, back + 75_000, riding));
    await eventually('it is back', async () => (await violations())[0]!.includes('closed'));
  });

  it('a takeover in the middle of a sweep goes on where it stood, and says nothing twice', async () => {
    await publish([zone('goes', 4.89, 4.91)], '-infinity');
    await append(fleet(1_500, T0, PARKED));
    await publish([zone('comes', 4.89, 4.91)], T0 + 60_000);
    await ticks(T0 + 5_000, T0 + 60_000);
    // The last bike of some partition is held by somebody: its chunk cannot be written, the others are.
    let release = () => {};
    const held = database.transaction(async (tx) => {
      await tx.query(`SELECT FROM vehicle_state WHERE vehicle_id = 'bike-1499' FOR UPDATE`);
      await new Promise<void>((resolve) => (release = resolve));
    });
    await ticks(T0 + 65_000, T0 + 70_000);
    const told = async () =>
      (
        await database.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM geofence_event WHERE cause = 'zone_changed'`,
        )
      ).rows[0]!.count;
    await eventually('some are told', async () => (await told()) > 0);
    await closers.close();
    expect(await told()).toBeLessThan(3_000);
    release();
    await held;
    await start();
    await ticks(T0 + 75_000, T0 + 80_000);
    await eventually('all are told', async () => (await told()) === 3_000);
    const { rows } = await database.query('SELECT id FROM geofence_event WHERE revision > 1');
    expect(rows).toEqual([]);
    const outbox = await database.query<{ count: number; ids: number }>(
      'SELECT count(*)::int AS count, count(DISTINCT id)::int AS ids FROM outbox',
    );
    expect(outbox.rows).toEqual([{ count: 4_500, ids: 4_500 }]);
  }, 60_000);
});

import { encodeReport, encodeTick, HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import type { Report } from '@corral/domain';
import { createMemoryEventLog, type EventLog } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { Closers, createHealth, createMetrics, type Metrics } from '@corral/runtime';
import { silentLogger } from '@corral/runtime/testing';
import { connectHistory } from './history';
import { dropOldDays } from './track-retention';

const DAY_MS = 86_400_000;
const RECEIVED = Date.parse('2026-11-20T10:00:00Z');
const { signal } = new AbortController();
const aReport = (over: Partial<Report> = {}): Report => ({
  fleetId: 'default',
  vehicleId: 'bike-42',
  measuredAt: RECEIVED - 5_000,
  receivedAt: RECEIVED,
  at: RECEIVED - 5_000,
  source: 'device',
  flags: [],
  lat: 52.3676,
  lng: 4.9041,
  ...over,
});

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres.stop());

interface Running {
  readonly log: EventLog;
  readonly metrics: Metrics;
  readonly consumption: Awaited<ReturnType<typeof connectHistory>>;
  append(...reports: Report[]): Promise<void>;
  /** Settles once everything appended so far is in the track. */
  caughtUp(): Promise<void>;
}
const closers: Closers[] = [];
afterEach(async () => {
  for (const each of closers.splice(0)) await each.close();
  await postgres.database.query('DELETE FROM partition_owner');
  await postgres.database.query('DELETE FROM dead_letter');
  await dropOldDays(postgres.database, Number.MAX_SAFE_INTEGER);
});

async function start(log: EventLog = createMemoryEventLog()): Promise<Running> {
  const ours = new Closers();
  closers.push(ours);
  const metrics = createMetrics();
  const config = { CORRAL_MAX_HEARTBEAT_AGE: 36_500 * DAY_MS, CORRAL_TRACK_RETENTION: undefined };
  const consumption = await connectHistory(
    { log, database: postgres.database, logger: silentLogger, metrics, health: createHealth(), closers: ours },
    config,
  );
  return {
    log,
    metrics,
    consumption,
    append: (...reports) => log.append(HEARTBEATS_TOPIC, reports.map(recordOf), signal),
    async caughtUp() {
      const bounds = await log.bounds(HEARTBEATS_TOPIC, signal);
      const there = () => new Map(consumption.progress().map(({ partition, nextOffset }) => [partition, nextOffset]));
      await eventually('history has read everything', () =>
        bounds.every(({ end }, partition) => there().get(partition) === end),
      );
    },
  };
}

const recordOf = (report: Report) => ({
  key: vehicleKey(report.fleetId, report.vehicleId),
  value: encodeReport(report),
  timestamp: report.receivedAt,
});

async function track(): Promise<Record<string, unknown>[]> {
  const { rows } = await postgres.database.query('SELECT * FROM track ORDER BY fleet_id, vehicle_id, measured_at');
  return rows;
}

describe('the track', () => {
  test('holds fixes and state reports with all they said, and no ticks', async () => {
    const { log, append, caughtUp } = await start();
    const full = aReport({
      flags: ['clock_future'],
      accuracyM: 8,
      speedMps: 4.2,
      headingDeg: 270,
      altitudeM: -2,
      batteryPercent: 87,
      state: 'on_trip',
      tripId: 'trip "1" \\ {}',
      bootId: 'boot-1',
      sequence: Number.MAX_SAFE_INTEGER,
    });
    const state = aReport({
      measuredAt: RECEIVED - 4_000,
      lat: undefined,
      lng: undefined,
      state: 'available',
      source: 'operator',
      vehicleTypeId: 'ebike',
    });
    await append(full, state);
    await log.append(
      HEARTBEATS_TOPIC,
      [{ key: null, value: encodeTick(RECEIVED), timestamp: RECEIVED, partition: 0 }],
      signal,
    );
    await caughtUp();
    const unsaid = {
      accuracy_m: null,
      speed_mps: null,
      heading_deg: null,
      altitude_m: null,
      battery_percent: null,
      trip_id: null,
      boot_id: null,
      sequence: null,
    };
    expect(await track()).toEqual([
      {
        day: '2026-11-20',
        fleet_id: 'default',
        vehicle_id: 'bike-42',
        measured_at: full.measuredAt,
        at: full.at,
        received_at: RECEIVED,
        source: 'device',
        flags: ['clock_future'],
        lng: 4.9041,
        lat: 52.3676,
        accuracy_m: 8,
        speed_mps: 4.2,
        heading_deg: 270,
        altitude_m: -2,
        battery_percent: 87,
        state: 'on_trip',
        trip_id: 'trip "1" \\ {}',
        boot_id: 'boot-1',
        sequence: Number.MAX_SAFE_INTEGER,
        vehicle_type_id: null,
      },
      {
        ...unsaid,
        day: '2026-11-20',
        fleet_id: 'default',
        vehicle_id: 'bike-42',
        measured_at: state.measuredAt,
        at: state.at,
        received_at: RECEIVED,
        source: 'operator',
        flags: [],
        lng: null,
        lat: null,
        state: 'available',
        vehicle_type_id: 'ebike',
      },
    ]);
  });

  test('keeps of one vehicle and time what was received later, in one flush and over several', async () => {
    const { append, caughtUp } = await start();
    await append(aReport({ lat: 1 }), aReport({ lat: 2 }));
    await caughtUp();
    expect((await track()).map(({ lat }) => lat)).toEqual([2]);
    await append(aReport({ lat: 3, receivedAt: RECEIVED + 1_000 }));
    await caughtUp();
    await append(aReport({ lat: 4, receivedAt: RECEIVED + 500 }));
    await caughtUp();
    expect((await track()).map(({ lat }) => lat)).toEqual([3]);
  });

  test('keeps the first of a report that was sent again, with the time it was decided by', async () => {
    const { append, caughtUp } = await start();
    const ahead = { measuredAt: RECEIVED + 3_600_000, flags: ['clock_future'] as const };
    const first = aReport({ ...ahead, at: RECEIVED });
    await append(first);
    await caughtUp();
    await append(aReport({ ...ahead, at: RECEIVED + 90_000, receivedAt: RECEIVED + 90_000, batteryPercent: 12 }));
    await caughtUp();
    expect(await track()).toMatchObject([{ at: RECEIVED, received_at: RECEIVED, battery_percent: null }]);
  });

  test('takes reports of any day, old ones too, and makes a partition for each day once', async () => {
    const { append, caughtUp } = await start();
    const days = ['2009-02-03', '2026-11-19', '2026-11-20'];
    await append(...days.map((day) => aReport({ measuredAt: Date.parse(`${day}T12:00:00Z`) })));
    await append(...days.map((day) => aReport({ measuredAt: Date.parse(`${day}T12:00:01Z`) })));
    await caughtUp();
    expect((await track()).map(({ day }) => day)).toEqual(days.flatMap((day) => [day, day]));
    const { rows } = await postgres.database.query('SELECT day, last_received_at FROM track_day ORDER BY day');
    expect(rows).toEqual(days.map((day) => ({ day, last_received_at: RECEIVED })));
  });

  test('sets aside what means nothing, with its bytes and the reason, and goes on', async () => {
    const { log, append, caughtUp, metrics } = await start();
    await log.append(
      HEARTBEATS_TOPIC,
      ['no json', '{"kind":"report"}', '{"kind":"report","fleetId":"a"}'].map((text) => ({
        key: 'default/bike-42',
        value: Buffer.from(text),
        timestamp: RECEIVED,
      })),
      signal,
    );
    await append(aReport());
    await caughtUp();
    const { rows } = await postgres.database.query('SELECT reason, key, value FROM dead_letter ORDER BY record_offset');
    expect(rows.map(({ reason, key, value }) => [reason, key, (value as Buffer).toString()])).toEqual([
      ['not_json', 'default/bike-42', 'no json'],
      ['wrong_schema', 'default/bike-42', '{"kind":"report"}'],
      ['wrong_schema', 'default/bike-42', '{"kind":"report","fleetId":"a"}'],
    ]);
    expect(await track()).toHaveLength(1);
    expect(metrics.render()).toContain('corral_dead_letters_total{consumer="history",reason="wrong_schema"} 2');
    expect(metrics.render()).toContain('corral_track_rows_total 1');
  });

  test('loses and doubles nothing when partitions change hands in mid-flow', async () => {
    const { append, caughtUp, consumption } = await start();
    for (let round = 0; round < 10; round++) {
      await append(
        ...Array.from({ length: 50 }, (_, i) =>
          aReport({ vehicleId: `bike-${i}`, measuredAt: RECEIVED - 60_000 + round * 1_000 }),
        ),
      );
      if (round % 3 === 0) await consumption.reassign();
    }
    await caughtUp();
    expect(await track()).toHaveLength(500);
  });
});

describe('retention', () => {
  test('drops whole days whose last receipt is too old; an old day replayed today stays', async () => {
    const { append, caughtUp } = await start();
    await append(
      aReport({ measuredAt: Date.parse('2009-02-03T12:00:00Z') }),
      aReport({ measuredAt: Date.parse('2026-11-01T12:00:00Z'), receivedAt: RECEIVED - 10 * DAY_MS }),
      aReport(),
    );
    await caughtUp();
    expect(await dropOldDays(postgres.database, RECEIVED - 8 * DAY_MS)).toEqual(['2026-11-01']);
    expect((await track()).map(({ day }) => day)).toEqual(['2009-02-03', '2026-11-20']);
    expect(await dropOldDays(postgres.database, RECEIVED - 8 * DAY_MS)).toEqual([]);
  });

  test('a day that was dropped is made anew for a report that comes late', async () => {
    const { append, caughtUp } = await start();
    const old = aReport({ measuredAt: Date.parse('2026-11-01T12:00:00Z'), receivedAt: RECEIVED - 10 * DAY_MS });
    await append(old);
    await caughtUp();
    await dropOldDays(postgres.database, RECEIVED);
    expect(await track()).toEqual([]);
    await append({ ...old, receivedAt: RECEIVED });
    await caughtUp();
    expect((await track()).map(({ day }) => day)).toEqual(['2026-11-01']);
  });

  test('a later receipt moves the day on, so that it is kept longer', async () => {
    const { append, caughtUp } = await start();
    const old = aReport({ measuredAt: RECEIVED - 10 * DAY_MS, receivedAt: RECEIVED - 10 * DAY_MS });
    await append(old);
    await caughtUp();
    await append({ ...old, measuredAt: old.measuredAt + 1, receivedAt: RECEIVED });
    await caughtUp();
    await eventually('the later receipt is noted', async () => {
      const { rows } = await postgres.database.query<{ last_received_at: number }>(
        'SELECT last_received_at FROM track_day',
      );
      return rows[0]?.last_received_at === RECEIVED;
    });
    expect(await dropOldDays(postgres.database, RECEIVED - 8 * DAY_MS)).toEqual([]);
  });

  test('a day somebody is writing to waits for another time', async () => {
    const { append, caughtUp } = await start();
    await append(aReport());
    await caughtUp();
    const { database } = postgres;
    await database.transaction(async (tx) => {
      await tx.query('SELECT day FROM track_day FOR KEY SHARE');
      await expect(dropOldDays(database, RECEIVED + 1)).rejects.toThrow(/lock timeout/);
    });
    expect(await track()).toHaveLength(1);
  });
});

describe('lag', () => {
  test('is the age of what was read last of the partition that is furthest behind', async () => {
    const { log, caughtUp, metrics } = await start();
    const now = Date.now();
    await log.append(
      HEARTBEATS_TOPIC,
      Array.from({ length: log.partitions }, (_, partition) => ({
        key: null,
        value: encodeTick(now),
        timestamp: now - partition * 10_000,
        partition,
      })),
      signal,
    );
    await caughtUp();
    const [, seconds] = /corral_watermark_age_seconds\{consumer="history"\} ([\d.]+)/.exec(metrics.render())!;
    expect(Number(seconds)).toBeGreaterThanOrEqual(30);
    expect(Number(seconds)).toBeLessThan(40);
  });
});

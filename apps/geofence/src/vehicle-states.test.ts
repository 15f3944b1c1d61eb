import type { Database } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { encodeMemory, evaluate, type VehicleMemory } from '@corral/domain';
import { aReport, aSchedule, aZoneSet, NOON } from '@corral/domain/testing';
import { describeVehicleStates } from './vehicle-states.contract';
import { memoryVehicleStates } from './vehicle-states.memory';
import { postgresVehicleStates } from './vehicle-states.postgres';

describeVehicleStates('in memory', () =>
  Promise.resolve({
    states: memoryVehicleStates(),
    tx: { query: () => Promise.reject(new Error('no database here')) },
  }),
);

describe('on PostgreSQL', () => {
  let server: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    server = await startTestDatabase();
    database = server.database;
  });
  afterAll(() => server?.stop());

  describeVehicleStates('in PostgreSQL', () => Promise.resolve({ states: postgresVehicleStates(48), tx: database }));

  const committedUnder = async (claim: object, vehicleId: string) => {
    const states = postgresVehicleStates(48);
    const { memory } = evaluate(undefined, [aReport({ vehicleId })], aSchedule(aZoneSet()));
    const row = { fleetId: 'default', vehicleId, memory: memory!, partition: 0, scheduleRevision: 1, claim };
    await database.transaction(async (tx) => {
      await states.save(tx, [row]);
      states.committed(tx);
    });
    return { states, row };
  };
  const noDatabase = { query: () => Promise.reject(new Error('asked the database')) };

  it('does not read again what was committed under the same claim, and does under the next one', async () => {
    const claim = {};
    const { states, row } = await committedUnder(claim, 'kept');
    const { fleetId, vehicleId, memory } = row;
    const loaded = await states.load(noDatabase, [{ fleetId, vehicleId, claim }]);
    expect(loaded.get('default/kept')).toEqual(encodeMemory(memory));
    await expect(states.load(noDatabase, [{ fleetId, vehicleId, claim: {} }])).rejects.toThrow('asked the database');
    await expect(states.load(noDatabase, [{ fleetId, vehicleId }])).rejects.toThrow('asked the database');
  });

  it('knows each vehicle as it was committed last, however many there are, and whatever came between', async () => {
    const claims = [{}, {}];
    const states = postgresVehicleStates(2);
    const schedule = aSchedule(aZoneSet());
    const vehicles = Array.from({ length: 40 }, (_, i) => ({ vehicleId: `many-${i + 100}`, claim: claims[i % 2]! }));
    const memories = new Map<string, VehicleMemory>();
    for (let round = 0; round < 4; round++)
      for (const claim of claims) {
        const ours = vehicles.filter((vehicle, i) => vehicle.claim === claim && i % (round + 1) === 0);
        const rows = ours.map(({ vehicleId }) => {
          const before = memories.get(vehicleId);
          const report = aReport({ vehicleId, measuredAt: NOON + round * 1_000, lat: 52.37 + round / 1_000 });
          const memory = evaluate(before, [report], schedule).memory!;
          const known = before !== undefined;
          const row = { fleetId: 'default', vehicleId, memory, partition: 0, scheduleRevision: 1, claim, known };
          return { ...row, lookedAt: before?.lookAt };
        });
        const isRolledBack = round === 2 && claim === claims[0];
        await database
          .transaction(async (tx) => {
            await states.save(tx, rows);
            if (isRolledBack) throw new Error('the fence');
            states.committed(tx);
          })
          .catch((error: Error) => expect(error.message).toBe('the fence'));
        if (!isRolledBack) for (const { vehicleId, memory } of rows) memories.set(vehicleId, memory);
      }
    const asked = vehicles.map((vehicle) => ({ fleetId: 'default', ...vehicle }));
    const known = await states.load(noDatabase, asked);
    const stored = await postgresVehicleStates(2).load(database, asked);
    expect(known.size).toBe(40);
    for (const [vehicleId, memory] of memories) {
      expect(Buffer.from(known.get(`default/${vehicleId}`)!)).toEqual(Buffer.from(encodeMemory(memory)));
      expect(Buffer.from(stored.get(`default/${vehicleId}`)!)).toEqual(Buffer.from(encodeMemory(memory)));
    }
  });

  it('forgets what was rolled back', async () => {
    const claim = {};
    const { states, row } = await committedUnder(claim, 'rolled-back');
    const { memory } = evaluate(
      row.memory,
      [aReport({ vehicleId: 'rolled-back', measuredAt: NOON })],
      aSchedule(aZoneSet()),
    );
    const rolledBack = database.transaction(async (tx) => {
      await states.save(tx, [{ ...row, memory: memory!, known: true, lookedAt: memory!.lookAt }]);
      throw new Error('the fence');
    });
    await expect(rolledBack).rejects.toThrow('the fence');
    const loaded = await states.load(database, [{ fleetId: 'default', vehicleId: 'rolled-back', claim }]);
    expect(loaded.get('default/rolled-back')).toEqual(encodeMemory(row.memory));
  });

  it('writes a vehicle that was known and whose row is gone', async () => {
    const claim = {};
    const { states, row } = await committedUnder(claim, 'erased');
    const other = { ...row, vehicleId: 'erased-not' };
    await states.save(database, [other]);
    await database.query(`DELETE FROM vehicle_state WHERE vehicle_id = 'erased'`);
    await states.save(database, [
      { ...row, known: true, lookedAt: row.memory.lookAt },
      { ...other, known: true, lookedAt: row.memory.lookAt, scheduleRevision: 9 },
    ]);
    const { rows } = await database.query(
      `SELECT vehicle_id, schedule_revision FROM vehicle_state WHERE vehicle_id LIKE 'erased%' ORDER BY 1`,
    );
    expect(rows).toEqual([
      { vehicle_id: 'erased', schedule_revision: 1 },
      { vehicle_id: 'erased-not', schedule_revision: 9 },
    ]);
  });

  it('shows people where the vehicle is, in columns', async () => {
    const report = aReport({
      vehicleId: 'shown',
      lat: 52.3731,
      lng: 4.8932,
      state: 'on_trip',
      tripId: 't1',
      speedMps: 4,
      batteryPercent: 80,
    });
    const { memory } = evaluate(undefined, [report], aSchedule(aZoneSet()));
    await postgresVehicleStates(48).save(database, [
      { fleetId: 'default', vehicleId: 'shown', memory: memory!, partition: 3, scheduleRevision: 7 },
    ]);
    const { rows } = await database.query('SELECT * FROM vehicle_state WHERE vehicle_id = $1', ['shown']);
    expect(rows[0]).toMatchObject({
      partition: 3,
      schedule_revision: 7,
      lat: 52.3731,
      lng: 4.8932,
      at: report.at,
      received_at: report.receivedAt,
      state: 'on_trip',
      trip_id: 't1',
      speed_mps: 4,
      battery_percent: 80,
      zones: ['centre'],
      zones_since: [{ zoneId: 'centre', since: report.at }],
      cell: 14_237 * 36_000 + 18_489,
    });
  });

  it('shows what is wrong with its newest fix', async () => {
    const reports = [
      aReport({ lat: 52.3731, lng: 4.8932 }),
      aReport({ measuredAt: NOON + 5_000, lat: 52.3731, lng: 5.5 }),
    ];
    const { memory } = evaluate(undefined, reports, aSchedule(aZoneSet({ profile: 'confirmed' })));
    const odd = { fleetId: 'default', vehicleId: 'odd', memory: memory!, partition: 0, scheduleRevision: 1 };
    await postgresVehicleStates(48).save(database, [odd]);
    const { rows } = await database.query('SELECT anomaly, lng FROM vehicle_state WHERE vehicle_id = $1', ['odd']);
    expect(rows).toEqual([{ anomaly: 'teleport', lng: 4.8932 }]);
  });

  it('updates a riding vehicle in place (HOT), so that no index grows with heartbeats', async () => {
    const schedule = aSchedule(aZoneSet());
    const rider = { fleetId: 'default', vehicleId: 'rider', partition: 0, scheduleRevision: 1 };
    let memory: VehicleMemory | undefined = undefined;
    const looksBefore = await looksUpdated();
    for (let second = 0; second < 200; second += 1) {
      const lookedAt: number | undefined = (memory as VehicleMemory | undefined)?.lookAt;
      const report = aReport({
        vehicleId: 'rider',
        measuredAt: 1_795_000_000_000 + second * 1_000,
        lat: 52.3731 + second * 1e-6,
        lng: 4.8932,
        state: 'on_trip',
      });
      ({ memory } = evaluate(memory, [report], schedule));
      await postgresVehicleStates(48).save(database, [{ ...rider, memory: memory!, known: second > 0, lookedAt }]);
    }
    await database.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await database.query<{ updates: number; hot: number }>(
      `SELECT n_tup_upd AS updates, n_tup_hot_upd AS hot FROM pg_stat_all_tables WHERE relname = 'vehicle_state'`,
    );
    console.info(`${rows[0]!.hot} of ${rows[0]!.updates} updates were HOT`);
    expect(rows[0]!.updates).toBeGreaterThanOrEqual(199);
    expect(rows[0]!.hot / rows[0]!.updates).toBeGreaterThan(0.95);
    // Its deadline moves every three quarters of a minute, in a table of its own.
    expect((await looksUpdated()) - looksBefore).toBeLessThan(10);
  });

  async function looksUpdated(): Promise<number> {
    await database.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await database.query<{ updates: number }>(
      `SELECT n_tup_upd AS updates FROM pg_stat_all_tables WHERE relname = 'vehicle_look'`,
    );
    return rows[0]!.updates;
  }
});

import type { Transaction } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import type { Report } from '@corral/domain';
import { openDays } from './track-days';
import { trackRows } from './track-row';
import { createTrackWriter } from './write-track';

const AT = Date.parse('2026-11-20T23:59:59Z');
const VEHICLES = 60;

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres.stop());
beforeEach(() => postgres.database.query('DELETE FROM track'));

const aReport = (over: Partial<Report> = {}): Report => ({
  fleetId: 'default',
  vehicleId: 'bike-1',
  measuredAt: AT,
  receivedAt: AT,
  at: AT,
  source: 'device',
  flags: [],
  lat: 52.3676,
  lng: 4.9041,
  ...over,
});

/** One report of each vehicle. */
const round = (after: number, over: Partial<Report> = {}) =>
  Array.from({ length: VEHICLES }, (_, i) =>
    aReport({
      ...{ vehicleId: `bike-${i}`, measuredAt: AT + after, receivedAt: AT + after, at: AT + after },
      ...{ flags: i % 2 ? [] : ['clock_future'], speedMps: i % 3 ? i / 7 : undefined, sequence: i },
      ...over,
    }),
  );

/** Writes as a flush does; answers how many rows went by COPY. */
async function write(writer: ReturnType<typeof createTrackWriter>, reports: readonly Report[]): Promise<number> {
  const rows = trackRows(reports);
  let copied = 0;
  await postgres.database.transaction(async (tx) => {
    const watched: Transaction = {
      query: tx.query,
      async copy(text, bytes) {
        const count = await tx.copy(text, bytes);
        copied += count;
        return count;
      },
    };
    await openDays(
      tx,
      [...new Set(rows.map(({ day }) => day))].sort().map((day) => ({ day, lastReceivedAt: AT })),
    );
    await writer.write(watched, rows);
  });
  return copied;
}

const stored = async () =>
  (await postgres.database.query('SELECT * FROM track ORDER BY fleet_id, vehicle_id, measured_at')).rows;

test('what is newer than all before it goes by COPY, over midnight too, and lies there as if it had been inserted', async () => {
  const writer = createTrackWriter();
  expect(await write(writer, round(0))).toBe(0);
  expect(await write(writer, round(500))).toBe(VEHICLES);
  expect(await write(writer, [...round(999), ...round(1_500)])).toBe(2 * VEHICLES);
  const copied = await stored();
  expect(copied).toHaveLength(4 * VEHICLES);
  await postgres.database.query('DELETE FROM track');
  for (const after of [0, 500, 999, 1_500]) await write(createTrackWriter(), round(after));
  expect(copied).toEqual(await stored());
});

test('a log that is read again meets its own rows: nothing fails, nothing is there twice, a correction is taken', async () => {
  await write(createTrackWriter(), [...round(0), ...round(500), ...round(1_000)]);
  const before = await stored();
  const again = createTrackWriter();
  await write(again, round(0));
  expect(await write(again, [...round(500), aReport({ vehicleId: 'bike-0', measuredAt: AT + 600 })])).toBe(0);
  // From then on by inserts alone, for a while.
  expect(await write(again, round(1_000, { speedMps: 9 }))).toBe(0);
  const after = await stored();
  expect(after).toHaveLength(before.length + 1);
  expect(after.filter(({ speed_mps: speed }) => speed === 9)).toHaveLength(VEHICLES);
});

test('an older report beside newer ones is looked for first', async () => {
  const writer = createTrackWriter();
  await write(writer, round(0));
  await write(writer, round(500));
  expect(await write(writer, [...round(900), ...round(0)])).toBe(VEHICLES);
  expect(await stored()).toHaveLength(3 * VEHICLES);
});

test('a role that may write to the track and not to its parts writes all the same', async () => {
  await write(createTrackWriter(), round(0));
  await postgres.database.query('CREATE ROLE history_alone');
  await postgres.database.query('GRANT SELECT, INSERT, UPDATE ON track, track_day TO history_alone');
  const writer = createTrackWriter();
  const rows = [...trackRows(round(500)), ...trackRows(round(900))];
  await postgres.database.transaction(async (tx) => {
    await tx.query('SET LOCAL ROLE history_alone');
    await writer.write(tx, rows.slice(0, VEHICLES));
    await writer.write(tx, rows.slice(VEHICLES));
  });
  expect(await stored()).toHaveLength(3 * VEHICLES);
});

import { startTestDatabase, type TestDatabase } from './testing';
import { msToTimestamp } from './queryable';
import { loadDefinition, loadSchedule, loadScheduleRows, loadStations } from './zone-sets';

const NOON = Date.UTC(2026, 10, 20, 12);
let corral: TestDatabase;
beforeAll(async () => {
  corral = await startTestDatabase();
  await corral.database.query(`INSERT INTO fleet (id, name) VALUES ('default', 'Default'), ('other', 'Other')`);
  for (const version of [1, 2, 3])
    await corral.database.query(
      `INSERT INTO zone_set (fleet_id, version, status, origin, profile, zones, definition)
       VALUES ('default', $1, 'published', 'geojson', 'immediate', 0, $2)`,
      [
        version,
        JSON.stringify({ format: 1, origin: 'geojson', profile: 'immediate', zones: [], globalRules: [], version }),
      ],
    );
});
afterAll(() => corral?.stop());
beforeEach(async () => {
  await corral.database.query('DELETE FROM zone_schedule');
  await corral.database.query('DELETE FROM station_set');
});

async function schedule(...rows: readonly [version: number, effectiveAt: number][]): Promise<void> {
  for (const [i, [version, effectiveAt]] of rows.entries())
    await corral.database.query(
      `INSERT INTO zone_schedule (fleet_id, revision, version, effective_at) VALUES ('default', $1, $2, ${msToTimestamp('$3')})`,
      [i + 1, version, effectiveAt],
    );
}

const load = () => loadScheduleRows(corral.database, 'default');

test('a fleet that published nothing has no schedule', async () => {
  expect(await load()).toEqual({ revision: 0, rows: [] });
});

test('versions stand in the order in which they take effect, the first from the beginning of time', async () => {
  await schedule([1, -Infinity], [2, NOON + 60_000], [3, NOON]);
  expect(await load()).toEqual({
    revision: 3,
    rows: [
      { version: 1, effectiveAt: -Infinity },
      { version: 3, effectiveAt: NOON },
      { version: 2, effectiveAt: NOON + 60_000 },
    ],
  });
});

test('of two rows for one moment the later counts: a withdrawn version leaves no trace but the revision', async () => {
  await schedule([1, -Infinity], [2, NOON], [1, NOON]);
  expect(await load()).toEqual({ revision: 3, rows: [{ version: 1, effectiveAt: -Infinity }] });
});

test('a change of stations is an entry of its own, and nothing to who asks for zones alone', async () => {
  for (const version of [1, 2])
    await corral.database.query(
      `INSERT INTO station_set (fleet_id, version, stations, definition) VALUES ('default', $1, 0, $2)`,
      [version, JSON.stringify({ format: 1, stations: [], version })],
    );
  const rows = [
    [1, null, -Infinity],
    [1, 1, NOON],
    [1, 2, NOON + 60_000],
    [2, 2, NOON + 120_000],
    [2, 2, NOON + 180_000],
  ] as const;
  for (const [i, row] of rows.entries())
    await corral.database.query(
      `INSERT INTO zone_schedule (fleet_id, revision, version, station_version, effective_at) VALUES ('default', $1, $2, $3, ${msToTimestamp('$4')})`,
      [i + 1, ...row],
    );
  expect(await loadSchedule(corral.database, 'default')).toEqual({
    revision: 5,
    rows: rows.slice(0, 4).map(([version, stationVersion, effectiveAt]) => ({
      version,
      stationVersion: stationVersion ?? undefined,
      effectiveAt,
    })),
  });
  expect((await loadSchedule(corral.database, 'default', 2)).rows).toHaveLength(2);
  expect(await load()).toEqual({
    revision: 5,
    rows: [
      { version: 1, effectiveAt: -Infinity },
      { version: 2, effectiveAt: NOON + 120_000 },
    ],
  });
  expect(await loadStations(corral.database, 'default', 2)).toMatchObject({ format: 1, version: 2 });
  expect(await loadStations(corral.database, 'other', 2)).toBeUndefined();
});

test('a definition comes back as it was stored, and only to its fleet', async () => {
  expect(await loadDefinition(corral.database, 'default', 2)).toMatchObject({ format: 1, version: 2 });
  expect(await loadDefinition(corral.database, 'default', 9)).toBeUndefined();
  expect(await loadDefinition(corral.database, 'other', 2)).toBeUndefined();
});

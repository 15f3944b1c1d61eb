import { appendOutbox, ensureDay, readOutbox, type OutboxRow } from './index';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());

function aMessage(partition: number, seq: number): OutboxRow {
  const id = `fact-${partition}-${seq}`;
  return {
    partition,
    seq,
    fleetId: 'default',
    vehicleId: 'bike-1',
    type: 'violation.opened',
    id,
    revision: 1,
    payload: `{"seq":${seq}}`,
  };
}

test('what was appended is read back in order, from any place, a page at a time', async () => {
  await server.database.transaction(async (tx) => {
    await appendOutbox(
      tx,
      'geofence',
      [3, 1, 2].map((seq) => aMessage(0, seq)),
    );
    await appendOutbox(tx, 'geofence', [aMessage(1, 1)]);
    await appendOutbox(tx, 'notification', [aMessage(0, 1)]);
    await appendOutbox(tx, 'geofence', []);
  });
  expect(await readOutbox(server.database, 'geofence', 0, 0, 10)).toEqual([1, 2, 3].map((seq) => aMessage(0, seq)));
  expect(await readOutbox(server.database, 'geofence', 0, 1, 1)).toEqual([aMessage(0, 2)]);
  expect(await readOutbox(server.database, 'geofence', 0, 3, 10)).toEqual([]);
});

test('a day that is missing is made once, by however many ask for it at the same time', async () => {
  await Promise.all(
    Array.from({ length: 8 }, () =>
      server.database.transaction(async (tx) => {
        await ensureDay(tx, 'track', '2020-02-29');
        await ensureDay(tx, 'log_record', '2020-02-29');
      }),
    ),
  );
  const { rows } = await server.database.query(
    `SELECT relname FROM pg_class WHERE relname LIKE '%_20200229' ORDER BY 1`,
  );
  expect(rows).toEqual([{ relname: 'log_record_20200229' }, { relname: 'track_20200229' }]);
});

test('a new day does not wait for a transaction that still writes into an old one', async () => {
  await ensureDay(server.database, 'track', '2021-01-01');
  const insert = (day: string) =>
    `INSERT INTO track (day, fleet_id, vehicle_id, measured_at, at, received_at, source)
     VALUES ('${day}', 'default', 'bike-1', '${day}', '${day}', '${day}', 'device')`;
  await server.database.transaction(async (old) => {
    await old.query(insert('2021-01-01'));
    // lock_timeout would end it after two seconds.
    await server.database.transaction(async (young) => {
      await ensureDay(young, 'track', '2021-01-02');
      await young.query(insert('2021-01-02'));
    });
    await ensureDay(old, 'track', '2021-01-03');
    await old.query(insert('2021-01-03'));
  });
  const { rows } = await server.database.query(
    `SELECT tableoid::regclass::text AS part FROM track WHERE day BETWEEN '2021-01-01' AND '2021-01-03' ORDER BY day`,
  );
  expect(rows).toEqual([{ part: 'track_20210101' }, { part: 'track_20210102' }, { part: 'track_20210103' }]);
});

test('only tables that have days get one', async () => {
  await expect(server.database.query(`SELECT ensure_day('setting', '2026-01-01')`)).rejects.toThrow(
    'not a day-partitioned',
  );
});

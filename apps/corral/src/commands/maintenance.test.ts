import { appendOutbox, ensureDay } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { maintain } from './maintenance';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-29T12:00:00Z');
const RETENTION_MS = 8 * DAY_MS;

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());

test('the coming days are made before anybody needs them', async () => {
  const { ahead } = await maintain(server.database, NOW, RETENTION_MS);
  expect(ahead).toEqual(['2026-11-29', '2026-11-30', '2026-12-01', '2026-12-02']);
  expect(await tablesOf('outbox')).toEqual(expect.arrayContaining(['outbox_20261129', 'outbox_20261202']));
  expect(await tablesOf('log_record')).toEqual(expect.arrayContaining(['log_record_20261202']));
});

test('a day of the outbox past retention goes, the day at its edge stays', async () => {
  await ensureDay(server.database, 'outbox', '2026-11-20');
  await ensureDay(server.database, 'outbox', '2026-11-21');
  const { outbox } = await maintain(server.database, NOW, RETENTION_MS);
  expect(outbox).toEqual({ dropped: ['2026-11-20'], unpublished: [] });
  expect(await tablesOf('outbox')).toEqual(expect.arrayContaining(['outbox_20261121']));
  expect(await tablesOf('outbox')).not.toContain('outbox_20261120');
});

test('a day in which something waits to be published stays until it is', async () => {
  const today = new Date().toISOString().slice(0, 10);
  const later = Date.parse(`${today}T00:00:00Z`) + 20 * DAY_MS;
  await server.database.query(
    `INSERT INTO partition_owner (consumer, topic, partition, epoch, next_offset, next_seq, published_seq, cluster_id)
     VALUES ('geofence', 'corral.heartbeats.v1', 0, 1, 0, 2, 0, 'test')`,
  );
  await server.database.transaction((tx) =>
    appendOutbox(tx, 'geofence', [
      { partition: 0, seq: 1, fleetId: 'default', vehicleId: 'bike-1', type: 'x', id: 'x', revision: 1, payload: '{}' },
    ]),
  );
  expect((await maintain(server.database, later, RETENTION_MS)).outbox.unpublished).toContain(today);

  await server.database.query('UPDATE partition_owner SET published_seq = 1');
  expect((await maintain(server.database, later, RETENTION_MS)).outbox.dropped).toContain(today);
});

test('a day that was detached and not yet dropped is dropped by the next run', async () => {
  await ensureDay(server.database, 'outbox', '2026-11-01');
  await server.database.query('ALTER TABLE outbox DETACH PARTITION outbox_20261101');
  expect((await maintain(server.database, NOW, RETENTION_MS)).outbox.dropped).toEqual(['2026-11-01']);
  expect(await tablesOf('outbox')).not.toContain('outbox_20261101');
});

test('two runs at the same time do no harm', async () => {
  const runs = await Promise.all([1, 2].map(() => maintain(server.database, NOW, RETENTION_MS)));
  expect(runs.map(({ ahead }) => ahead.length)).toEqual([4, 4]);
});

test('a day of the track past retention goes with its last receipt', async () => {
  await ensureDay(server.database, 'track', '2026-11-02');
  await server.database.query(
    `INSERT INTO track_day (day, last_received_at) VALUES ('2026-11-02', '2026-11-03T00:00:00Z')`,
  );
  expect((await maintain(server.database, NOW, RETENTION_MS)).track.dropped).toEqual(['2026-11-02']);
});

async function tablesOf(parent: string): Promise<readonly string[]> {
  const { rows } = await server.database.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE $1 ORDER BY 1`,
    [`${parent}\\_%`],
  );
  return rows.map(({ relname }) => relname);
}

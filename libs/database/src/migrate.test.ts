import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrations as embedded } from '../generated/migrations';
import { connectDatabase, migrate, withFleet, type Database, type Migration } from './index';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
let databases = 0;
const opened: Database[] = [];
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await server.stop();
});

async function emptyDatabase(): Promise<Database> {
  const name = `empty_${++databases}`;
  await server.database.query(`CREATE DATABASE ${name}`);
  const database = await connectDatabase({
    url: server.url.replace('/corral?', `/${name}?`),
    application: 'test',
    poolSize: 2,
  });
  opened.push(database);
  return database;
}

/** As on a server that has never seen Corral. */
async function forgetRole(): Promise<void> {
  const { rows } = await server.database.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate`,
  );
  for (const { name } of rows) {
    const database = await connectDatabase({ url: server.url.replace('/corral?', `/${name}?`), application: 'test' });
    await database.query('DROP OWNED BY corral_gateway CASCADE').catch(() => undefined);
    await database.close();
  }
  await server.database.query('DROP ROLE corral_gateway');
}

function aMigration(name: string, sql: string): Migration {
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}

const first = aMigration('20260101000000_first', 'CREATE TABLE one (id int); INSERT INTO one VALUES (1);');
const second = aMigration('20260102000000_second', 'CREATE TABLE two (id int);');

async function recorded(database: Database) {
  const { rows } = await database.query(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS rolled_back, applied_steps_count AS steps, logs
       FROM _prisma_migrations ORDER BY started_at`,
  );
  return rows;
}

test('an empty database gets all migrations in order, and a second run finds nothing to do', async () => {
  const database = await emptyDatabase();
  expect(await migrate({ url: database.url, migrations: [first, second] })).toEqual({
    applied: [first.name, second.name],
    already: 0,
  });
  expect(await migrate({ url: database.url, migrations: [first, second] })).toEqual({ applied: [], already: 2 });
  const applied = { finished: true, rolled_back: false, steps: 1, logs: null };
  expect(await recorded(database)).toEqual([
    { name: first.name, checksum: first.checksum, ...applied },
    { name: second.name, checksum: second.checksum, ...applied },
  ]);
});

test('only what is new is applied', async () => {
  const database = await emptyDatabase();
  await migrate({ url: database.url, migrations: [first] });
  expect(await migrate({ url: database.url, migrations: [first, second] })).toEqual({
    applied: [second.name],
    already: 1,
  });
});

test('our own migrations: four runners at once on a real server apply each of them once', async () => {
  const database = await emptyDatabase();
  const runs = await Promise.all(Array.from({ length: 4 }, () => migrate({ url: database.url })));
  expect(runs.flatMap(({ applied }) => applied)).toEqual(embedded.map(({ name }) => name));
  expect(await recorded(database)).toHaveLength(embedded.length);
});

test('our own migrations on four databases of one server at once: the role they share is made once', async () => {
  const several: Database[] = [];
  for (let i = 0; i < 4; i++) several.push(await emptyDatabase());
  await forgetRole();
  const runs = await Promise.all(several.map(({ url }) => migrate({ url })));
  expect(runs.map(({ already }) => already)).toEqual([0, 0, 0, 0]);
  expect((await server.database.query(`SELECT FROM pg_roles WHERE rolname = 'corral_gateway'`)).rowCount).toBe(1);
});

test('an owner who may not make that role migrates without it, and fleets are kept apart all the same', async () => {
  const { url } = await emptyDatabase();
  const name = new URL(url).pathname.slice(1);
  await server.database.query(`CREATE ROLE plain_owner LOGIN; ALTER DATABASE ${name} OWNER TO plain_owner`);
  await forgetRole();
  const database = await connectDatabase({ url: url.replace('//corral@', '//plain_owner@'), application: 'test' });
  opened.push(database);
  await migrate({ url: database.url });
  await database.query(`INSERT INTO fleet (id, name) VALUES ('amber', 'Amber'), ('birch', 'Birch')`);
  const seen = await withFleet(database, 'amber', (tx) => tx.query('SELECT id, current_user::text AS who FROM fleet'));
  expect(seen.rows).toEqual([{ id: 'amber', who: 'plain_owner' }]);
});

test('a migration that was edited after it was applied is refused, and nothing else is applied', async () => {
  const database = await emptyDatabase();
  await migrate({ url: database.url, migrations: [first] });
  const edited = aMigration(first.name, `${first.sql} -- improved`);
  await expect(migrate({ url: database.url, migrations: [edited, second] })).rejects.toThrow(
    /^migration 20260101000000_first was changed after it was applied to this database .*: restore its file and put the change into a new migration$/,
  );
  expect(await recorded(database)).toHaveLength(1);
});

test('a migration that another tool began and never finished is refused', async () => {
  const database = await emptyDatabase();
  await migrate({ url: database.url, migrations: [first] });
  await database.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('x', $1, $2, '2026-11-21 10:00:00Z')`,
    [second.checksum, second.name],
  );
  await expect(migrate({ url: database.url, migrations: [first, second] })).rejects.toThrow(
    'migration 20260102000000_second was begun at 2026-11-21T10:00:00.000Z by another tool and never finished',
  );
  await database.query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = 'x'`);
  expect((await migrate({ url: database.url, migrations: [first, second] })).applied).toEqual([second.name]);
});

test('a migration that fails leaves nothing of itself but its row, and may be tried again', async () => {
  const database = await emptyDatabase();
  const failing = aMigration(
    second.name,
    'CREATE TABLE half (id int); SELECT 1 / (SELECT count(*) FROM one WHERE id = 2);',
  );
  const failed = migrate({ url: database.url, migrations: [first, failing] });
  await expect(failed).rejects.toMatchObject({
    message: `apply migration ${second.name}`,
    cause: { message: 'division by zero' },
  });
  expect(await recorded(database)).toMatchObject([
    { name: first.name, finished: true },
    { name: second.name, finished: false, logs: expect.stringContaining('division by zero') },
  ]);
  await expect(database.query('SELECT FROM half')).rejects.toThrow('does not exist');
  await database.query('INSERT INTO one VALUES (2)');
  expect((await migrate({ url: database.url, migrations: [first, failing] })).applied).toEqual([second.name]);
  expect(await recorded(database)).toMatchObject([{}, { rolled_back: true }, { finished: true, rolled_back: false }]);
});

test('a runner that was killed in the middle of a migration leaves nothing, and the next one applies it', async () => {
  const database = await emptyDatabase();
  const slow = aMigration(second.name, 'CREATE TABLE slow (id int); SELECT pg_sleep(60);');
  const killed = migrate({ url: database.url, migrations: [first, slow] }).catch((error: unknown) => error);
  const running = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`;
  let pid: unknown;
  while (pid === undefined) pid = (await database.query<{ pid: number }>(running)).rows[0]?.pid;
  await database.query('SELECT pg_terminate_backend($1)', [pid]);
  expect(await killed).toMatchObject({ message: `apply migration ${second.name}` });
  expect((await migrate({ url: database.url, migrations: [first, second] })).applied).toEqual([second.name]);
  await expect(database.query('SELECT FROM slow')).rejects.toThrow('does not exist');
});

test('a database of a newer Corral is left as it is, with a warning', async () => {
  const database = await emptyDatabase();
  await migrate({ url: database.url, migrations: [first, second] });
  const warn = jest.fn();
  const logger = { debug: warn, info: warn, warn, error: warn, child: () => logger };
  expect(await migrate({ url: database.url, migrations: [first], logger })).toEqual({ applied: [], already: 1 });
  expect(warn).toHaveBeenCalledWith({ migrations: [second.name] }, 'the database has migrations of a newer Corral');
});

test('the migrations a bundle carries are those of the folder (else: node tools/build/prepare.mjs)', () => {
  const folder = join(__dirname, '..', 'prisma', 'migrations');
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(embedded.map(({ name }) => name)).toEqual(files.map(({ name }) => name).sort());
  for (const { name, sql, checksum } of embedded) {
    expect(sql).toBe(readFileSync(join(folder, name, 'migration.sql'), 'utf8'));
    expect(checksum).toBe(createHash('sha256').update(sql).digest('hex'));
  }
});

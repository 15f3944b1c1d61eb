import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HEARTBEATS_TOPIC, TOPICS } from '@corral/contracts';
import { PARTITIONS_SETTING, pinSetting } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { connectTopicAdmin } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { KAFKA_WITHOUT_DATABASE, sha256Hex } from '@corral/runtime';
import { silentLogger } from '@corral/runtime/testing';
import { NO_KAFKA } from './testing/no-kafka';
import { shipProgram, type ShippedProgram } from './testing/shipped-program';

let program: ShippedProgram;
beforeAll(async () => {
  program = await shipProgram();
});
afterAll(() => program.remove());

const TOKEN_SECRET = 'a-secret-of-our-own-with-32-characters';
const HTTP = {
  DATABASE_URL: 'postgres://corral@127.0.0.1:1/corral',
  CORRAL_TOKEN_SECRET: TOKEN_SECRET,
  PORT: '0',
  MANAGEMENT_PORT: '0',
  HOST: '127.0.0.1',
};
const HISTORY = { DATABASE_URL: HTTP.DATABASE_URL, MANAGEMENT_PORT: '0', HOST: '127.0.0.1' };

describe('a mistake in the environment is one clear sentence and exit 1', () => {
  test.each<[string, string, Record<string, string | undefined>, string]>([
    [
      'Kafka without PostgreSQL',
      'http',
      { DATABASE_URL: undefined, KAFKA_BROKERS: 'kafka:9092' },
      KAFKA_WITHOUT_DATABASE,
    ],
    [
      'no PostgreSQL',
      'history',
      { DATABASE_URL: undefined },
      'DATABASE_URL must be set (or DATABASE_URL_FILE): where PostgreSQL is, such as postgres://corral:password@db:5432/corral',
    ],
    [
      'no token secret',
      'http',
      { CORRAL_TOKEN_SECRET: undefined },
      'CORRAL_TOKEN_SECRET must be set (or CORRAL_TOKEN_SECRET_FILE): 32 characters or more, the same for ingestion and gateway',
    ],
    [
      'a short token secret',
      'http',
      { CORRAL_TOKEN_SECRET: 'short' },
      'CORRAL_TOKEN_SECRET must be at least 32 characters, not the value given (which is not shown)',
    ],
    ['a port beyond', 'http', { PORT: '70000' }, 'PORT must be a port number from 0 to 65535, not "70000"'],
    [
      'an age that is none',
      'http',
      { CORRAL_MAX_HEARTBEAT_AGE: 'a week' },
      'CORRAL_MAX_HEARTBEAT_AGE must be a duration such as P7D, PT10S or 10s, at least PT1M, not "a week"',
    ],
    [
      'a retention shorter than the age',
      'history',
      { CORRAL_TRACK_RETENTION: 'P7D' },
      'CORRAL_TRACK_RETENTION must be at least P8D, CORRAL_MAX_HEARTBEAT_AGE plus a day, not P7D: else an accepted heartbeat could meet a day already dropped',
    ],
    [
      'a level that is none',
      'http',
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL must be one of trace, debug, info, warn, error, silent, not "loud"',
    ],
    [
      'brokers without port',
      'http',
      { KAFKA_BROKERS: 'kafka' },
      'KAFKA_BROKERS must be brokers as host:port, separated by commas, not "kafka"',
    ],
    [
      'a rate that is none',
      'http',
      { CORRAL_FLEET_ITEMS_PER_SECOND: 'many' },
      'CORRAL_FLEET_ITEMS_PER_SECOND must be a whole number from 0, not "many"',
    ],
    [
      'two mistakes',
      'http',
      { PORT: 'x', CORRAL_PARTITIONS: '0' },
      'CORRAL_PARTITIONS must be a whole number from 1 to 1000, not "0"\nPORT must be a port number from 0 to 65535, not "x"',
    ],
    [
      'a PostgreSQL that is not there',
      'history',
      {},
      'cannot reach PostgreSQL, check DATABASE_URL: connect to PostgreSQL at 127.0.0.1:1/corral: connect ECONNREFUSED 127.0.0.1:1',
    ],
    [
      'a Kafka that is not there',
      'http',
      { KAFKA_BROKERS: '127.0.0.1:1' },
      'cannot reach Kafka at 127.0.0.1:1: check KAFKA_BROKERS: Connection error: connect ECONNREFUSED 127.0.0.1:1',
    ],
  ])('%s', async (_what, role, over, sentence) => {
    const given = { ...(role === 'http' ? HTTP : HISTORY), ...over };
    const env = Object.fromEntries(
      Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const began = Date.now();
    expect(await program.run(role, env).ended).toEqual({ code: 1, stderr: `${sentence}\n` });
    expect(Date.now() - began).toBeLessThan(6_000);
  });

  test('a busy port, said by the setting that gave it', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    const { code, stderr } = await program.run('history', { ...HISTORY, MANAGEMENT_PORT: String(port) }).ended;
    busy.close();
    expect([code, stderr]).toEqual([
      1,
      `port ${port} is already in use; stop what listens there or give another one with MANAGEMENT_PORT\n`,
    ]);
  });

  test('a role that is none', async () => {
    const { code, stderr } = await program.run('accept', {}).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ingestion has no role "accept"; give one of\n {2}http .*\n {2}history .*\n$/);
  });
});

describe('both roles on a PostgreSQL that carries the log', () => {
  let postgres: TestDatabase;
  beforeAll(async () => {
    postgres = await startTestDatabase();
  });
  afterAll(() => postgres.stop());

  test('a database that was not set up is said, with what to do', async () => {
    const { code, stderr } = await program.run('history', { ...HISTORY, DATABASE_URL: postgres.url }).ended;
    expect([code, stderr]).toEqual([1, 'this database is not set up yet: run `corral migrate` first\n']);
  });

  test('what http answered 202 stands in the track, and SIGTERM ends both with 0', async () => {
    const { database } = postgres;
    await pinSetting(database, PARTITIONS_SETTING, '4');
    const admin = await connectTopicAdmin({ config: NO_KAFKA, database, logger: silentLogger });
    await admin.ensureTopics(TOPICS, 4, new AbortController().signal);
    await database.query(`INSERT INTO fleet (id, name) VALUES ('default', 'Default')`);
    await database.query(
      `INSERT INTO api_key (fleet_id, key_id, hash, scopes) VALUES ('default', 'one', decode($1, 'hex'), '{heartbeats:write}')`,
      [sha256Hex('crl_key_one')],
    );
    const env = { DATABASE_URL: postgres.url, DRAIN_MS: '0' };
    const dataDir = join(program.folder, 'data');
    const http = program.run('http', { ...HTTP, ...env, CORRAL_DATA_DIR: dataDir });
    const history = program.run('history', { ...HISTORY, ...env });
    const { url } = await http.logged('taking heartbeats in');

    const sent = Array.from({ length: 100 }, (_, i) => ({
      vehicleId: `bike-${i % 7}`,
      measuredAt: Date.now() - i * 1_000,
      lat: 52,
      lng: 4,
    }));
    const answer = await fetch(`${url}/v1/heartbeats`, {
      method: 'POST',
      headers: { authorization: 'Bearer crl_key_one', 'content-type': 'application/json' },
      body: JSON.stringify({ heartbeats: sent }),
    });
    expect([answer.status, await answer.json()]).toEqual([202, { accepted: 100, rejected: [] }]);
    expect((await fetch(`${url}/v1/elsewhere`)).status).toBe(404);
    await eventually('the track holds them', async () => (await database.query('SELECT FROM track')).rowCount === 100);
    const { rows } = await database.query<{ partitions: number }>(
      'SELECT count(DISTINCT partition)::int AS partitions FROM log_record WHERE topic = $1',
      [HEARTBEATS_TOPIC],
    );
    expect(rows[0]!.partitions).toBe(4);
    expect(statSync(join(dataDir, 'directory.json')).mode & 0o777).toBe(0o600);

    http.child.kill('SIGTERM');
    history.child.kill('SIGTERM');
    expect(await http.ended).toEqual({ code: 0, stderr: '' });
    expect(await history.ended).toEqual({ code: 0, stderr: '' });
  });
});

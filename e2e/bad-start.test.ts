import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { startKafkaBroker, type KafkaBroker } from '@corral/messaging/testing';
import { freePort } from './support/free-port';
import { freshBundles } from './support/fresh-bundles';
import { kafkaSuite } from './support/kafka-suite';
import { isAlive, processTree } from './support/process-tree';
import { startProgram, untilPrinted, type Program } from './support/program';
import { run, type Ran } from './support/run';

const SECRET = 'a-token-secret-for-the-end-to-end-tests';
const KNOWN = 'change-me-change-me-change-me-change-me';
/** Nobody listens on the discard port, and nobody may without being root. */
const NOBODY = '127.0.0.1:9';
const NO_DATABASE = `postgres://corral:hunter2@${NOBODY}/corral`;

const KAFKA_ALONE =
  'KAFKA_BROKERS is set without DATABASE_URL: Kafka carries only the log, all else lives in PostgreSQL; set DATABASE_URL as well, or unset KAFKA_BROKERS';
const DATABASE_MISSING =
  'DATABASE_URL must be set (or DATABASE_URL_FILE): where PostgreSQL is, such as postgres://corral:password@db:5432/corral';
const DATABASE_AWAY = `cannot reach PostgreSQL, check DATABASE_URL: connect to PostgreSQL at ${NOBODY}/corral: connect ECONNREFUSED ${NOBODY}`;
const KAFKA_AWAY = `cannot reach Kafka at ${NOBODY}: check KAFKA_BROKERS: Connection error: connect ECONNREFUSED ${NOBODY}`;
const SECRET_MISSING =
  'CORRAL_TOKEN_SECRET must be set (or CORRAL_TOKEN_SECRET_FILE): 32 characters or more, the same for ingestion and gateway';
const known = (name: string) =>
  `${name} is a value from an example, which everybody knows: give one of your own, such as \`openssl rand -hex 32\` makes`;
const wrongPort = (name: string, value: string) => `${name} must be a port number from 0 to 65535, not "${value}"`;
const busy = (port: number, settings: string) =>
  `port ${port} is already in use; stop what listens there or give another one with ${settings}`;

/** Every program that starts, by the words one types. */
const PROGRAMS: Record<string, readonly string[]> = {
  'corral up': ['apps/corral/dist/main.cjs', 'up'],
  'corral migrate': ['apps/corral/dist/main.cjs', 'migrate'],
  'ingestion http': ['apps/ingestion/dist/main.cjs', 'http'],
  'ingestion history': ['apps/ingestion/dist/main.cjs', 'history'],
  geofence: ['apps/geofence/dist/main.cjs'],
  notification: ['apps/notification/dist/main.cjs'],
  gateway: ['apps/gateway/dist/main.cjs'],
};
const SERVICES = ['ingestion http', 'ingestion history', 'geofence', 'notification', 'gateway'] as const;

const folder = mkdtempSync(join(tmpdir(), 'corral-bad-start-'));
beforeAll(() => freshBundles(), 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function startBadly(program: string, env: Record<string, string>): Promise<Ran> {
  const own = { CORRAL_DATA_DIR: join(folder, 'data'), HOST: '127.0.0.1' };
  return run(process.execPath, PROGRAMS[program]!, { env: { ...own, ...env }, withinMs: 20_000 });
}

/** These lines on standard error and no other, nothing on standard output, exit code 1, within five seconds. */
async function expectRefusal(program: string, env: Record<string, string>, lines: readonly string[]): Promise<void> {
  const { code, stdout, stderr, tookMs } = await startBadly(program, env);
  expect({ stderr, stdout, code }).toEqual({ stderr: `${lines.join('\n')}\n`, stdout: '', code: 1 });
  expect(tookMs).toBeLessThan(5_000);
}

type Row = readonly [program: string, env: Record<string, string>, lines: readonly string[]];

const deployed = { DATABASE_URL: NO_DATABASE, CORRAL_TOKEN_SECRET: SECRET, MANAGEMENT_PORT: '0', PORT: '0' };

describe('a mistake in the settings is one sentence that says what to do', () => {
  test.each<Row>([
    ['corral up', { PORT: '80x' }, [wrongPort('PORT', '80x')]],
    [
      'corral up',
      { PORT: '99999', LOG_LEVEL: 'loud', CORRAL_MAX_HEARTBEAT_AGE: 'a week' },
      [
        'LOG_LEVEL must be one of trace, debug, info, warn, error, silent, not "loud"',
        'CORRAL_MAX_HEARTBEAT_AGE must be a duration such as P7D, PT10S or 10s, at least PT1M, not "a week"',
        wrongPort('PORT', '99999'),
      ],
    ],
    ['corral up', { KAFKA_BROKERS: NOBODY }, [KAFKA_ALONE]],
    [
      'corral up',
      { DATABASE_URL: 'mysql://me:hunter2@db/corral', CORRAL_TOKEN_SECRET: SECRET },
      ['DATABASE_URL must be a URL such as postgres://corral:password@db:5432/corral, not "mysql://me:***@db/corral"'],
    ],
    [
      'corral up',
      { CORRAL_TRACK_RETENTION: 'P3D' },
      [
        'CORRAL_TRACK_RETENTION must be at least P8D, CORRAL_MAX_HEARTBEAT_AGE plus a day, not P3D: else an accepted heartbeat could meet a day already dropped',
      ],
    ],
    [
      'corral up',
      { CORRAL_BOOTSTRAP_API_KEY: 'short' },
      ['CORRAL_BOOTSTRAP_API_KEY must be at least 32 characters, not the value given (which is not shown)'],
    ],
    ['corral up', { DATABASE_URL: NO_DATABASE }, [SECRET_MISSING]],
    [
      'corral up',
      { DATABASE_URL: NO_DATABASE, CORRAL_TOKEN_SECRET: KNOWN, CORRAL_BOOTSTRAP_API_KEY: KNOWN },
      [known('CORRAL_TOKEN_SECRET'), known('CORRAL_BOOTSTRAP_API_KEY')],
    ],
    ['corral up', deployed, [DATABASE_AWAY]],
    [
      'corral up',
      { CORRAL_DATA_DIR: '/dev/null/corral' },
      ['the data folder /dev/null/corral cannot be used (ENOTDIR): name another one with CORRAL_DATA_DIR'],
    ],
    [
      'corral up',
      { CORRAL_DATA_DIR: '/proc/x' },
      ['the data folder /proc/x cannot be used (ENOENT): name another one with CORRAL_DATA_DIR'],
    ],
    [
      'corral up',
      { CORRAL_CORS_ORIGINS_FILE: '/nowhere/origins' },
      ['CORRAL_CORS_ORIGINS_FILE names "/nowhere/origins", which cannot be read (ENOENT)'],
    ],
    ['corral migrate', {}, [DATABASE_MISSING]],
    ['corral migrate', { KAFKA_BROKERS: NOBODY }, [KAFKA_ALONE]],
    [
      'corral migrate',
      { KAFKA_BROKERS: 'kafka', CORRAL_PARTITIONS: '0' },
      [
        KAFKA_ALONE,
        'KAFKA_BROKERS must be brokers as host:port, separated by commas, not "kafka"',
        'CORRAL_PARTITIONS must be a whole number from 1 to 1000, not "0"',
      ],
    ],
    ['corral migrate', { DATABASE_URL: NO_DATABASE }, [DATABASE_AWAY]],
    ['ingestion http', {}, [DATABASE_MISSING, SECRET_MISSING]],
    ['ingestion http', { ...deployed, CORRAL_TOKEN_SECRET: KNOWN }, [known('CORRAL_TOKEN_SECRET')]],
    ['ingestion http', { ...deployed, KAFKA_BROKERS: NOBODY }, [KAFKA_AWAY]],
    [
      'ingestion history',
      { ...deployed, CORRAL_TRACK_RETENTION: 'P8D', CORRAL_MAX_HEARTBEAT_AGE: 'P30D' },
      [
        'CORRAL_TRACK_RETENTION must be at least P31D, CORRAL_MAX_HEARTBEAT_AGE plus a day, not P8D: else an accepted heartbeat could meet a day already dropped',
      ],
    ],
    ['geofence', {}, [DATABASE_MISSING]],
    [
      'notification',
      { ...deployed, CORRAL_WEBHOOK_ALLOW_PRIVATE: '10.0.0.0' },
      [
        'CORRAL_WEBHOOK_ALLOW_PRIVATE must be networks such as 10.0.0.0/8 or fd00::/8, separated by commas, not "10.0.0.0"',
      ],
    ],
    ['gateway', {}, [DATABASE_MISSING, SECRET_MISSING]],
    ['gateway', { ...deployed, CORRAL_BOOTSTRAP_API_KEY: KNOWN }, [known('CORRAL_BOOTSTRAP_API_KEY')]],
    [
      'geofence',
      { ...deployed, KAFKA_BROKERS: 'kafka' },
      ['KAFKA_BROKERS must be brokers as host:port, separated by commas, not "kafka"'],
    ],
    ...SERVICES.map((service): Row => [service, { KAFKA_BROKERS: NOBODY, CORRAL_TOKEN_SECRET: SECRET }, [KAFKA_ALONE]]),
    ...SERVICES.map((service): Row => [service, deployed, [DATABASE_AWAY]]),
  ])('%s with %j', expectRefusal);
});

describe('what is there already', () => {
  let taken: Server;
  let port: number;
  beforeAll(async () => {
    taken = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    port = (taken.address() as AddressInfo).port;
  });
  afterAll(() => void taken.close());

  test('a busy port is named, with the settings that change it', async () => {
    await expectRefusal('corral up', { PORT: String(port) }, [busy(port, '--port or PORT')]);
    await expectRefusal('gateway', { ...deployed, MANAGEMENT_PORT: String(port) }, [busy(port, 'MANAGEMENT_PORT')]);
  });

  test('a PostgreSQL that takes the connection and says nothing is given up within five seconds', async () => {
    const url = `postgres://corral@127.0.0.1:${port}/corral`;
    await expectRefusal('corral migrate', { DATABASE_URL: url }, [
      `cannot reach PostgreSQL, check DATABASE_URL: connect to PostgreSQL at 127.0.0.1:${port}/corral: Connection terminated due to connection timeout: Connection terminated unexpectedly`,
    ]);
  });

  test('a database that was never migrated asks for corral migrate', async () => {
    const database = await startTestDatabase();
    try {
      await database.database.query('DELETE FROM setting');
      for (const service of SERVICES)
        await expectRefusal(service, { ...deployed, DATABASE_URL: database.url }, [
          'this database is not set up yet: run `corral migrate` first',
        ]);
    } finally {
      await database.stop();
    }
  });

  test('another number of partitions than the pinned one is refused, by every program', async () => {
    const database = await startTestDatabase();
    try {
      const env = { ...deployed, DATABASE_URL: database.url };
      expect(await startBadly('corral migrate', { ...env, CORRAL_PARTITIONS: '6' })).toMatchObject({
        code: 0,
        stderr: '',
      });
      const migrated =
        'CORRAL_PARTITIONS is 12, but this database was first started with 6: set CORRAL_PARTITIONS=6 or leave it unset; another number would move vehicles to other partitions';
      await expectRefusal('corral migrate', { ...env, CORRAL_PARTITIONS: '12' }, [migrated]);
      await expectRefusal('corral up', { ...env, CORRAL_PARTITIONS: '12' }, [migrated]);
      await expectRefusal('geofence', { ...env, CORRAL_PARTITIONS: '12' }, [
        'CORRAL_PARTITIONS is 12, but this installation was first started with 6: set CORRAL_PARTITIONS=6 or leave it unset',
      ]);
    } finally {
      await database.stop();
    }
  });
});

describe('a data folder', () => {
  const dataDir = join(folder, 'shared');
  const started: Program[] = [];
  async function startCorral(): Promise<Program> {
    const env = { CORRAL_DATA_DIR: dataDir, PORT: String(await freePort()) };
    const program = startProgram('corral', 'apps/corral/dist/main.cjs', ['up'], env);
    started.push(program);
    await untilPrinted(program, /Corral is ready/, 60_000);
    return program;
  }
  afterAll(async () => {
    await Promise.all(started.map((program) => program.ended() ?? program.end('SIGTERM')));
  });

  test('in use by a live process is refused with its pid; left by a killed one it is taken over, with its PostgreSQL', async () => {
    const first = await startCorral();
    const used = `the data folder ${dataDir} is in use by process ${first.pid}: stop that one first, or use another folder with CORRAL_DATA_DIR`;
    await expectRefusal('corral up', { CORRAL_DATA_DIR: dataDir, PORT: '0' }, [used]);
    // Started twice in the same way, the folder is named rather than the port.
    await expectRefusal('corral up', { CORRAL_DATA_DIR: dataDir, PORT: portOf(dataDir) }, [used]);

    const key = keyOf(dataDir);
    const postgres = postmasterOf(dataDir);
    await first.end('SIGKILL');
    expect(isAlive(postgres)).toBe(true);
    const second = await startCorral();
    expect(postmasterOf(dataDir)).toBe(postgres);
    expect(keyOf(dataDir)).toBe(key);

    const tree = processTree(second.pid);
    await second.end('SIGINT', 8_000);
    expect([...tree, postgres].filter(isAlive)).toEqual([]);
  }, 60_000);
});

kafkaSuite('a Kafka that is not as it must be', () => {
  let broker: KafkaBroker;
  let database: TestDatabase;
  beforeAll(async () => {
    [broker, database] = await Promise.all([startKafkaBroker(), startTestDatabase()]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([broker?.stop(), database?.stop()]);
  });

  test('topics of another partition count are refused with the number they have, and asking for that number helps', async () => {
    const env = { ...deployed, DATABASE_URL: database.url, KAFKA_BROKERS: broker.bootstrap.join(',') };
    expect(await startBadly('corral migrate', { ...env, CORRAL_PARTITIONS: '3' })).toMatchObject({ code: 0 });
    // Another installation's database meets these topics.
    await database.database.query('DELETE FROM setting');
    const found =
      'topic corral.heartbeats.v1 has 3 partitions, 48 are wanted: delete the topic if nothing in it is needed, or set CORRAL_PARTITIONS=3 if the database is still empty';
    await expectRefusal('corral migrate', env, [found]);
    await expectRefusal('corral up', { ...env, CORRAL_PARTITIONS: '48' }, [found]);
    expect(await startBadly('corral migrate', { ...env, CORRAL_PARTITIONS: '3' })).toMatchObject({ code: 0 });
  }, 60_000);

  test('a service meets topics of another count than its database has', async () => {
    await database.database.query(`UPDATE setting SET value = '4' WHERE name = 'partitions'`);
    const env = { ...deployed, DATABASE_URL: database.url, KAFKA_BROKERS: broker.bootstrap.join(',') };
    const { code, stderr, tookMs } = await startBadly('geofence', env);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'topic corral.heartbeats.v1 has 3 partitions, 4 are wanted: delete the topic if nothing in it is needed, or set CORRAL_PARTITIONS=3 if the database is still empty\n',
    });
    expect(tookMs).toBeLessThan(5_000);
  });
});

function keyOf(dataDir: string): string {
  return (JSON.parse(readFileSync(join(dataDir, 'cli.json'), 'utf8')) as { apiKey: string }).apiKey;
}

function portOf(dataDir: string): string {
  return new URL((JSON.parse(readFileSync(join(dataDir, 'cli.json'), 'utf8')) as { url: string }).url).port;
}

function postmasterOf(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

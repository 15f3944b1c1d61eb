import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { startKafkaBroker, type KafkaBroker } from '@corral/messaging/testing';
import { createApi } from './support/api';
import { freshBundles } from './support/fresh-bundles';
import { kafkaSuite } from './support/kafka-suite';
import { isAlive, processTree } from './support/process-tree';
import { startProgram, untilPrinted, type Program } from './support/program';
import { SWING_ZONES, swingingRide } from './support/track-crossing';
import { until } from './support/until';

const folder = mkdtempSync(join(tmpdir(), 'corral-up-'));
const DEPLOYED = {
  CORRAL_TOKEN_SECRET: 'a-token-secret-for-the-end-to-end-tests',
  CORRAL_BOOTSTRAP_API_KEY: 'an-api-key-for-the-end-to-end-tests-0003',
};
const started: Program[] = [];
let database: TestDatabase;
beforeAll(async () => {
  freshBundles();
  database = await startTestDatabase();
}, 120_000);
afterEach(async () => {
  await Promise.all(started.splice(0).map((program) => program.ended() ?? program.end('SIGKILL')));
});
afterAll(async () => {
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** `corral up …`, once it has said on one line of JSON where it is. */
async function up(env: Record<string, string>, ...args: string[]): Promise<{ program: Program; said: any }> {
  const program = startProgram('corral', 'apps/corral/dist/main.cjs', ['up', '--port', '0', '--json', ...args], {
    CORRAL_DATA_DIR: join(folder, 'data'),
    ...env,
  });
  started.push(program);
  const [line] = await untilPrinted(program, /^\{.*"url".*\}$/m, 60_000);
  return { program, said: JSON.parse(line) };
}

/** Zones in, a ride over their edges, and the geofence events that come of it. */
async function rideThrough(url: string, apiKey: string, vehicleId: string): Promise<void> {
  const api = createApi(url, apiKey);
  expect((await api.post('/v1/zone-sets?publish=true', SWING_ZONES)).status).toBe(201);
  const heartbeats = swingingRide(vehicleId, 1, 40, Date.now() + 1_000);
  expect((await api.post('/v1/heartbeats', { heartbeats })).body).toEqual({ accepted: 40, rejected: [] });
  await until('the ride is decided, told and recorded', async () => {
    const events = await api.get(`/v1/geofence-events?vehicleId=${vehicleId}`);
    const alerts = await api.get(`/v1/alerts?vehicleId=${vehicleId}`);
    const track = await api.get(`/v1/vehicles/${vehicleId}/telemetry`);
    if (track.status !== 200 || track.body.items.length < 40) return undefined;
    return events.body.items.length > 3 && alerts.body.items.length > 0 ? true : undefined;
  });
}

describe('corral up over a database of one’s own', () => {
  test('has the log in that PostgreSQL, and starts none', async () => {
    const { program, said } = await up({ ...DEPLOYED, DATABASE_URL: database.url });
    expect(said).toMatchObject({ apiKey: DEPLOYED.CORRAL_BOOTSTRAP_API_KEY, demo: false });
    expect(processTree(program.pid)).toEqual([program.pid]);
    await rideThrough(said.url, said.apiKey, 'over-postgres');
    const { rows } = await database.database.query<{ records: string }>('SELECT count(*) AS records FROM outbox');
    expect(Number(rows[0]!.records)).toBeGreaterThan(0);
    expect(await program.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  test('without a key it makes none and takes the operator’s former one away', async () => {
    const { CORRAL_TOKEN_SECRET } = DEPLOYED;
    const { said } = await up({ CORRAL_TOKEN_SECRET, DATABASE_URL: database.url });
    expect(said.apiKey).toBeUndefined();
    const api = createApi(said.url, DEPLOYED.CORRAL_BOOTSTRAP_API_KEY);
    expect((await api.get('/v1/vehicles')).status).toBe(401);
  });
});

kafkaSuite('corral up over a database and a Kafka', () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafkaBroker();
  }, 120_000);
  afterAll(() => broker?.stop());

  test('has the log in Kafka', async () => {
    const other = await startTestDatabase();
    try {
      const KAFKA_BROKERS = broker.bootstrap.join(',');
      const { program, said } = await up({ ...DEPLOYED, DATABASE_URL: other.url, KAFKA_BROKERS });
      await rideThrough(said.url, said.apiKey, 'over-kafka');
      const { rows } = await other.database.query('SELECT topic FROM log_topic');
      expect(rows).toEqual([]);
      expect(await program.end('SIGTERM')).toEqual({ code: 0, signal: null });
    } finally {
      await other.stop();
    }
  }, 60_000);
});

describe('corral up by itself', () => {
  const dataDir = join(folder, 'embedded');

  test('keeps its key over restarts, and the demo goes on where it was', async () => {
    const first = await up({ CORRAL_DATA_DIR: dataDir }, '--demo');
    expect(first.said).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      apiKey: expect.any(String),
      demo: true,
      dataDir,
    });
    const zones = (await createApi(first.said.url, first.said.apiKey).get('/v1/zone-sets')).body.items.length;
    await first.program.end('SIGINT');
    expect(first.program.output().trim().split('\n')).toHaveLength(1);

    const second = await up({ CORRAL_DATA_DIR: dataDir }, '--demo');
    expect(second.said.apiKey).toBe(first.said.apiKey);
    const api = createApi(second.said.url, second.said.apiKey);
    expect((await api.get('/v1/zone-sets')).body.items).toHaveLength(zones);
    await until('the fleet rides', async () =>
      (await api.get('/v1/vehicles/sim-001')).status === 200 ? true : undefined,
    );
    expect(readFileSync(join(dataDir, 'demo.env'), 'utf8')).toContain(`CORRAL_URL='${second.said.url}'`);
    for (const name of ['cli.json', 'demo.env']) expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
  }, 60_000);

  test('warns of a key that everybody knows', async () => {
    const { program } = await up({
      CORRAL_DATA_DIR: dataDir,
      CORRAL_BOOTSTRAP_API_KEY: 'changeme-changeme-changeme-changeme',
    });
    expect(program.output()).toContain('warning: CORRAL_BOOTSTRAP_API_KEY is a value from an example');
  });

  test('a second Ctrl-C does not wait for what hangs, and no PostgreSQL stays behind', async () => {
    const { program } = await up({ CORRAL_DATA_DIR: dataDir });
    const postgres = Number(readFileSync(join(dataDir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]);
    const backends = processTree(postgres).filter((pid) => pid !== postgres);
    // A server whose children do not answer cannot stop in good order.
    for (const pid of backends) process.kill(pid, 'SIGSTOP');
    try {
      process.kill(program.pid, 'SIGINT');
      await delay(1_200); // what npm passes on within a second counts as the same wish
      expect(program.ended()).toBeUndefined();
      expect(await program.end('SIGINT', 1_000)).toEqual({ code: 1, signal: null });
    } finally {
      for (const pid of backends) if (isAlive(pid)) process.kill(pid, 'SIGCONT');
    }
    await until('PostgreSQL is gone', () => ([postgres, ...backends].some(isAlive) ? undefined : true), {
      withinMs: 8_000,
    });
  }, 60_000);
});

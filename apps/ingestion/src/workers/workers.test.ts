import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HEARTBEATS_TOPIC, TOPICS } from '@corral/contracts';
import { PARTITIONS_SETTING, pinSetting } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { connectTopicAdmin } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { Closers, createHealth, createMetrics, sha256Hex, type RoleContext } from '@corral/runtime';
import { silentLogger } from '@corral/runtime/testing';
import { NO_KAFKA } from '../testing/no-kafka';
import { shipProgram, type ProgramRun, type ShippedProgram } from '../testing/shipped-program';
import { createWorkerPool } from './worker-pool';

const KEY = 'crl_key_one';
const { signal } = new AbortController();

describe('an ingestion of two workers', () => {
  let program: ShippedProgram;
  let postgres: TestDatabase;
  let run: ProgramRun;
  let url: string;
  let management: string;

  beforeAll(async () => {
    [program, postgres] = await Promise.all([shipProgram(), startTestDatabase()]);
    const { database } = postgres;
    await pinSetting(database, PARTITIONS_SETTING, '4');
    const admin = await connectTopicAdmin({ config: NO_KAFKA, database, logger: silentLogger });
    await admin.ensureTopics(TOPICS, 4, signal);
    await database.query(`INSERT INTO fleet (id, name) VALUES ('default', 'Default')`);
    await database.query(
      `INSERT INTO api_key (fleet_id, key_id, hash, scopes) VALUES ('default', 'one', decode($1, 'hex'), '{heartbeats:write}')`,
      [sha256Hex(KEY)],
    );
  }, 60_000);
  afterAll(async () => {
    program?.remove();
    await postgres?.stop();
  });
  beforeEach(async () => {
    const managementPort = await freePort();
    run = program.run('http', {
      DATABASE_URL: postgres.url,
      CORRAL_TOKEN_SECRET: 'a-secret-of-our-own-with-32-characters',
      CORRAL_DATA_DIR: join(program.folder, 'data'),
      CORRAL_INGESTION_WORKERS: '2',
      PORT: '0',
      MANAGEMENT_PORT: String(managementPort),
      HOST: '127.0.0.1',
      DRAIN_MS: '0',
    });
    management = `http://127.0.0.1:${managementPort}`;
    const { port } = await run.logged('workers take heartbeats in');
    url = `http://127.0.0.1:${port}`;
    await eventually('both listen', () => pids().length === 2);
    await eventually('they are ready', async () => (await ready()) === 200);
  }, 30_000);
  afterEach(async () => {
    run.child.kill('SIGTERM');
    await run.ended;
  });

  const ready = async () => (await fetch(`${management}/readyz`)).status;
  const metrics = async () => (await fetch(`${management}/metrics`)).text();
  /** What each of them counted. */
  const answered = async () =>
    [...(await metrics()).matchAll(/^corral_heartbeats_accepted_total\{worker="(\d)"\} (\d+)$/gm)].map(([, , count]) =>
      Number(count),
    );

  /** On a connection of its own, so that the kernel chooses anew. Answers whether it was 202. */
  async function post(sequence: number): Promise<boolean> {
    const body = JSON.stringify({ vehicleId: `bike-${sequence}`, measuredAt: Date.now() - 1 });
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', connection: 'close' };
    const answer = await fetch(`${url}/v1/heartbeats`, { method: 'POST', headers, body }).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer?.status === 202;
  }

  function pids(): number[] {
    return run
      .lines()
      .filter(({ msg }) => msg === 'taking heartbeats in')
      .map(({ pid }) => Number(pid));
  }

  test('both answer on one port, and each counts what it answered', async () => {
    for (let sent = 0; sent < 40; sent++) expect(await post(sent)).toBe(true);
    const counts = await answered();
    expect(counts).toHaveLength(2);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts[0]! + counts[1]!).toBe(40);
    expect(await metrics()).toMatch(/^process_resident_memory_bytes\{worker="primary"\} \d+$/m);
  });

  test('one that is killed is replaced; what was answered 202 meanwhile is in the log, and the other goes on', async () => {
    const { rows: before } = await stored();
    const [victim] = pids();
    process.kill(victim!, 'SIGKILL');
    let accepted = 0;
    for (let sent = 0; sent < 100; sent++) if (await post(1_000 + sent)) accepted++;
    // What the kernel had given to the one that ended is reset, no more.
    expect(accepted).toBeGreaterThan(90);
    await eventually('another one listens', () => pids().length === 3);
    await eventually('they are ready', async () => (await ready()) === 200);
    expect(await answered()).toHaveLength(2);
    expect(Number((await stored()).rows[0]!.count) - Number(before[0]!.count)).toBeGreaterThanOrEqual(accepted);
  });

  test('SIGTERM ends all of them with 0', async () => {
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, stderr: '' });
    expect(pids().filter(isAlive)).toEqual([]);
  });

  test('no worker outlives the process that started it', async () => {
    run.child.kill('SIGKILL');
    await eventually('they are gone', () => pids().every((pid) => !isAlive(pid)));
  });

  const stored = () =>
    postgres.database.query<{ count: string }>(
      `SELECT count(*) FROM log_record WHERE topic = $1 AND convert_from(value, 'UTF8') LIKE '%"report"%'`,
      [HEARTBEATS_TOPIC],
    );
});

test('a start that fails is said once', async () => {
  const program = await shipProgram();
  try {
    const { code, stderr } = await program.run('http', {
      DATABASE_URL: 'postgres://corral@127.0.0.1:1/corral',
      CORRAL_TOKEN_SECRET: 'a-secret-of-our-own-with-32-characters',
      CORRAL_INGESTION_WORKERS: '2',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      HOST: '127.0.0.1',
    }).ended;
    expect(code).toBe(1);
    expect(stderr.split('\n').filter((line) => line.startsWith('cannot reach PostgreSQL'))).toHaveLength(1);
  } finally {
    program.remove();
  }
}, 30_000);

test('a worker that the system does not start is not waited for', async () => {
  // So spawn fails: there is a process object, an error, and never an exit.
  cluster.setupPrimary({ cwd: '/nowhere' });
  const closers = new Closers();
  const context = { health: createHealth(), metrics: createMetrics(), logger: silentLogger, closers, signal };
  // The pool needs no more of it than that.
  const pool = createWorkerPool({ workers: 2, port: 0 }, context as unknown as RoleContext);
  try {
    await expect(pool.start()).rejects.toThrow('the first worker cannot be started');
  } finally {
    await closers.close();
  }
});

test('a pool that is told to stop before it starts starts nobody', async () => {
  const leaving = AbortSignal.abort(new Error('stopping'));
  const context = { health: createHealth(), metrics: createMetrics(), logger: silentLogger, closers: new Closers() };
  const pool = createWorkerPool({ workers: 2, port: 0 }, { ...context, signal: leaving } as unknown as RoleContext);
  await expect(pool.start()).rejects.toThrow('stopping');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

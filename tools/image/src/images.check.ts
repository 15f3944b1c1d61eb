import { connectDatabase } from '@corral/database';
import { openTcpDoor, socketOf, startTestDatabase, type TcpDoor, type TestDatabase } from '@corral/database/testing';
import { startKafkaBroker, type KafkaBroker } from '@corral/messaging/testing';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { unpackImage, type RunningImage } from './run-image';

const IMAGES = join(__dirname, '../../../.cache/images');
/** What a node has to fetch, and what it then stores. */
const BUDGET = { compressed: 60e6, unpacked: 150e6 };
/** The services: app and role of each. */
const SERVICES = [
  { name: 'ingestion', app: 'ingestion', args: ['http'] },
  { name: 'history', app: 'ingestion', args: ['history'] },
  { name: 'geofence', app: 'geofence', args: [] },
  { name: 'notification', app: 'notification', args: [] },
  { name: 'gateway', app: 'gateway', args: [] },
] as const;

let folder: string;
let database: TestDatabase;
let door: TcpDoor;
let broker: KafkaBroker;
const running = new Set<RunningImage>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corral-images-'));
  database = await startTestDatabase();
  door = await openTcpDoor(socketOf(database.url));
  broker = await startKafkaBroker();
}, 180_000);
afterAll(async () => {
  for (const image of running) image.kill();
  await Promise.all([...running].map((image) => image.ended));
  await broker?.stop();
  await door?.close();
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** `database` names another one on the same server. */
const urlOf = (name: string) => `postgresql://corral@127.0.0.1:${door.port}/${name}?sslmode=disable`;

const unpack = (app: string, args: readonly string[], env: Record<string, string>) =>
  unpackImage({ archive: join(IMAGES, `${app}.tar`), folder: mkdtempSync(join(folder, `${app}-`)), args, env });

function start(unpacked: ReturnType<typeof unpack>): RunningImage {
  const image = unpacked.start();
  running.add(image);
  void image.ended.then(() => running.delete(image));
  return image;
}

const sizes = JSON.parse(readFileSync(join(IMAGES, 'sizes.json'), 'utf8')) as Record<string, typeof BUDGET>;
test.each(Object.keys(sizes))('%s is quickly fetched', (app) => {
  const { compressed, unpacked } = sizes[app]!;
  expect(compressed).toBeLessThan(BUDGET.compressed);
  expect(unpacked).toBeLessThan(BUDGET.unpacked);
});

test('what is in them is on a bill of materials', () => {
  const { bomFormat, components } = JSON.parse(readFileSync(join(IMAGES, 'sbom.cdx.json'), 'utf8'));
  expect(bomFormat).toBe('CycloneDX');
  const names = new Set((components as { name: string }[]).map(({ name }) => name));
  for (const name of ['kafkajs', 'pg', 'express', 'pino']) expect([name, names.has(name)]).toEqual([name, true]);
});

test('the migration may come twice and four at once: one does it, the others find it done', async () => {
  await database.database.query('CREATE DATABASE image_migrations');
  const env = {
    DATABASE_URL: urlOf('image_migrations'),
    KAFKA_BROKERS: broker.bootstrap.join(','),
    CORRAL_PARTITIONS: '6',
  };
  const four = Array.from({ length: 4 }, () => unpack('corral', ['migrate'], env)).map(start);
  await Promise.all(four.map(({ ended }) => ended));
  expect(await Promise.all(four.map(async ({ ended, output }) => [await ended, output()]))).toEqual(
    four.map(() => [0, expect.stringContaining('up to date')]),
  );
  const again = start(unpack('corral', ['migrate'], env));
  expect([await again.ended, again.output()]).toEqual([0, expect.stringContaining('up to date')]);

  const migrated = await connectDatabase({ url: urlOf('image_migrations'), application: 'check' });
  try {
    const { rows } = await migrated.query<{ name: string; times: number }>(
      'SELECT migration_name AS name, count(*)::int AS times FROM _prisma_migrations WHERE finished_at IS NOT NULL GROUP BY 1',
    );
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.filter(({ times }) => times !== 1)).toEqual([]);
  } finally {
    await migrated.close();
  }
}, 180_000);

test.each(SERVICES)(
  '$name runs as 65532 over a read-only root without a capability, is ready, and leaves when it is told to',
  async ({ app, args }) => {
    const [port, management] = [await freePort(), await freePort()];
    const unpacked = unpack(app, args, {
      DATABASE_URL: urlOf('image_migrations'),
      KAFKA_BROKERS: broker.bootstrap.join(','),
      CORRAL_TOKEN_SECRET: 'a-token-secret-for-the-checks-of-images',
      CORRAL_DATA_DIR: '/data',
      PORT: String(port),
      MANAGEMENT_PORT: String(management),
      HOST: '127.0.0.1',
      DRAIN_MS: '500',
    });
    const image = start(unpacked);
    await ready(image, management);

    const status = readFileSync(`/proc/${image.pid()}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
    expect(status).toMatch(/^Gid:\t65532\t65532\t65532\t65532$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    const mounts = readFileSync(`/proc/${image.pid()}/mounts`, 'utf8');
    expect(mounts).toMatch(/ \/ \S+ ro[, ]/);

    const { code, tookMs } = await image.stop();
    expect([code, image.output()]).toEqual([0, expect.any(String)]);
    expect(tookMs).toBeLessThan(25_000);
    console.info(`${app} ${args.join(' ')}: stopped in ${Math.round(tookMs)} ms`);
  },
  120_000,
);

async function ready(image: RunningImage, management: number): Promise<void> {
  let over = false;
  void image.ended.then(() => (over = true));
  for (const until = Date.now() + 60_000; Date.now() < until; await pause(100)) {
    if (over) break;
    const answer = await fetch(`http://127.0.0.1:${management}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
  }
  throw new Error(`not ready: ${image.output().slice(-3_000)}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

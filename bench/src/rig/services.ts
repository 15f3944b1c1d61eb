import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkout } from './checkout';
import { imageCommand } from './image-command';

/** One of the processes that Corral consists of when it is deployed. */
export type ServiceName = 'ingestion' | 'history' | 'geofence' | 'notification' | 'gateway';

/** All of them, in the order in which a heartbeat meets them. */
export const SERVICES: readonly ServiceName[] = ['ingestion', 'history', 'geofence', 'notification', 'gateway'];

const PROGRAMS: Readonly<Record<ServiceName, readonly string[]>> = {
  ingestion: ['apps/ingestion/dist/main.cjs', 'http'],
  history: ['apps/ingestion/dist/main.cjs', 'history'],
  geofence: ['apps/geofence/dist/main.cjs'],
  notification: ['apps/notification/dist/main.cjs'],
  gateway: ['apps/gateway/dist/main.cjs'],
};

/** A service, or another program, started as the image starts it. */
export interface StartedService {
  readonly pid: number;
  /** Of its probes. */
  readonly managementPort: number;
  /** Of its API, where it has one. */
  readonly port: number;
  /** When it was spawned, on the clock of `performance.now()`. */
  readonly spawnedAt: number;
  /** What it said so far. */
  said(): string;
  stop(): Promise<void>;
}

/** What a start may differ in. */
export interface StartOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** More flags of Node, to try others. */
  readonly nodeFlags?: readonly string[];
  readonly cores?: string;
}

const STOPS_WITHIN_MS = 15_000;

/** Builds what the images are made of, as it stands now: the bundles, and the compile cache of each. */
export function buildServices(): void {
  for (const step of ['bundle', 'warm']) {
    const { status, stderr } = spawnSync(process.execPath, [join(checkout(), `tools/build/${step}.mjs`)], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tools/build/${step}.mjs failed:\n${stderr}`);
  }
}

/** Starts a service from its bundle, with the flags and the environment of the image, and does not wait for it. */
export async function spawnService(name: ServiceName, options: StartOptions): Promise<StartedService> {
  const [program, ...args] = PROGRAMS[name];
  const bundle = join(checkout(), program!);
  // Beside the bundle, as in the image.
  const env = { NODE_COMPILE_CACHE: join(dirname(bundle), 'compile-cache'), ...options.env };
  return spawnAsImage([bundle, ...args], { ...options, env });
}

/** Starts any program as the image starts its own. */
export async function spawnAsImage(command: readonly string[], options: StartOptions): Promise<StartedService> {
  const image = imageCommand();
  const [port, managementPort] = await freePorts(2);
  const args = [process.execPath, ...image.nodeFlags, ...(options.nodeFlags ?? []), ...command];
  const [first, ...rest] = options.cores === undefined ? args : ['taskset', '-c', options.cores, ...args];
  const env = {
    PATH: process.env['PATH'] ?? '',
    ...image.env,
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    HOST: '127.0.0.1',
    DRAIN_MS: '0',
    CORRAL_DATA_DIR: options.cwd,
    CORRAL_TOKEN_SECRET: 'the-token-secret-of-a-bench-that-holds-no-data',
    ...options.env,
  };
  const spawnedAt = performance.now();
  const child = spawn(first!, rest, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // However the bench ends, it leaves nobody behind.
  const end = () => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  let said = '';
  const heard = (data: Buffer) => (said = (said + data).slice(-10_000));
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  return {
    pid: child.pid!,
    managementPort: managementPort!,
    port: port!,
    spawnedAt,
    said: () => said,
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(STOPS_WITHIN_MS, undefined, { ref: false })]);
  child.kill('SIGKILL');
  await ended;
}

/** Ports that nobody has; held together until all are known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

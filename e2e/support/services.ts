import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { startKafkaBroker, type KafkaBroker } from '@corral/messaging/testing';
import { Closers } from '@corral/runtime';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi, type Api } from './api';
import type { Deployment } from './deployment';
import { freePort } from './free-port';
import { bareEnvironment, ROOT, startProgram, type Program } from './program';
import { until } from './until';

const API_KEY = 'an-api-key-for-the-end-to-end-tests-0002';

/** Of every topic. */
export const PARTITIONS = 6;

/** The services: bundle and role of each. */
const SERVICES = {
  ingestion: { bundle: 'apps/ingestion/dist/main.cjs', role: 'http' },
  history: { bundle: 'apps/ingestion/dist/main.cjs', role: 'history' },
  geofence: { bundle: 'apps/geofence/dist/main.cjs', role: 'geofence' },
  notification: { bundle: 'apps/notification/dist/main.cjs', role: 'notification' },
  gateway: { bundle: 'apps/gateway/dist/main.cjs', role: 'gateway' },
} as const;

/** A service by name. */
export type ServiceName = keyof typeof SERVICES;

/** Every service's name. */
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[];

/** Five processes, and what they stand on. */
export interface ServicesDeployment extends Deployment {
  readonly broker: KafkaBroker;
  readonly database: TestDatabase;
  /** Where a service answers probes. */
  management(service: string): Api;
  /** Starts a service that ended, or one more process of it under a name and on ports of its own; resolves when it is ready. */
  start(service: ServiceName, name?: string): Promise<Program>;
}

/** Five processes from built bundles, over a real broker and a real PostgreSQL given by DATABASE_URL. */
export async function startServices(options: { env?: Record<string, string> } = {}): Promise<ServicesDeployment> {
  const closers = new Closers();
  try {
    return await start(closers, options.env ?? {});
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(closers: Closers, env: Record<string, string>): Promise<ServicesDeployment> {
  run('npm', ['run', '--silent', 'build']);
  const dataDir = mkdtempSync(join(tmpdir(), 'corral-e2e-'));
  closers.add('data folder', () => rmSync(dataDir, { recursive: true, force: true }));
  const database = await startTestDatabase({ synchronousCommit: true });
  closers.add('PostgreSQL', () => database.stop());
  const broker = await startKafkaBroker();
  closers.add('Kafka', () => broker.stop());
  const shared: Record<string, string> = {
    DATABASE_URL: database.url,
    KAFKA_BROKERS: broker.bootstrap.join(','),
    CORRAL_PARTITIONS: String(PARTITIONS),
    CORRAL_TOKEN_SECRET: 'a-token-secret-for-the-end-to-end-tests',
    CORRAL_BOOTSTRAP_API_KEY: API_KEY,
    CORRAL_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
    KAFKA_SESSION_TIMEOUT: '2s',
    DRAIN_MS: '0',
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    ...env,
  };
  run(process.execPath, ['apps/corral/bin/corral.cjs', 'migrate'], shared);

  const ports = new Map<string, { port: string; management: string }>();
  const programs = new Map<string, Program>();
  closers.add('services', async () => {
    await Promise.all([...programs.values()].map((program) => program.end('SIGTERM')));
  });

  async function startService(service: ServiceName, name: string = service): Promise<Program> {
    if (!ports.has(name)) ports.set(name, { port: String(await freePort()), management: String(await freePort()) });
    const at = ports.get(name)!;
    const { bundle, role } = SERVICES[service];
    const program = startProgram(name, bundle, [role], {
      ...shared,
      PORT: at.port,
      MANAGEMENT_PORT: at.management,
      CORRAL_DATA_DIR: join(dataDir, name),
    });
    programs.set(name, program);
    await until(
      `${name} is ready`,
      async () => {
        if (program.ended() !== undefined) throw new Error(`${name} ended: ${program.output().slice(-2_000)}`);
        return (await management(name).get('/readyz')).status === 200 ? true : undefined;
      },
      { withinMs: 60_000, onTimeout: () => program.output().slice(-2_000) },
    );
    return program;
  }
  const urlOf = (name: string) => `http://127.0.0.1:${ports.get(name)!.port}`;
  const management = (name: string) => createApi(`http://127.0.0.1:${ports.get(name)!.management}`, API_KEY);
  await Promise.all(SERVICE_NAMES.map((service) => startService(service)));

  return {
    kind: `services over Kafka ${broker.version} and PostgreSQL ${database.version}`,
    ingestion: createApi(urlOf('ingestion'), API_KEY),
    gateway: createApi(urlOf('gateway'), API_KEY),
    cli: { CORRAL_URL: urlOf('gateway'), CORRAL_API_KEY: API_KEY },
    programs: () => programs,
    broker,
    database,
    management,
    start: startService,
    async killAndRestart(service) {
      await programs.get(service)!.end('SIGKILL');
      await startService(service as ServiceName);
    },
    stop: () => closers.close(),
  };
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): void {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...bareEnvironment(), ...env },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stdout}${stderr}`);
}

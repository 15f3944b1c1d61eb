import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../rig/checkout';
import { imageCommand } from '../rig/image-command';
import { startServer, type ServerProcess } from '../rig/start-server';
import type { Stack } from '../rig/start-stack';

/** The five processes of the path, in the order in which they start. */
export const SERVICES = {
  gateway: { bundle: 'gateway', role: 'gateway' },
  notification: { bundle: 'notification', role: 'notification', ready: /joined the group/ },
  geofence: { bundle: 'geofence', role: 'geofence', ready: /joined the group/ },
  history: { bundle: 'ingestion', role: 'history', ready: /joined the group/ },
  ingestion: { bundle: 'ingestion', role: 'http' },
} as const;

/** One of {@link SERVICES}. */
export type ServiceName = keyof typeof SERVICES;

/** Known to everybody: it opens a gateway that lives as long as the bench and holds nobody's data. */
export const API_KEY = 'the-api-key-of-a-bench-that-holds-no-data-0001';

/** How the services run. */
export interface PathServicesOptions {
  /** Node's own flags, for all of them, after those of the image. */
  readonly nodeFlags: readonly string[];
  /** Of this one a CPU profile is left in `.cache/bench/profiles`. */
  readonly profile?: ServiceName;
  readonly folder: string;
}

/** Starts all five over a stack, each a process of its own as on Kubernetes; `started` is told of each at once, so that it can be stopped. */
export async function startPathServices(
  stack: Stack,
  { nodeFlags, profile, folder }: PathServicesOptions,
  started: (service: ServerProcess) => void,
): Promise<Readonly<Record<ServiceName, ServerProcess>>> {
  const profiles = join(checkout(), '.cache/bench/profiles');
  mkdirSync(profiles, { recursive: true });
  const running: Partial<Record<ServiceName, ServerProcess>> = {};
  for (const [name, service] of Object.entries(SERVICES) as [ServiceName, (typeof SERVICES)[ServiceName]][]) {
    const profiling = name === profile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
    const server = await startServer({
      command: process.execPath,
      args: [
        ...imageCommand().nodeFlags,
        ...nodeFlags,
        ...profiling,
        join(checkout(), `apps/${service.bundle}/dist/main.cjs`),
        service.role,
      ],
      cwd: folder,
      env: {
        ...stack.env,
        PORT: '0',
        MANAGEMENT_PORT: '0',
        HOST: '127.0.0.1',
        DRAIN_MS: '0',
        CORRAL_DATA_DIR: join(folder, name),
        CORRAL_FLEET_ITEMS_PER_SECOND: '0',
        CORRAL_TOKEN_SECRET: 'the-token-secret-of-a-bench-that-holds-no-data',
        CORRAL_BOOTSTRAP_API_KEY: API_KEY,
        CORRAL_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
      },
      ...('ready' in service ? { ready: service.ready } : {}),
    });
    started(server);
    running[name] = server;
  }
  return running as Record<ServiceName, ServerProcess>;
}

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkout, type RelFolder } from '../rel-folder';
import { brokerPart } from './broker-part';
import { keptPorts } from './free-ports';
import { postgresPart } from './postgres-part';
import { API_KEY, bareEnvironment, type Rig } from './rig';
import { servicePart } from './service-part';

/** Bundle and role of each service. */
const SERVICES = {
  ingestion: { bundle: 'apps/ingestion/dist/main.cjs', role: 'http' },
  history: { bundle: 'apps/ingestion/dist/main.cjs', role: 'history' },
  geofence: { bundle: 'apps/geofence/dist/main.cjs', role: 'geofence' },
  notification: { bundle: 'apps/notification/dist/main.cjs', role: 'notification' },
  gateway: { bundle: 'apps/gateway/dist/main.cjs', role: 'gateway' },
} as const;

/** Five services as plain processes over a Kafka broker and a PostgreSQL with fsync on; all is ready when it resolves. */
export async function startServicesRig(
  folder: RelFolder,
  options: { readonly partitions: number; readonly sessionTimeout: string; readonly drainMs?: number; readonly note: (line: string) => void },
): Promise<Rig> {
  const { note } = options;
  const root = checkout();
  const broker = brokerPart(folder, note);
  const postgres = postgresPart(folder, note);
  const services = Object.keys(SERVICES) as (keyof typeof SERVICES)[];
  const ports = await keptPorts(join(folder.root, 'ports.json'), [
    ...services,
    ...services.map((service) => `${service}-management`),
  ]);
  const urlOf = (name: string) => `http://127.0.0.1:${ports.get(name)}`;
  await Promise.all([broker.start(), postgres.start()]);

  const shared: Record<string, string> = {
    ...bareEnvironment(),
    DATABASE_URL: postgres.url(),
    KAFKA_BROKERS: broker.bootstrap().join(','),
    CORRAL_PARTITIONS: String(options.partitions),
    CORRAL_TOKEN_SECRET: 'the-token-secret-of-a-rig-that-holds-no-data',
    CORRAL_BOOTSTRAP_API_KEY: API_KEY,
    CORRAL_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
    KAFKA_SESSION_TIMEOUT: options.sessionTimeout,
    DRAIN_MS: String(options.drainMs ?? 0),
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
  };
  const migrated = spawnSync(process.execPath, ['apps/corral/dist/main.cjs', 'migrate'], {
    cwd: root,
    env: shared,
    encoding: 'utf8',
  });
  if (migrated.status !== 0) throw new Error(`corral migrate failed: ${migrated.stdout}${migrated.stderr}`);

  const parts = services.map((name) =>
    servicePart({
      name,
      script: join(root, SERVICES[name].bundle),
      args: [SERVICES[name].role],
      cwd: root,
      env: {
        ...shared,
        PORT: String(ports.get(name)),
        MANAGEMENT_PORT: String(ports.get(`${name}-management`)),
        CORRAL_DATA_DIR: join(folder.data, name),
      },
      management: urlOf(`${name}-management`),
      folder,
      note,
    }),
  );
  await Promise.all(parts.map((part) => part.start()));

  return {
    parts: [broker, postgres, ...parts],
    services,
    title: `five services over Kafka ${broker.version()} and PostgreSQL ${postgres.version()}, ${options.partitions} partitions, session ${options.sessionTimeout}`,
    env: {
      REL: folder.root,
      INGESTION: urlOf('ingestion'),
      GATEWAY: urlOf('gateway'),
      ...Object.fromEntries(services.map((name) => [`${name.toUpperCase()}_MGMT`, urlOf(`${name}-management`)])),
      CORRAL_URL: urlOf('gateway'),
      CORRAL_API_KEY: API_KEY,
      DATABASE_URL: postgres.url(),
      KAFKA_BROKERS: broker.bootstrap().join(','),
      PGDATA: join(folder.data, 'pg'),
      PGLOG: join(folder.data, 'postgres.log'),
      KAFKA_DATA: join(folder.data, 'kafka'),
    },
  };
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { checkout, type RelFolder } from '../rel-folder';
import { createProxies } from '../proxy/proxies';
import { brokerParts } from './broker-parts';
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

/** Further instances, which run only when asked for. */
const SPARES: Readonly<Record<string, keyof typeof SERVICES>> = {
  'ingestion-2': 'ingestion',
  'geofence-2': 'geofence',
  'geofence-3': 'geofence',
};

/** Five services as plain processes over Kafka and a PostgreSQL with fsync on; all is ready when it resolves. */
export async function startServicesRig(
  folder: RelFolder,
  options: {
    readonly partitions: number;
    readonly sessionTimeout: string;
    readonly brokers?: number;
    readonly proxied?: boolean;
    readonly drainMs?: number;
    readonly note: (line: string) => void;
  },
): Promise<Rig> {
  const { note, brokers = 1 } = options;
  const root = checkout();
  const proxies = options.proxied ? createProxies() : undefined;
  const kafka = brokerParts(folder, { brokers, advertise: proxies?.advertise, note });
  const postgres = postgresPart(folder, note);
  const services = Object.keys(SERVICES) as (keyof typeof SERVICES)[];
  const spares = Object.keys(SPARES);
  const instances = [...services, ...spares];
  const ports = await keptPorts(join(folder.root, 'ports.json'), [
    ...instances,
    ...instances.map((name) => `${name}-management`),
  ]);
  const urlOf = (name: string) => `http://127.0.0.1:${ports.get(name)}`;
  await Promise.all([kafka.start(), postgres.start()]);

  const shared: Record<string, string> = {
    ...bareEnvironment(),
    DATABASE_URL: postgres.url(),
    KAFKA_BROKERS: kafka.bootstrap().join(','),
    CORRAL_PARTITIONS: String(options.partitions),
    CORRAL_TOKEN_SECRET: 'the-token-secret-of-a-rig-that-holds-no-data',
    CORRAL_BOOTSTRAP_API_KEY: API_KEY,
    CORRAL_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
    KAFKA_SESSION_TIMEOUT: options.sessionTimeout,
    DRAIN_MS: String(options.drainMs ?? 0),
    CORRAL_WAIT_AT_START: '10m',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
  };
  await migrate(root, shared);

  const parts = instances.map((name) => {
    const { bundle, role } = SERVICES[SPARES[name] ?? (name as keyof typeof SERVICES)];
    return servicePart({
      name,
      script: join(root, bundle),
      args: [role],
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
    });
  });
  await Promise.all(parts.filter(({ name }) => SPARES[name] === undefined).map((part) => part.start()));

  return {
    parts: [...kafka.parts, postgres, ...parts],
    services,
    spares,
    proxies,
    title: `five services over Kafka ${kafka.version()} (${brokers === 1 ? 'one broker' : `${brokers} brokers`}${proxies ? ' behind a proxy' : ''}) and PostgreSQL ${postgres.version()}, ${options.partitions} partitions, session ${options.sessionTimeout}`,
    env: {
      REL: folder.root,
      INGESTION: urlOf('ingestion'),
      GATEWAY: urlOf('gateway'),
      INGESTION_2: urlOf('ingestion-2'),
      ...Object.fromEntries(
        instances.map((name) => [`${name.toUpperCase().replace('-', '_')}_MGMT`, urlOf(`${name}-management`)]),
      ),
      CORRAL_URL: urlOf('gateway'),
      CORRAL_API_KEY: API_KEY,
      DATABASE_URL: postgres.url(),
      KAFKA_BROKERS: kafka.bootstrap().join(','),
      PGDATA: join(folder.data, 'pg'),
      PGLOG: join(folder.data, 'postgres.log'),
      KAFKA_DATA: join(folder.data, 'kafka'),
    },
  };
}

/** `corral migrate`, without standing still meanwhile: a proxy of ours may be in its way. */
function migrate(cwd: string, env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['apps/corral/dist/main.cjs', 'migrate'], { cwd, env }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`corral migrate failed: ${stdout}${stderr}`));
    });
  });
}

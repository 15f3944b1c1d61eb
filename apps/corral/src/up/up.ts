import { resolve } from 'node:path';
import { connectDatabase, startEmbeddedPostgres } from '@corral/database';
import { connectGateway } from '@corral/gateway';
import { connectGeofence } from '@corral/geofence';
import { connectHistory, connectIngestion } from '@corral/ingestion';
import { connectEventLog } from '@corral/messaging';
import { connectNotification } from '@corral/notification';
import {
  createLogger,
  listen,
  managementHandler,
  MANAGEMENT_PATHS,
  routeByPrefix,
  runProgram,
  type RoleContext,
} from '@corral/runtime';
import { prepareStorage } from '../prepare-storage';
import { keepSecrets, writeCli, writeDemoEnv, type KeptSecrets } from './data-folder';
import { greet } from './greet';
import { readUpConfig, type UpConfig } from './settings';

/** What `corral up` is told on the command line. */
export interface UpFlags {
  readonly demo: boolean;
  readonly port?: number;
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** Partitions of a log that one machine carries. */
const EMBEDDED_PARTITIONS = 4;
/** Webhooks to the same machine are what a developer tries first. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** Runs every service in this process until SIGINT or SIGTERM. */
export function up(flags: UpFlags): Promise<void> {
  return runProgram(
    'corral',
    { up: { help: 'everything in one process', start: (context) => start(context, flags) } },
    // Nobody balances load over one process: nothing has to notice that it leaves.
    { drainMs: 0, exitWithinMs: 25_000 },
  );
}

async function start(given: RoleContext, flags: UpFlags): Promise<void> {
  const env = flags.port === undefined ? given.env : { ...given.env, PORT: String(flags.port) };
  const config = readUpConfig(env);
  // Standard output belongs to the person who started it; what is normal is not worth a line there.
  const logger = createLogger({
    name: 'corral',
    level: env.LOG_LEVEL === undefined ? 'warn' : config.LOG_LEVEL,
    destination: process.stderr,
  });
  const context = { ...given, logger };
  const { closers, health, metrics, signal } = context;
  const dataDir = resolve(config.CORRAL_DATA_DIR);
  const embedded = config.DATABASE_URL === undefined;

  const databaseUrl = config.DATABASE_URL ?? (await startPostgres(dataDir, context));
  const secrets = secretsOf(config, dataDir);
  const database = await connectDatabase({ url: databaseUrl, application: 'corral', logger });
  closers.add('database', () => database.close());
  const partitions = await prepareStorage({
    database,
    config,
    defaultPartitions: EMBEDDED_PARTITIONS,
    logger,
    signal,
  });
  const log = await connectEventLog({ config, database, partitions, clientId: 'corral', logger, metrics });
  closers.add('event log', () => log.close());
  const shared = { ...context, database, log };

  const allowPrivate = embedded
    ? [...LOOPBACK, ...config.CORRAL_WEBHOOK_ALLOW_PRIVATE]
    : config.CORRAL_WEBHOOK_ALLOW_PRIVATE;
  const gateway = await connectGateway(shared, {
    ...config,
    CORRAL_BOOTSTRAP_API_KEY: secrets.apiKey,
    CORRAL_TOKEN_SECRET: secrets.tokenSecret,
    CORRAL_WEBHOOK_ALLOW_PRIVATE: allowPrivate,
  });
  const consumptions = [
    await connectGeofence(shared),
    (await connectNotification(shared, { allowPrivate })).consumption,
    await connectHistory(shared, config),
  ];
  for (const consumption of consumptions) consumption.failed.then(context.fail, context.fail);
  const ingestion = await connectIngestion({
    ...shared,
    config: {
      dataDir,
      maxHeartbeatAgeMs: config.CORRAL_MAX_HEARTBEAT_AGE,
      fleetItemsPerSecond: embedded ? undefined : config.CORRAL_FLEET_ITEMS_PER_SECOND || undefined,
    },
  });

  const management = managementHandler({ health, metrics });
  const server = await listen(
    routeByPrefix(
      [...ingestion.routes, ...MANAGEMENT_PATHS.map((prefix) => ({ prefix, handler: management }))],
      gateway.handler,
    ),
    { port: config.PORT, host: config.HOST },
  );
  closers.add('http', () => server.close());
  writeCli(dataDir, server.url, secrets);

  if (!flags.demo) return greet({ url: server.url, apiKey: secrets.apiKey, demo: false });
  writeDemoEnv(dataDir, server.url, secrets.apiKey);
  const { startDemo } = await import('../demo/start-demo');
  const demo = await startDemo({ url: server.url, apiKey: secrets.apiKey, signal });
  closers.add('demo', () => demo.stop());
  greet({ url: server.url, apiKey: secrets.apiKey, demo: true });
  demo.showProgress();
}

async function startPostgres(dataDir: string, context: RoleContext): Promise<string> {
  const { closers, logger, signal, fail } = context;
  const postgres = await startEmbeddedPostgres({ dataDir, logger, signal, onLost: fail });
  closers.add('embedded PostgreSQL', () => postgres.stop());
  return postgres.url;
}

/** Embedded makes and keeps its secrets; what the operator gives wins. */
function secretsOf(config: UpConfig, dataDir: string): KeptSecrets {
  const kept = keepSecrets(dataDir);
  return {
    apiKey: config.CORRAL_BOOTSTRAP_API_KEY ?? kept.apiKey,
    tokenSecret: config.CORRAL_TOKEN_SECRET ?? kept.tokenSecret,
  };
}

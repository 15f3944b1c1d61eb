import { resolve } from 'node:path';
import { startEmbeddedPostgres } from '@corral/database';
import { connectGateway } from '@corral/gateway';
import { connectGeofence } from '@corral/geofence';
import { connectHistory, connectIngestion } from '@corral/ingestion';
import { connectEventLog } from '@corral/messaging';
import { connectNotification } from '@corral/notification';
import {
  createLogger,
  isKnownSecret,
  listen,
  LOG_LEVELS,
  managementHandler,
  MANAGEMENT_PATHS,
  Problem,
  routeByPrefix,
  runProgram,
  sendProblem,
  type Environment,
  type Logger,
  type RoleContext,
} from '@corral/runtime';
import { prepareStorage } from '../prepare-storage';
import { reachDatabase } from '../reach-database';
import { keepSecrets, makeDataFolder, wasUsed, writeCli, writeDemoEnv, type KeptSecrets } from './data-folder';
import { greet } from './greet';
import { readUpConfig, type UpConfig } from './settings';

/** What `corral up` is told on the command line. */
export interface UpFlags {
  readonly demo: boolean;
  readonly port?: number;
  /** One line of JSON instead of prose. */
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
    { up: { service: 'corral', help: 'everything in one process', start: (context) => start(context, flags) } },
    // Nobody balances load over one process: nothing has to notice that it leaves.
    { drainMs: 0, exitWithinMs: 25_000, logger: personalLogger(flags.env) },
  );
}

async function start(context: RoleContext, flags: UpFlags): Promise<void> {
  const { closers, health, metrics, logger, signal } = context;
  const env = flags.port === undefined ? context.env : { ...context.env, PORT: String(flags.port) };
  const config = readUpConfig(env, flags);
  const embedded = config.DATABASE_URL === undefined;
  const dataDir = resolve(config.CORRAL_DATA_DIR);
  makeDataFolder(dataDir);

  // The port first: a busy one ends a start that has touched nothing yet.
  const management = managementHandler({ health, metrics });
  const managed = MANAGEMENT_PATHS.map((prefix) => ({ prefix, handler: management }));
  let root = routeByPrefix(managed, (_request, response) => sendProblem(response, notStartedYet()));
  const server = await listen((request, response) => root(request, response), {
    port: config.PORT,
    host: config.HOST,
  }).catch(async (busy: unknown) => {
    // Whoever starts the same Corral twice meets its own port; that the folder is in use, and by whom, is the better answer.
    if (embedded && wasUsed(dataDir)) await startPostgres(dataDir, context);
    throw busy;
  });
  closers.add('http of a start that failed', () => server.close());

  const databaseUrl = config.DATABASE_URL ?? (await startPostgres(dataDir, context));
  const secrets = embedded ? keptSecrets(config, dataDir) : givenSecrets(config);
  const database = await reachDatabase({ url: databaseUrl, application: 'corral', logger, metrics });
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
    (await connectNotification(shared, { allowPrivate, port: config.PORT })).consumption,
    await connectHistory(shared, config),
  ];
  for (const consumption of consumptions) consumption.failed.then(context.fail, context.fail);
  const ingestion = await connectIngestion({
    ...shared,
    config: {
      dataDir,
      tokenSecret: secrets.tokenSecret,
      maxHeartbeatAgeMs: config.CORRAL_MAX_HEARTBEAT_AGE,
      fleetItemsPerSecond: embedded ? undefined : config.CORRAL_FLEET_ITEMS_PER_SECOND || undefined,
    },
  });

  root = routeByPrefix([...ingestion.routes, ...managed], gateway.handler);
  // Again, and last: when it stops, requests end before what they need.
  closers.add('http', () => server.close());
  writeCli(dataDir, server.url, secrets);
  if (secrets.apiKey !== undefined) writeDemoEnv(dataDir, server.url, secrets.apiKey);

  const said = { url: server.url, apiKey: secrets.apiKey, demo: flags.demo, dataDir, json: flags.json };
  if (!flags.demo || secrets.apiKey === undefined) return greet(said);
  const { startDemo } = await import('../demo/start-demo');
  const demo = await startDemo({ url: server.url, apiKey: secrets.apiKey, signal });
  closers.add('demo', () => demo.stop());
  greet(said);
  if (!flags.json) demo.showProgress();
}

/** Standard output belongs to the person who started it, and what is normal is not worth a line on standard error. */
function personalLogger(env: Environment): Logger {
  const level = LOG_LEVELS.find((one) => one === env.LOG_LEVEL) ?? 'warn';
  return createLogger({ name: 'corral', level, destination: process.stderr });
}

function notStartedYet(): Problem {
  return new Problem(503, 'starting', 'Corral is starting; try again in a moment.', {
    headers: { 'retry-after': '1' },
  });
}

async function startPostgres(dataDir: string, context: RoleContext): Promise<string> {
  const { closers, logger, signal, fail } = context;
  const postgres = await startEmbeddedPostgres({ dataDir, logger, signal, onLost: fail });
  closers.add('embedded PostgreSQL', () => postgres.stop());
  return postgres.url;
}

/** Embedded makes and keeps its secrets; what the operator gives wins. */
function keptSecrets(config: UpConfig, dataDir: string): KeptSecrets {
  const kept = keepSecrets(dataDir);
  const given = config.CORRAL_BOOTSTRAP_API_KEY;
  if (given !== undefined && isKnownSecret(given))
    process.stderr.write(
      'warning: CORRAL_BOOTSTRAP_API_KEY is a value from an example: whoever reaches this port gets in\n',
    );
  return { apiKey: given ?? kept.apiKey, tokenSecret: config.CORRAL_TOKEN_SECRET ?? kept.tokenSecret };
}

/** Over a database that others share, a secret of this folder alone would lock them out. */
function givenSecrets(config: UpConfig): KeptSecrets {
  return { apiKey: config.CORRAL_BOOTSTRAP_API_KEY, tokenSecret: config.CORRAL_TOKEN_SECRET };
}

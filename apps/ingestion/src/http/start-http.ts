import { connectDatabase, type Database } from '@corral/database';
import { connectEventLog, connectService, waitForLog, type EventLog } from '@corral/messaging';
import { listen, Problem, routeByPrefix, sendProblem, type ConfigOf, type RoleContext } from '@corral/runtime';
import { connectIngestion } from '../app';
import type { ingestionSettings } from '../config';

type HttpConfig = ConfigOf<typeof ingestionSettings>;

/** Takes heartbeats in until the program closes. Answers where it listens, alone or with other processes. */
export async function startHttp(config: HttpConfig, context: RoleContext): Promise<{ readonly port: number }> {
  const { database, log } = await connectAccept(config, context);
  const { routes, fastConnections } = await connectIngestion({
    ...context,
    database,
    log,
    config: {
      dataDir: config.CORRAL_DATA_DIR,
      tokenSecret: config.CORRAL_TOKEN_SECRET,
      maxHeartbeatAgeMs: config.CORRAL_MAX_HEARTBEAT_AGE,
      fleetItemsPerSecond: config.CORRAL_FLEET_ITEMS_PER_SECOND || undefined,
    },
  });
  const root = routeByPrefix(routes, (_request, response) =>
    sendProblem(response, new Problem(404, 'not_found', 'There is nothing here.')),
  );
  const connections = config.CORRAL_FAST_HTTP ? await fastConnections() : undefined;
  const server = await listen(root, {
    port: config.PORT,
    host: config.HOST,
    setting: 'PORT',
    leaving: context.health.stopping,
    sharedPort: config.CORRAL_INGESTION_WORKERS > 1,
    ...(connections === undefined ? {} : { connections }),
  });
  context.closers.add('http', () => server.close());
  context.logger.info({ url: server.url }, 'taking heartbeats in');
  return server;
}

/** Where Kafka is the log PostgreSQL may be away, also at the start: then the saved directory is enough. */
async function connectAccept(
  config: HttpConfig,
  context: RoleContext,
): Promise<{ database: Database | (() => Promise<Database>); log: EventLog }> {
  if (config.KAFKA_BROKERS === undefined) return connectService('ingestion', config, context);
  const { closers, health, logger, metrics } = context;
  let connected: Promise<Database> | undefined;
  closers.add('database', async () => (await connected?.catch(() => undefined))?.close());
  const connect = () => {
    connected ??= connectDatabase({
      url: config.DATABASE_URL,
      application: 'corral ingestion',
      poolSize: 2,
      logger,
      metrics,
    });
    // The next question tries again.
    connected.catch(() => (connected = undefined));
    return connected;
  };
  const patience = { limitMs: config.CORRAL_WAIT_AT_START, health, logger, signal: context.signal };
  const log = await waitForLog(patience, () =>
    connectEventLog({
      config,
      database: undefined,
      ...(config.CORRAL_PARTITIONS === undefined ? {} : { partitions: config.CORRAL_PARTITIONS }),
      clientId: 'corral-ingestion',
      logger,
      metrics,
    }),
  );
  closers.add('event log', () => log.close());
  return { database: connect, log };
}

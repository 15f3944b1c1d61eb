import { connectDatabase, isTransient, PARTITIONS_SETTING, readSetting, type Database } from '@corral/database';
import {
  waitAtStart,
  type ConfigOf,
  type eventLogSettings,
  type processSettings,
  type RoleContext,
  type WaitAtStartOptions,
} from '@corral/runtime';
import { connectEventLog } from './connect-event-log';
import type { EventLog } from './event-log';
import { KafkaAway } from './kafka/kafka-connection';

/** What every service of the deployed mode reads. */
export type ServiceConfig = ConfigOf<typeof processSettings> & ConfigOf<typeof eventLogSettings>;

/** What every service of the deployed mode works with. */
export interface ServiceConnections {
  readonly database: Database;
  readonly log: EventLog;
}

/** What a role gives to {@link connectService}. */
type ServiceContext = Pick<RoleContext, 'logger' | 'metrics' | 'health' | 'closers' | 'signal'>;

/**
 * Opens what a service needs: the database and the event log; both closed with `closers`. Rejects with a sentence when one of them does not
 * answer for longer than `CORRAL_WAIT_AT_START`, or was not set up.
 */
export async function connectService(
  name: string,
  config: ServiceConfig,
  { logger, metrics, health, closers, signal }: ServiceContext,
): Promise<ServiceConnections> {
  const application = `corral ${name}`;
  const patience = { limitMs: config.CORRAL_WAIT_AT_START, health, logger, signal };
  const database = await waitAtStart(
    'PostgreSQL',
    () => connectDatabase({ url: config.DATABASE_URL, application, logger, metrics }),
    { ...patience, heals: isTransient },
  ).catch((error: unknown) => {
    throw signal.aborted ? error : new Error('cannot reach PostgreSQL, check DATABASE_URL', { cause: error });
  });
  closers.add('database', () => database.close());
  const partitions = await pinnedPartitions(database, config.CORRAL_PARTITIONS);
  const log = await waitForLog(patience, () =>
    connectEventLog({ config, database, partitions, clientId: application.replaceAll(' ', '-'), logger, metrics }),
  );
  closers.add('event log', () => log.close());
  return { database, log };
}

/** Opens the event log, as patiently as a start may be. */
export function waitForLog(
  patience: Omit<WaitAtStartOptions, 'heals'>,
  connect: () => Promise<EventLog>,
): Promise<EventLog> {
  return waitAtStart('Kafka', connect, { ...patience, heals: (error) => error instanceof KafkaAway });
}

async function pinnedPartitions(database: Database, wanted: number | undefined): Promise<number> {
  const pinned = await readSetting(database, PARTITIONS_SETTING).catch((error: unknown) => {
    if ((error as { code?: string }).code === '42P01') return undefined;
    throw error;
  });
  if (pinned === undefined) throw new Error('this database is not set up yet: run `corral migrate` first');
  if (wanted !== undefined && wanted !== Number(pinned))
    throw new Error(
      `CORRAL_PARTITIONS is ${wanted}, but this installation was first started with ${pinned}: set CORRAL_PARTITIONS=${pinned} or leave it unset`,
    );
  return Number(pinned);
}

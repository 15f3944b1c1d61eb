import { connectDatabase, type Database } from '@corral/database';
import { connectEventLog, type EventLog } from '@corral/messaging';
import { Closers, createLogger, createMetrics, kafkaSettings, readConfig } from '@corral/runtime';
import { readEnv, type RelFolder } from '../rel-folder';

/** The stores of a rig, opened for reading. */
export interface Evidence {
  readonly database: Database;
  readonly log: EventLog;
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Opens the database and the log that `$REL/env` names. The services need not run; PostgreSQL and Kafka must. */
export async function openEvidence(folder: RelFolder): Promise<Evidence> {
  const env = readEnv(folder);
  const logger = createLogger({ name: 'rel', level: 'error', destination: process.stderr });
  const closers = new Closers();
  const database = await connectDatabase({ url: env.DATABASE_URL!, application: 'rel', poolSize: 2, logger });
  closers.add('database', () => database.close());
  try {
    const config = readConfig(kafkaSettings, env);
    const log = await connectEventLog({ config, database, clientId: 'rel', logger, metrics: createMetrics() });
    closers.add('event log', () => log.close());
    return { database, log, env, close: () => closers.close(logger) };
  } catch (error) {
    await closers.close(logger);
    throw error;
  }
}

import { resolve } from 'node:path';
import { connectDatabase, embeddedUrl, type Database } from '@corral/database';
import { connectEventLog, type EventLog } from '@corral/messaging';
import {
  createLogger,
  createMetrics,
  defineConfig,
  KAFKA_WITHOUT_DATABASE,
  kafkaSettings,
  readConfig,
  text,
  url,
} from '@corral/runtime';
import { CommandFailure } from './api-client';

/** What an operator's command works on: the very database and log that the services use. */
export interface Storage {
  readonly database: Database;
  readonly log: EventLog;
}

const settings = defineConfig({
  ...kafkaSettings,
  DATABASE_URL: url({
    protocols: ['postgres:', 'postgresql:'],
    description: 'Where PostgreSQL is; without it the one that a running `corral up` has in its data folder.',
  }),
  CORRAL_DATA_DIR: text({
    default: '.corral',
    description: 'The data folder of a `corral up` with its own PostgreSQL.',
  }),
});

/**
 * Opens database and log directly, past the API: what is repaired here belongs to no fleet, and the services may be what is broken. Embedded, a
 * running `corral up` holds the data folder, and its PostgreSQL answers at the socket in it to whoever may enter the folder.
 */
export async function withStorage<T>(env: NodeJS.ProcessEnv, work: (storage: Storage) => Promise<T>): Promise<T> {
  const config = readConfig(settings, env);
  if (config.KAFKA_BROKERS !== undefined && config.DATABASE_URL === undefined)
    throw new CommandFailure(KAFKA_WITHOUT_DATABASE);
  const logger = createLogger({ name: 'corral', level: 'error', destination: process.stderr });
  const folder = resolve(config.CORRAL_DATA_DIR);
  const database = await connectDatabase({
    url: config.DATABASE_URL ?? embeddedUrl(folder),
    application: 'corral operator',
    poolSize: 4,
    logger,
  }).catch((cause: unknown) => {
    const where =
      config.DATABASE_URL === undefined
        ? `No corral up runs on ${folder}: start it, or set DATABASE_URL (or CORRAL_DATA_DIR).`
        : 'PostgreSQL does not answer, check DATABASE_URL.';
    throw new CommandFailure(where, { cause });
  });
  try {
    const log = await connectEventLog({
      config,
      database,
      clientId: 'corral-operator',
      logger,
      metrics: createMetrics(),
    });
    try {
      return await work({ database, log });
    } finally {
      await log.close();
    }
  } finally {
    await database.close();
  }
}

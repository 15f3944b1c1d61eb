import { createLogger, defineConfig, eventLogSettings, readConfig } from '@corral/runtime';
import { prepareStorage } from '../prepare-storage';
import { reachDatabase } from '../reach-database';
import type { Print } from './add-commands';

/** Partitions of a log that a cluster carries. */
const DEPLOYED_PARTITIONS = 48;

/** `corral migrate`: schema and topics, once, before the services of a release start. */
export async function migrateCommand(env: NodeJS.ProcessEnv, print: Print): Promise<void> {
  const config = readConfig(defineConfig({ ...eventLogSettings }), env);
  const logger = createLogger({ name: 'corral migrate', level: 'warn', destination: process.stderr });
  const database = await reachDatabase({
    url: config.DATABASE_URL,
    application: 'corral migrate',
    poolSize: 2,
    logger,
  });
  try {
    const partitions = await prepareStorage({
      database,
      config,
      defaultPartitions: DEPLOYED_PARTITIONS,
      logger,
      signal: AbortSignal.timeout(60_000),
    });
    const where = config.KAFKA_BROKERS === undefined ? 'PostgreSQL' : 'Kafka';
    print(
      { partitions, log: where.toLowerCase() },
      `Schema and topics are up to date; the log is in ${where}, ${partitions} partitions a topic.`,
    );
  } finally {
    await database.close();
  }
}

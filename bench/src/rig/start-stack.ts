import { createHash, randomBytes } from 'node:crypto';
import { TOPICS } from '@corral/contracts';
import { PARTITIONS_SETTING, pinSetting, type Database } from '@corral/database';
import { startTestDatabase, type TestDatabaseOptions } from '@corral/database/testing';
import { connectEventLog, connectTopicAdmin, type EventLog, type EventLogConfig } from '@corral/messaging';
import { startKafkaBroker } from '@corral/messaging/testing';
import { createMetrics } from '@corral/runtime';

/** A real Kafka of one broker, its topics made, and a PostgreSQL that knows one fleet and its key. */
export interface Stack {
  readonly env: Readonly<Record<string, string>>;
  /** Of fleet `default`, with all that ingestion asks for. */
  readonly key: string;
  readonly versions: string;
  readonly partitions: number;
  readonly brokerPid: number | undefined;
  readonly database: Database;
  /** Of PostgreSQL's first process. */
  readonly databasePid: number;
  readonly log: EventLogConfig;
  stop(): Promise<void>;
}

const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };

/** Starts both, PostgreSQL as the tests have it unless told otherwise; they end with `stop`, and with this process however it ends. */
export async function startStack(partitions: number, options: TestDatabaseOptions = {}): Promise<Stack> {
  const [broker, database] = await Promise.all([
    startKafkaBroker({ forBench: true, logger: { info() {} } }),
    quietly(() => startTestDatabase(options)),
  ]);
  const stop = async () => {
    await database.stop();
    await broker.stop();
  };
  try {
    const config = { ...NO_SASL, KAFKA_BROKERS: [...broker.bootstrap] };
    const admin = await connectTopicAdmin({ config, database: database.database, logger });
    await admin.ensureTopics(TOPICS, partitions, AbortSignal.timeout(30_000));
    await admin.close();
    await pinSetting(database.database, PARTITIONS_SETTING, String(partitions));
    const key = `crl_key_bench_${randomBytes(24).toString('base64url')}`;
    await database.database.query(`INSERT INTO fleet (id, name) VALUES ('default', 'Bench') ON CONFLICT DO NOTHING`);
    await database.database.query(
      `INSERT INTO api_key (fleet_id, key_id, hash, name, scopes) VALUES ('default', 'bench', $1, 'bench', '{heartbeats:write}')`,
      [createHash('sha256').update(key).digest()],
    );
    return {
      env: { DATABASE_URL: database.url, KAFKA_BROKERS: broker.bootstrap.join(',') },
      key,
      versions: `Kafka ${broker.version}, PostgreSQL ${database.version}`,
      partitions,
      brokerPid: broker.pids[0],
      database: database.database,
      databasePid: database.pid,
      log: config,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A look into the log of a stack; to be closed. */
export function openStackLog(stack: Stack): Promise<EventLog> {
  const { log: config, partitions } = stack;
  return connectEventLog({
    config,
    database: undefined,
    partitions,
    clientId: 'bench',
    logger,
    metrics: createMetrics(),
  });
}

/** Standard output is for figures. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  process.stdout.write = (() => true) as typeof write;
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}

const NO_SASL = {
  KAFKA_SASL_MECHANISM: undefined,
  KAFKA_SASL_USERNAME: undefined,
  KAFKA_SASL_PASSWORD: undefined,
  KAFKA_TLS: false,
  KAFKA_TLS_CA: undefined,
  KAFKA_TLS_CERT: undefined,
  KAFKA_TLS_KEY: undefined,
  CORRAL_FAST_KAFKA: true,
  KAFKA_SESSION_TIMEOUT: 10_000,
};

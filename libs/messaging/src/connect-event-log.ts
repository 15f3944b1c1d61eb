import { HEARTBEATS_TOPIC } from '@corral/contracts';
import type { Database } from '@corral/database';
import {
  ATTRIBUTES,
  KAFKA_WITHOUT_DATABASE,
  SPANS,
  traceBatch,
  type ConfigOf,
  type kafkaSettings,
  type Logger,
  type Metrics,
  type TracedBatch,
} from '@corral/runtime';
import type { EventLog, TopicAdmin } from './event-log';
import { connectPostgresLog } from './event-log.postgres';
import { connectKafkaLog } from './kafka/event-log.kafka';
import { kafkaConnectionFrom, withAdmin, type KafkaConnection } from './kafka/kafka-connection';
import { createKafkaTopicAdmin } from './kafka/kafka-topics';
import { countOf } from './packed-records';
import { createPostgresTopicAdmin } from './postgres/topic-admin';

/** What the environment says about the event log. */
export type EventLogConfig = ConfigOf<typeof kafkaSettings>;

/** What {@link connectEventLog} needs. */
export interface ConnectEventLogOptions {
  readonly config: EventLogConfig;
  /** Carries the log when there is no Kafka; with Kafka it is not asked, so that heartbeats are taken in while it is away. */
  readonly database: Database | undefined;
  /** How many partitions every topic has; what the log itself says when absent. */
  readonly partitions?: number;
  /** Who we say we are to the brokers. */
  readonly clientId: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The event log the environment asks for: Kafka where KAFKA_BROKERS is set, else the tables of PostgreSQL. Its topics must have been made. */
export async function connectEventLog(options: ConnectEventLogOptions): Promise<EventLog> {
  const { config, database, clientId, logger, metrics } = options;
  const kafka = kafkaConnectionFrom(config, clientId);
  if (kafka) {
    const partitions = options.partitions ?? (await countPartitions(kafka));
    return measured(
      await connectKafkaLog({
        ...kafka,
        partitions,
        sessionTimeoutMs: config.KAFKA_SESSION_TIMEOUT,
        gather: config.CORRAL_FAST_KAFKA,
        logger,
      }),
      metrics,
    );
  }
  if (!database) throw new Error(KAFKA_WITHOUT_DATABASE);
  return measured(await connectPostgresLog({ database, logger }), metrics);
}

/** Who makes the topics of the log the environment asks for. */
export async function connectTopicAdmin(options: {
  readonly config: EventLogConfig;
  readonly database: Database;
  readonly logger: Logger;
}): Promise<TopicAdmin & { close(): Promise<void> }> {
  const kafka = kafkaConnectionFrom(options.config, 'corral-migrate');
  const admin = kafka ? createKafkaTopicAdmin(kafka, options.logger) : createPostgresTopicAdmin(options.database);
  // Both open a connection for each call, or use the caller's.
  return { ensureTopics: admin.ensureTopics, close: async () => undefined };
}

async function countPartitions(kafka: KafkaConnection): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    // Asking about a topic that is not there can make it, with one partition.
    if (!(await admin.listTopics()).includes(HEARTBEATS_TOPIC))
      throw new Error(`there is no topic ${HEARTBEATS_TOPIC}: run \`corral migrate\``);
    const { topics } = await admin.fetchTopicMetadata({ topics: [HEARTBEATS_TOPIC] });
    return topics[0]!.partitions.length;
  });
}

function measured(log: EventLog, metrics: Metrics): EventLog {
  const seconds = metrics.histogram('corral_log_append_seconds');
  const failures = metrics.counter('corral_log_append_failures_total');
  return {
    ...log,
    append(topic, records, signal) {
      const began = performance.now();
      const packed = 'bounds' in records;
      const trace = traceBatch(SPANS.send(topic), packed ? [records] : records, () => ({
        kind: 'producer',
        attributes: {
          [ATTRIBUTES.messagingSystem]: log.kind,
          [ATTRIBUTES.topic]: topic,
          [ATTRIBUTES.operation]: 'send',
          [ATTRIBUTES.records]: packed ? countOf(records) : records.length,
        },
      }));
      const goOn = under(trace);
      const traced = trace.nothing ? records : packed ? goOn(records) : records.map(goOn);
      return log.append(topic, traced, signal).then(
        () => {
          trace.end();
          seconds.observe((performance.now() - began) / 1000, { topic }, trace.nothing ? undefined : trace.example());
        },
        (error: unknown) => {
          failures.inc({ topic });
          trace.end('append_failed');
          throw error;
        },
      );
    },
  };
}

/** Whoever reads the record goes on from the append, not from what led to it. */
function under(trace: TracedBatch) {
  return <T extends { readonly traceparent?: string }>(record: T): T => {
    const traceparent = trace.traceparentFor(record.traceparent);
    return traceparent === undefined ? record : { ...record, traceparent };
  };
}

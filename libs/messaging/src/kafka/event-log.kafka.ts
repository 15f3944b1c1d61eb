import { explain, type Logger } from '@corral/runtime';
import type { Admin, Kafka, Producer } from 'kafkajs';
import type { Consumption, EventLog, PartitionBounds } from '../event-log';
import { settlesWithin, untilAborted } from '../until-aborted';
import { createKafkaAppender, type KafkaMessage } from './kafka-appender';
import { openKafka, withAdmin, type KafkaConnection } from './kafka-connection';
import { startKafkaConsumption, type KafkaConsumeSettings } from './kafka-consumption';
import { fetchPartition } from './kafka-partition-fetch';
import { patiently } from './patiently';
import { UnusableTopic, wrongPartitionCount } from './unusable-topic';

export interface KafkaLogOptions extends KafkaConnection, Partial<KafkaConsumeSettings> {
  /** How many partitions every topic has; a topic with another number is refused when it is first used. */
  readonly partitions: number;
  /** How long an append may take before it is refused. Default 8,000. */
  readonly appendDeadlineMs?: number;
  /** What may be on its way to the brokers at once; beyond it an append is refused. Default 20,000 records and 64 MB. */
  readonly maxInFlightRecords?: number;
  readonly maxInFlightBytes?: number;
  readonly logger: Logger;
}

/** Few: the appender itself goes on trying, for as long as somebody waits. */
const SEND_RETRY = { initialRetryTime: 50, maxRetryTime: 200, factor: 0.2, multiplier: 2, retries: 3 };
/**
 * Of several partitions, one each: with 48 partitions on one broker an append took 12 ms instead of 19 (64 clients, one record each).
 * The order within a partition does not depend on it.
 */
const REQUESTS_PER_BROKER = 5;
const BOUNDS_LIMIT_MS = 4_000;
const DISCONNECT_LIMIT_MS = 2_000;

/**
 * The event log in Kafka. Rejects within 5 s with one sentence when no broker answers.
 * What is promised and why it is done so: DESIGN 3, and the handbook's page on delivery.
 */
export async function connectKafkaLog(options: KafkaLogOptions): Promise<EventLog> {
  const { partitions, logger } = options;
  const cluster = await withAdmin(options, (admin) => admin.describeCluster());
  logger.info({ brokers: options.brokers, clusterId: cluster.clusterId, partitions }, 'Kafka is the event log');

  const { kafkajs, kafka } = await openKafka(options);
  const { kafka: producing } = await openKafka(options, { requestTimeout: 3_000 });
  const producer = producing.producer({
    allowAutoTopicCreation: false,
    idempotent: false,
    maxInFlightRequests: REQUESTS_PER_BROKER,
    retry: SEND_RETRY,
    createPartitioner: () => theNamedPartition,
  });
  await producer.connect();
  const admin = createSharedAdmin(kafka);
  const checkTopic = createTopicCheck(admin, partitions);
  const consumptions = new Set<Consumption>();
  let closing: Promise<void> | undefined;

  const appender = createKafkaAppender({
    partitions,
    send: (topic, partition, messages) => sendToOne(producer, topic, partition, messages),
    checkTopic,
    probe: () => withAdmin(options, (probing) => probing.describeCluster()).then(() => undefined),
    deadlineMs: options.appendDeadlineMs,
    maxInFlightRecords: options.maxInFlightRecords,
    maxInFlightBytes: options.maxInFlightBytes,
    logger,
  });

  async function bounds(topic: string, signal: AbortSignal): Promise<readonly PartitionBounds[]> {
    const ask = () =>
      admin.use(async (client) => {
        const [{ clusterId }, offsets] = await Promise.all([client.describeCluster(), client.fetchTopicOffsets(topic)]);
        return offsets
          .sort((a, b) => a.partition - b.partition)
          .map(({ low, high }) => ({ start: Number(low), end: Number(high), clusterId }));
      });
    try {
      return await untilAborted(patiently(BOUNDS_LIMIT_MS, ask, signal), signal);
    } catch (error) {
      throw new Error(`ask for the bounds of ${topic}`, { cause: error });
    }
  }

  return {
    kind: 'kafka',
    partitions,
    append: appender.append,
    bounds,
    async *read(topic, partition, from, signal) {
      const at = (await bounds(topic, signal))[partition];
      if (!at) throw new Error(`topic ${topic} has no partition ${partition}`);
      yield* fetchPartition({ kafkajs, kafka }, topic, partition, Math.max(from, at.start), at.end, signal);
    },
    async consume(consume) {
      if (closing) throw new Error('the log is closed');
      await checkTopic(consume.topic);
      const consumption = await startKafkaConsumption({
        kafkajs,
        kafka,
        partitions,
        consume,
        sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
        maxWaitMs: options.maxWaitMs ?? 200,
        // Silent while draining, so well within the session.
        drainMs: options.drainMs ?? Math.min(5_000, (options.sessionTimeoutMs ?? 10_000) / 2),
        bounds: (signal) => bounds(consume.topic, signal),
        members: () =>
          admin.use(async (client) => {
            const { groups } = await client.describeGroups([consume.consumer]);
            const group = groups[0];
            return group?.state === 'Stable' ? group.members.map(({ memberId }) => memberId) : [];
          }),
        logger,
      });
      consumptions.add(consumption);
      return consumption;
    },
    reachable: appender.reachable,
    close() {
      closing ??= (async () => {
        await Promise.all([...consumptions].map((consumption) => consumption.stop()));
        // Nothing will come back from a broker that does not answer: nobody waits for it any more.
        const limitMs = appender.reachable() ? 9_000 : 500;
        await settlesWithin(appender.close(), limitMs);
        await Promise.all([settlesWithin(producer.disconnect(), DISCONNECT_LIMIT_MS), admin.close()]);
      })();
      return closing;
    },
  };
}

/** The partition a message names: never kafkajs' own choice. */
function theNamedPartition({ message }: { message: { partition?: number } }): number {
  if (message.partition === undefined) throw new Error('a message without a partition');
  return message.partition;
}

/**
 * One partition per `send()`, and durable only when the answer names it without an error. Anything else was seen to acknowledge what
 * was never written.
 */
async function sendToOne(
  producer: Producer,
  topic: string,
  partition: number,
  messages: readonly KafkaMessage[],
): Promise<void> {
  const answer = await producer.send({ topic, acks: -1, timeout: 2_500, messages: [...messages] });
  const named = answer.some((it) => it.topicName === topic && it.partition === partition && it.errorCode === 0);
  if (!named) throw new Error(`Kafka's answer does not name partition ${partition} of ${topic}`);
}

/** An admin client that is replaced after an error: kafkajs keeps asking the brokers it knows from before. */
function createSharedAdmin(kafka: Kafka): {
  use<T>(work: (client: Admin) => Promise<T>): Promise<T>;
  close(): Promise<void>;
} {
  let current: { client: Admin; connected: Promise<void> } | undefined;
  const leave = (client: Admin) => settlesWithin(client.disconnect(), DISCONNECT_LIMIT_MS);
  return {
    async use(work) {
      if (!current) {
        const client = kafka.admin();
        current = { client, connected: client.connect() };
      }
      const used = current;
      try {
        await used.connected;
        return await work(used.client);
      } catch (error) {
        if (current === used) current = undefined;
        void leave(used.client);
        throw error;
      }
    },
    async close() {
      if (current) await leave(current.client);
      current = undefined;
    },
  };
}

/** Looks once at each topic that is used; what was wrong is looked at again. */
function createTopicCheck(
  admin: ReturnType<typeof createSharedAdmin>,
  partitions: number,
): (topic: string) => Promise<void> {
  const checked = new Map<string, Promise<void>>();
  return (topic) => {
    let check = checked.get(topic);
    if (!check) {
      check = admin.use(async (client) => {
        const { topics } = await client.fetchTopicMetadata({ topics: [topic] }).catch((error: unknown) => {
          if (!/does not host this topic/.test(explain(error))) throw error;
          throw new UnusableTopic(`there is no topic ${topic}: run \`corral migrate\``, { cause: error });
        });
        const found = topics[0]?.partitions.length ?? 0;
        if (found !== partitions) throw wrongPartitionCount(topic, found, partitions);
      });
      checked.set(topic, check);
      check.catch(() => checked.delete(topic));
    }
    return check;
  };
}

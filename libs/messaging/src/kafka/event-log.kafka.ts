import { explain, type Logger } from '@corral/runtime';
import type { Admin, Kafka } from 'kafkajs';
import type { Consumption, EventLog, PartitionBounds } from '../event-log';
import { settlesWithin, untilAborted } from '../until-aborted';
import { createGatheringSender } from './gathering-sender';
import { createKafkaAppender } from './kafka-appender';
import { openKafka, withAdmin, type KafkaConnection } from './kafka-connection';
import { startKafkaConsumption, type KafkaConsumeSettings } from './kafka-consumption';
import { fetchPartition } from './kafka-partition-fetch';
import { loadKafkaInside } from './load-kafkajs';
import type { KafkaSender } from './partition-source';
import { patiently } from './patiently';
import { createPlainSender, theNamedPartition } from './plain-sender';
import { UnusableTopic, wrongPartitionCount } from './unusable-topic';

export interface KafkaLogOptions extends KafkaConnection, Partial<KafkaConsumeSettings> {
  /** How many partitions every topic has; a topic with another number is refused when it is first used. */
  readonly partitions: number;
  /** How long an append may take before it is refused. Default 8,000. */
  readonly appendDeadlineMs?: number;
  /** What may be on its way to the brokers at once; beyond it an append is refused. Default 20,000 records and 64 MB. */
  readonly maxInFlightRecords?: number;
  readonly maxInFlightBytes?: number;
  /**
   * One Produce request for all partitions of a broker, in our own encoding, and our own decoding of what is fetched (default); false: kafkajs'
   * `send()`, one partition each, and its decoder.
   */
  readonly gather?: boolean;
  readonly logger: Logger;
}

/** How long a broker may take to collect its acknowledgements. */
const BROKER_TIMEOUT_MS = 2_500;
/** Few: the appender itself goes on trying, for as long as somebody waits. */
const SEND_RETRY = { initialRetryTime: 50, maxRetryTime: 200, factor: 0.2, multiplier: 2, retries: 3 };
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
  const sender = await connectSender(options);
  const admin = createSharedAdmin(kafka);
  const checkTopic = createTopicCheck(admin, partitions);
  const consumptions = new Set<Consumption>();
  let closing: Promise<void> | undefined;

  const appender = createKafkaAppender({
    partitions,
    sender,
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
        decode: options.gather ?? true,
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
        await Promise.all([settlesWithin(sender.disconnect(), DISCONNECT_LIMIT_MS), admin.close()]);
      })();
      return closing;
    },
  };
}

async function connectSender(options: KafkaLogOptions): Promise<KafkaSender> {
  const { kafka } = await openKafka(options, { requestTimeout: 3_000 });
  if (options.gather ?? true) {
    const inside = await loadKafkaInside();
    const cluster = inside.createCluster(kafka, { maxInFlightRequests: 5, metadataMaxAge: 300_000 });
    await cluster.connect();
    return createGatheringSender({ inside, cluster, timeoutMs: BROKER_TIMEOUT_MS });
  }
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    idempotent: false,
    // Of several partitions, one each; the order within a partition does not depend on it.
    maxInFlightRequests: 5,
    retry: SEND_RETRY,
    createPartitioner: () => theNamedPartition,
  });
  await producer.connect();
  return createPlainSender(producer, BROKER_TIMEOUT_MS);
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
): (topic: string) => Promise<void> | undefined {
  const checked = new Map<string, Promise<void>>();
  const fine = new Set<string>();
  return (topic) => {
    if (fine.has(topic)) return undefined;
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
      check.then(
        () => fine.add(topic),
        () => checked.delete(topic),
      );
    }
    return check;
  };
}

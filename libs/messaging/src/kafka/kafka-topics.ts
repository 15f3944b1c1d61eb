import type { TopicSpec } from '@corral/contracts';
import type { Logger } from '@corral/runtime';
import type { Admin } from 'kafkajs';
import type { TopicAdmin } from '../event-log';
import { untilAborted } from '../until-aborted';
import { withAdmin, type KafkaConnection } from './kafka-connection';
import { patiently } from './patiently';
import { wrongPartitionCount } from './unusable-topic';

const CREATE_LIMIT_MS = 10_000;

/** Makes topics in Kafka as they must be, with a connection of its own for each call. */
export function createKafkaTopicAdmin(connection: KafkaConnection, logger: Logger): TopicAdmin {
  return {
    async ensureTopics(topics, partitions, signal) {
      signal.throwIfAborted();
      const work = withAdmin(connection, async (admin) => {
        const missing = await patiently(CREATE_LIMIT_MS, () => check(admin, topics, partitions), signal);
        if (missing.length === 0) return;
        const { brokers } = await admin.describeCluster();
        // False: somebody else made one of them in the same moment; the check below is for both of us.
        await admin.createTopics({
          topics: missing.map((topic) => settingsOf(topic, partitions, brokers.length)),
          waitForLeaders: false,
          timeout: CREATE_LIMIT_MS,
        });
        await patiently(
          CREATE_LIMIT_MS,
          async () => {
            const still = await check(admin, missing, partitions);
            if (still.length > 0) throw new Error(`Kafka did not make ${still.map(({ name }) => name).join(', ')}`);
          },
          signal,
        );
        logger.info({ topics: missing.map(({ name }) => name), partitions, brokers: brokers.length }, 'topics created');
      });
      await untilAborted(work, signal);
    },
  };
}

/** Which of them are not there yet; throws for one that has another number of partitions. */
async function check(admin: Admin, topics: readonly TopicSpec[], partitions: number): Promise<readonly TopicSpec[]> {
  const there = new Set(await admin.listTopics());
  const found = topics.filter(({ name }) => there.has(name));
  if (found.length > 0) {
    const { topics: metadata } = await admin.fetchTopicMetadata({ topics: found.map(({ name }) => name) });
    const partitionsOf = new Map(metadata.map((topic) => [topic.name, topic.partitions]));
    // In our order, so that the same mistake is always said with the same words.
    for (const { name } of found) {
      const has = partitionsOf.get(name) ?? [];
      if (has.some(({ leader }) => leader < 0)) throw new Error(`topic ${name} has partitions without a leader`);
      if (has.length !== partitions) throw wrongPartitionCount(name, has.length, partitions);
    }
  }
  return topics.filter(({ name }) => !there.has(name));
}

function settingsOf(topic: TopicSpec, partitions: number, brokers: number) {
  const replicationFactor = Math.min(3, brokers);
  const settings = {
    'cleanup.policy': 'delete',
    'retention.ms': topic.retentionMs,
    // With three copies one may be away; with fewer, more than one would make every restart an outage.
    'min.insync.replicas': replicationFactor === 3 ? 2 : 1,
    'unclean.leader.election.enable': 'false',
  };
  return {
    topic: topic.name,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(settings).map(([name, value]) => ({ name, value: String(value) })),
  };
}

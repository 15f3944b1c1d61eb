import { TOPICS } from '@corral/contracts';
import type { EventLogConfig } from '../connect-event-log';
import { kafkaConnectionFrom, withAdmin } from './kafka-connection';

/** What a cluster is like, as far as our promises depend on it. */
export interface KafkaLook {
  readonly brokers: number;
  /** The least number of copies that a partition of our topics has; undefined while there are no topics. */
  readonly replication: number | undefined;
}

/** Looks at the cluster the environment names. Rejects with a sentence when it cannot be reached or none is named. */
export async function lookAtKafka(config: EventLogConfig): Promise<KafkaLook> {
  const connection = kafkaConnectionFrom(config, 'corral-doctor');
  if (connection === undefined) throw new Error('KAFKA_BROKERS is not set');
  return withAdmin(connection, async (admin) => {
    const [cluster, there] = await Promise.all([admin.describeCluster(), admin.listTopics()]);
    const ours = TOPICS.map(({ name }) => name).filter((name) => there.includes(name));
    if (ours.length === 0) return { brokers: cluster.brokers.length, replication: undefined };
    const { topics } = await admin.fetchTopicMetadata({ topics: ours });
    const copies = topics.flatMap(({ partitions }) => partitions.map(({ replicas }) => replicas.length));
    return { brokers: cluster.brokers.length, replication: Math.min(...copies) };
  });
}

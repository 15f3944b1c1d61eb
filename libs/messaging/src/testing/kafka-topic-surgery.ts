import { openKafka, withAdmin } from '../kafka/kafka-connection';
import { patiently } from '../kafka/patiently';

const LIMIT_MS = 15_000;

/** What an operator, or his mistake, can do to the topics of a cluster behind everybody's back; for tests and drills only. */
export interface KafkaTopicSurgery {
  /** Forgets the records before an offset, as retention does. */
  forget(topic: string, partition: number, before: number): Promise<void>;
  /** The topic and all its records; settles when it is gone. */
  deleteTopic(topic: string): Promise<void>;
  /** A record without a value. */
  appendTombstone(topic: string, partition: number, key: string): Promise<void>;
}

/** Opens a connection of its own for each cut. */
export function kafkaTopicSurgery(brokers: readonly string[]): KafkaTopicSurgery {
  const connection = { brokers, clientId: 'surgery' };
  const never = new AbortController().signal;
  return {
    forget: (topic, partition, before) =>
      withAdmin(connection, async (admin) => {
        // So that kafkajs knows the partition's leader; a new one is not yet sure of itself.
        await patiently(LIMIT_MS, () => admin.fetchTopicOffsets(topic), never);
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
      }),
    deleteTopic: (topic) =>
      withAdmin(connection, async (admin) => {
        await admin.deleteTopics({ topics: [topic], timeout: LIMIT_MS });
        await patiently(
          LIMIT_MS,
          async () => {
            if ((await admin.listTopics()).includes(topic)) throw new Error(`${topic} is still there`);
          },
          never,
        );
      }),
    async appendTombstone(topic, partition, key) {
      const { kafka } = await openKafka(connection);
      const producer = kafka.producer({ createPartitioner: () => () => partition });
      await producer.connect();
      try {
        await producer.send({ topic, acks: -1, messages: [{ key, value: null }] });
      } finally {
        await producer.disconnect();
      }
    },
  };
}

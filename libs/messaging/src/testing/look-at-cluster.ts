import { setTimeout as sleep } from 'node:timers/promises';
import { withAdmin } from '../kafka/kafka-connection';

const CLIENT = 'test-kit';

/** Waits until every partition of a topic has all its copies in sync; rejects after `withinMs`. Until then the next broker that goes may take the last good copy. */
export async function untilCopiesInSync(brokers: readonly string[], topic: string, withinMs = 60_000): Promise<void> {
  await withAdmin({ brokers, clientId: CLIENT }, async (admin) => {
    for (const deadline = performance.now() + withinMs; ; await sleep(100)) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      if (topics[0]?.partitions.every(({ isr, replicas }) => isr.length === replicas.length)) return;
      if (performance.now() > deadline)
        throw new Error(`the copies of ${topic} are not in sync after ${withinMs / 1_000} s`);
    }
  });
}

/** How far a group told Kafka it is, by partition: what lag tools read. -1 where it never told. */
export function committedOffsets(
  brokers: readonly string[],
  group: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  return withAdmin({ brokers, clientId: CLIENT }, async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  });
}

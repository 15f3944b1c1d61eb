import { sleep } from '@corral/runtime';
import type { Cluster, Kafka } from 'kafkajs';
import type { StoredRecord } from '../event-log';
import { settlesWithin, untilAborted } from '../until-aborted';
import { toRecord, type FetchedMessage } from './fetched-message';
import type { KafkaJs } from './load-kafkajs';

interface FetchResponse {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly messages: readonly FetchedMessage[] }[];
  }[];
}

const ATTEMPTS = 5;

/** Reads a partition from one offset up to another, asking its leader directly: no group hears of it, nothing is left behind. */
export async function* fetchPartition(
  { kafkajs, kafka }: { readonly kafkajs: KafkaJs; readonly kafka: Kafka },
  topic: string,
  partition: number,
  from: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<StoredRecord> {
  if (from >= end) return;
  const cluster = clusterOf(kafkajs, kafka);
  try {
    await untilAborted(cluster.connect(), signal);
    await untilAborted(cluster.addTargetTopic(topic), signal);
    let next = from;
    for (let failures = 0; next < end;) {
      let messages: readonly FetchedMessage[];
      try {
        messages = await untilAborted(fetchOnce(cluster, topic, partition, next), signal);
        failures = 0;
      } catch (error) {
        signal.throwIfAborted();
        if (++failures === ATTEMPTS)
          throw new Error(`read ${topic}, partition ${partition}, from ${next}`, { cause: error });
        await cluster.refreshMetadata().catch(() => undefined);
        await sleep(100, signal);
        continue;
      }
      for (const message of messages) {
        // The broker answers with whole batches, which may begin below what was asked for.
        const record = toRecord(partition, message);
        if (record.offset < next) continue;
        if (record.offset >= end) return;
        next = record.offset + 1;
        yield record;
      }
    }
  } finally {
    await settlesWithin(cluster.disconnect(), 1_000);
  }
}

async function fetchOnce(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
): Promise<readonly FetchedMessage[]> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined) throw new Error(`topic ${topic} has no partition ${partition}`);
  const broker = await cluster.findBroker({ nodeId });
  const { responses } = (await broker.fetch({
    maxWaitTime: 500,
    minBytes: 1,
    maxBytes: 1_048_576,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: 1_048_576 }] }],
  })) as FetchResponse;
  return responses.flatMap((response) => response.partitions.flatMap(({ messages }) => messages));
}

/** A client that never joins anything. kafkajs shows its cluster to a consumer's assigners, when the consumer is made. */
function clusterOf(kafkajs: KafkaJs, kafka: Kafka): Cluster {
  let cluster: Cluster | undefined;
  kafka.consumer({
    groupId: 'never-joined',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster;
        return kafkajs.PartitionAssigners.roundRobin(config);
      },
    ],
  });
  if (!cluster) throw new Error('kafkajs did not show its cluster');
  return cluster;
}

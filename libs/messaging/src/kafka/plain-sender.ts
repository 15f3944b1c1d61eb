import type { Producer } from 'kafkajs';
import type { AppendRecord } from '../event-log';
import { unpackRecord } from '../packed-records';
import type { KafkaSender, PartitionSource, RecordBatch } from './partition-source';

/**
 * The producing side through kafkajs' own `send()`, one partition each: what CORRAL_FAST_KAFKA=off falls back to. Anything but one
 * partition per `send()` was seen to acknowledge what was never written.
 */
export function createPlainSender(producer: Producer, timeoutMs: number): KafkaSender {
  async function send(source: PartitionSource): Promise<void> {
    const { topic, partition } = source;
    const messages = recordsOf(source.take()).map(({ key, value, timestamp, traceparent }) => ({
      ...{ key, value, timestamp: String(timestamp), partition },
      ...(traceparent === undefined ? {} : { headers: { traceparent } }),
    }));
    if (messages.length === 0) return;
    const answer = await producer.send({ topic, acks: -1, timeout: timeoutMs, messages });
    const named = answer.some((it) => it.topicName === topic && it.partition === partition && it.errorCode === 0);
    if (!named) throw new Error(`Kafka's answer does not name partition ${partition} of ${topic}`);
  }

  return {
    // At the end of the turn, so that what arrives in it goes along.
    offer: (source) =>
      void setImmediate(() =>
        send(source).then(
          () => source.settled(),
          (error: Error) => source.settled(error),
        ),
      ),
    disconnect: () => producer.disconnect(),
  };
}

function recordsOf({ blocks, picks }: RecordBatch): AppendRecord[] {
  return picks.map((pick, i) => unpackRecord(blocks[i]!.records, pick));
}

/** The partition a message names: never kafkajs' own choice. */
export function theNamedPartition({ message }: { message: { partition?: number } }): number {
  if (message.partition === undefined) throw new Error('a message without a partition');
  return message.partition;
}

import fc from 'fast-check';
import type { AppendRecord } from '../event-log';
import { aBatch } from '../testing/a-batch';
import { decodeFetch } from './decode-fetch';
import { createProduceEncoder } from './encode-produce';
import { recordsOf, type FetchedMessage } from './fetched-message';

const TOPIC = 'corral.heartbeats.v1';

/** What kafkajs itself reads from the same bytes. */
async function byKafkaJs(answer: Buffer) {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { decode } = require('kafkajs/src/protocol/requests/fetch/v11/response') as {
    decode(bytes: Buffer): Promise<Answer>;
  };
  return recordsIn(await decode(answer));
}

interface Answer {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly highWatermark: string;
      readonly preferredReadReplica: number;
      readonly messages: readonly FetchedMessage[];
    }[];
  }[];
}

/** All that anybody asks of an answer. */
function recordsIn({ responses }: Answer | NonNullable<ReturnType<typeof decodeFetch>>) {
  return responses.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partition, errorCode, highWatermark, preferredReadReplica, messages }) => ({
      ...{ partition, errorCode, highWatermark, preferredReadReplica },
      records: recordsOf(partition, messages),
    })),
  }));
}

const encode = createProduceEncoder();

/** A batch as the broker keeps it: with the offset it was given. */
function stored(messages: readonly AppendRecord[], offset: number): Buffer {
  const { buffer, from, end } = encode(TOPIC, [{ partition: 0, batch: aBatch(messages) }], 2_500);
  const batch = Buffer.from(buffer.subarray(from + 26 + TOPIC.length, end));
  batch.writeBigInt64BE(BigInt(offset));
  return batch;
}

/** An answer to Fetch, version 11. */
function anAnswer(partitions: readonly { readonly partition: number; readonly batches: readonly Buffer[] }[]): Buffer {
  const topic = Buffer.from(TOPIC);
  const parts = [int(0, 4), int(0, 2), int(7, 4), int(1, 4), int(topic.length, 2), topic, int(partitions.length, 4)];
  for (const { partition, batches } of partitions) {
    const records = Buffer.concat(batches);
    parts.push(int(partition, 4), int(0, 2), long(123_456), long(123_456), long(3), int(-1, 4), int(-1, 4));
    parts.push(int(records.length, 4), records);
  }
  return Buffer.concat(parts);
}

function int(value: number, bytes: 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
}

function long(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer;
}

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const aMessage = fc.record({
  key: fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 70 }).filter((key) => key.isWellFormed())),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  timestamp: fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }),
  traceparent: fc.option(fc.constantFrom(TRACEPARENT, 'x'), { nil: undefined }),
});

const aPartition = fc.record({
  partition: fc.nat(100),
  batches: fc.array(
    fc
      .tuple(fc.array(aMessage, { minLength: 1, maxLength: 12 }), fc.nat(2 ** 40))
      .map(([messages, offset]) => stored(messages, offset)),
    { maxLength: 4 },
  ),
});

describe('an answer to Fetch', () => {
  it('is read as kafkajs reads it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aPartition, { maxLength: 5 }), async (partitions) => {
        const answer = anAnswer(partitions);
        expect(recordsIn(decodeFetch(answer)!)).toEqual(await byKafkaJs(answer));
      }),
      { numRuns: 200 },
    );
  });

  it('may end in the middle of a batch: what is whole is read', async () => {
    const [first, second] = [stored([aRecord('1'), aRecord('2')], 40), stored([aRecord('3')], 42)];
    for (const length of [0, 20, 60, second.length - 1]) {
      const answer = anAnswer([{ partition: 3, batches: [first, second.subarray(0, length)] }]);
      const read = recordsIn(decodeFetch(answer)!);
      expect(read[0]!.partitions[0]!.records).toHaveLength(2);
      expect(read).toEqual(await byKafkaJs(answer));
    }
  });

  it('carries the time of the broker where the topic says so', async () => {
    const batch = stored([aRecord('1'), aRecord('2')], 40);
    batch.writeInt16BE(0b1000, 21);
    const answer = anAnswer([{ partition: 3, batches: [batch] }]);
    expect(recordsIn(decodeFetch(answer)!)).toEqual(await byKafkaJs(answer));
  });

  it.each([
    ['compressed', 0b1],
    ['of a transaction', 0b1_0000],
    ['of control', 0b10_0000],
  ])('is left to kafkajs when a batch is %s', (_, attributes) => {
    const batch = stored([aRecord('1')], 40);
    batch.writeInt16BE(attributes, 21);
    expect(decodeFetch(anAnswer([{ partition: 3, batches: [stored([aRecord('0')], 39), batch] }]))).toBeUndefined();
  });

  it('is left to kafkajs when its records are in an older format', () => {
    const batch = stored([aRecord('1')], 40);
    batch[16] = 1;
    expect(decodeFetch(anAnswer([{ partition: 3, batches: [batch] }]))).toBeUndefined();
  });

  it('is left to kafkajs when a message of an older format is smaller than the head of a batch', () => {
    const [checksum, magicAndAttributes, noKey] = [int(0, 4), Buffer.of(1, 0), int(-1, 4)];
    const value = Buffer.concat([int(1, 4), Buffer.of(7)]);
    const message = Buffer.concat([checksum, magicAndAttributes, long(1_795_000_000_000), noKey, value]);
    const older = Buffer.concat([long(40), int(message.length, 4), message]);
    expect(older.length).toBeLessThan(61);
    expect(decodeFetch(anAnswer([{ partition: 3, batches: [older] }]))).toBeUndefined();
  });
});

function aRecord(value: string): AppendRecord {
  return { key: 'default/bike-42', value: Buffer.from(value), timestamp: 1_795_000_000_000 + Number(value) };
}

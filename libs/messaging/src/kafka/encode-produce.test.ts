import fc from 'fast-check';
import { crc32c } from './crc32c';
import type { AppendRecord } from '../event-log';
import { aBatch } from '../testing/a-batch';
import { createProduceEncoder } from './encode-produce';
import { loadKafkaInside, type ClusterBroker } from './load-kafkajs';

/** What kafkajs itself encodes for the same records. */
async function byKafkaJs(
  topic: string,
  partitions: readonly { partition: number; messages: readonly AppendRecord[] }[],
) {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const request = require('kafkajs/src/protocol/requests/produce/v7/request') as (of: object) => {
    encode(): Promise<{ buffer: Buffer }>;
  };
  const topicData = [
    {
      topic,
      partitions: partitions.map(({ partition, messages }) => ({
        partition,
        firstSequence: 0,
        messages: messages.map(({ key, value, timestamp, traceparent }) => ({
          ...{ key, value, timestamp: String(timestamp) },
          ...(traceparent === undefined ? {} : { headers: { traceparent } }),
        })),
      })),
    },
  ];
  return (await request({ acks: -1, timeout: 2_500, compression: 0, topicData }).encode()).buffer;
}

function packed(partitions: readonly { partition: number; messages: readonly AppendRecord[] }[]) {
  return partitions.map(({ partition, messages }) => ({ partition, batch: aBatch(messages) }));
}

const aMessage = fc.record({
  key: fc.option(fc.string({ unit: 'binary', maxLength: 70 }).filter((key) => key.isWellFormed())),
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  // kafkajs sorts times as text, which is right for those of one length.
  timestamp: fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }),
  traceparent: fc.option(fc.constantFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x'), {
    nil: undefined,
  }),
});

describe('a Produce request of ours', () => {
  it('is byte by byte what kafkajs sends for the same records', async () => {
    const encode = createProduceEncoder();
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 40 }),
        fc.array(fc.record({ partition: fc.nat(100), messages: fc.array(aMessage, { minLength: 1, maxLength: 12 }) }), {
          minLength: 1,
          maxLength: 5,
        }),
        async (topic, partitions) => {
          const { buffer, from, end } = encode(topic, packed(partitions), 2_500);
          expect(buffer.subarray(from, end).equals(await byKafkaJs(topic, partitions))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('may be as large as a broker takes, and the next one as small as one record', async () => {
    const encode = createProduceEncoder();
    const at = 1_795_000_000_000;
    for (const bytes of [1, 1_000_000, 3]) {
      const messages = [{ key: 'default/bike-42', value: Buffer.alloc(bytes, 7), timestamp: at }];
      const { buffer, from, end } = encode('corral.heartbeats.v1', packed([{ partition: 3, messages }]), 2_500);
      const expected = await byKafkaJs('corral.heartbeats.v1', [{ partition: 3, messages }]);
      expect(buffer.subarray(from, end).equals(expected)).toBe(true);
    }
  });
});

describe('a request on the wire', () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const frame = require('kafkajs/src/protocol/request') as (of: object) => Promise<{ buffer: Buffer }>;

  it.each(['corral-ingestion', 'a client whose name needs more room than there is: '.repeat(4)])(
    'has its head before it, whether or not there was room (%s)',
    async (clientId) => {
      const inside = await loadKafkaInside();
      const encode = createProduceEncoder();
      const messages = [{ key: 'k', value: Buffer.alloc(700, 'v'), timestamp: 1_795_000_000_000 }];
      const partitions = [{ partition: 3, messages }];
      const broker = { versions: {} } as ClusterBroker;
      const { request } = inside.produceRequest(broker, () => encode('t', packed(partitions), 2_500));
      const body = await byKafkaJs('t', partitions);
      const head = Buffer.alloc(14 + clientId.length);
      head.writeInt32BE(head.length - 4 + body.length);
      head.writeInt16BE(0, 4);
      head.writeInt16BE(7, 6);
      head.writeInt32BE(42, 8);
      head.writeInt16BE(clientId.length, 12);
      head.write(clientId, 14);
      const framed = await frame({ correlationId: 42, clientId, request });
      expect(framed.buffer.equals(Buffer.concat([head, body]))).toBe(true);
    },
  );
});

describe('the checksum', () => {
  it('is CRC-32C: of the nine digits, and of what RFC 3720 gives', () => {
    const of = (bytes: Uint8Array) => crc32c(bytes, 0, bytes.length);
    expect(of(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(of(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(of(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(of(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  it('of a part counts that part alone', () => {
    const bytes = Buffer.from('..123456789..');
    expect(crc32c(bytes, 2, 11)).toBe(0xe3069283);
  });
});

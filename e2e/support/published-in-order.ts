import { decodeEvent, EVENTS_TOPIC, type EventRecord } from '@corral/contracts';
import { connectKafkaLog } from '@corral/messaging';
import { silentLogger } from '@corral/runtime/testing';
import { PARTITIONS, type ServicesDeployment } from './services';

/** What is in the topic of events. */
export interface PublishedEvents {
  /** Each message once, by partition and number. */
  readonly distinct: readonly EventRecord<Record<string, unknown>>[];
  /** How many messages came again. */
  readonly repeated: number;
}

/**
 * Reads the whole topic of events. Fails unless in each partition messages are numbered from 1 without a gap, new ones come in order, and what comes
 * again says the same.
 */
export async function publishedInOrder(corral: ServicesDeployment): Promise<PublishedEvents> {
  const { signal } = new AbortController();
  const log = await connectKafkaLog({
    brokers: corral.broker.bootstrap,
    clientId: 'e2e',
    partitions: PARTITIONS,
    logger: silentLogger,
  });
  const distinct: EventRecord<Record<string, unknown>>[] = [];
  let repeated = 0;
  try {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const known = new Map<number, string>();
      for await (const { value } of log.read(EVENTS_TOPIC, partition, 0, signal)) {
        const read = decodeEvent(value);
        if (read.kind !== 'event') throw new Error(`an event that cannot be read: ${read.detail}`);
        const { seq } = read.event;
        if (known.has(seq)) {
          repeated++;
          expect(value!.toString()).toBe(known.get(seq));
        } else {
          expect(seq).toBe(known.size + 1);
          distinct.push(read.event);
        }
        known.set(seq, value!.toString());
      }
    }
  } finally {
    await log.close();
  }
  return { distinct, repeated };
}

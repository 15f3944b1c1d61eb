import { readTraceparent } from '@corral/runtime';
import type { StoredRecord } from '../event-log';
import type { PackedFetch } from './decode-fetch';

/** A message as kafkajs hands it out. */
export interface FetchedMessage {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
}

/**
 * What was fetched of a partition as the port has it, whoever decoded it, from the offset on that was asked for: the broker answers with whole
 * batches, in which retention may already have passed what stands before.
 */
export function recordsOf(
  partition: number,
  messages: readonly (FetchedMessage | PackedFetch)[],
  from = 0,
): readonly StoredRecord[] {
  const [first] = messages;
  if (first === undefined) return [];
  if (!('records' in first)) return messages.map((message) => toRecord(partition, message as FetchedMessage));
  // Ours is all that was fetched.
  const { records } = first;
  return (records[0]?.offset ?? from) >= from ? records : records.filter(({ offset }) => offset >= from);
}

/** A fetched message as the port has it. */
export function toRecord(partition: number, message: FetchedMessage): StoredRecord {
  const record = {
    partition,
    offset: Number(message.offset),
    key: message.key === null ? null : message.key.toString(),
    value: message.value,
    timestamp: Number(message.timestamp),
  };
  const header = message.headers?.traceparent;
  if (header === undefined) return record;
  const traceparent = header.toString();
  return readTraceparent(traceparent) ? { ...record, traceparent } : record;
}

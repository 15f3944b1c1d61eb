import { readTraceparent } from '@corral/runtime';
import type { StoredRecord } from '../event-log';

/**
 * What was fetched of a partition, as one message of kafkajs: it is asked for nothing but the offset up to which it reaches. An object of kafkajs' own for
 * every record, with offset and time as texts and numbers of 64 bits in between, takes more than all that is done with the record later.
 */
export interface PackedFetch {
  /** Of the last record. */
  readonly offset: string;
  readonly isControlRecord: false;
  readonly records: readonly StoredRecord[];
}

/** An answer to Fetch as kafkajs goes on with it. */
export interface FetchAnswer {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[];
}

interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly abortedTransactions: readonly never[];
  readonly preferredReadReplica: number;
  readonly messages: readonly PackedFetch[];
}

const RECORD_BATCH_MAGIC = 2;
/** Where it stands, in every format there was: from here on a batch says what it is. */
const MAGIC_AT = 16;
/** Compressed (bits 0 to 2), of a transaction (4), of control (5): none of it is ours. */
const NOT_PLAIN = 0b11_0111;
const LOG_APPEND_TIME = 0b1000;
const TWO_32 = 2 ** 32;

/**
 * Reads an answer to Fetch, version 11 (of Kafka's protocol: https://kafka.apache.org/protocol#The_Messages_Fetch). Undefined for what is not plain:
 * records that are compressed, of a transaction, or in a format of before 2017. Values are views of the answer.
 */
export function decodeFetch(bytes: Buffer): FetchAnswer | undefined {
  const from = new Reader(bytes);
  const clientSideThrottleTime = from.int32();
  const errorCode = from.int16();
  const sessionId = from.int32();
  const responses = [];
  for (let topics = from.int32(); topics > 0; topics--) {
    const topicName = from.text(from.int16());
    const partitions: FetchedPartition[] = [];
    for (let count = from.int32(); count > 0; count--) {
      const partition = readPartition(from);
      if (partition === undefined) return undefined;
      partitions.push(partition);
    }
    responses.push({ topicName, partitions });
  }
  // As kafkajs does: the pause is asked of the client, the broker has not paused.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

function readPartition(from: Reader): FetchedPartition | undefined {
  const partition = from.int32();
  const errorCode = from.int16();
  const highWatermark = String(from.int64());
  // Where transactions are over, and where the log begins: nothing asks for it.
  from.at += 16;
  if (from.int32() > 0) return undefined;
  const preferredReadReplica = from.int32();
  const records: StoredRecord[] = [];
  const size = from.int32();
  const end = from.at + Math.max(0, size);
  // The last batch may be cut off, since an answer has a largest size.
  while (end - from.at > MAGIC_AT) {
    // A message of an older format is smaller than the head of a batch, and yet whole.
    if (from.bytes[from.at + MAGIC_AT] !== RECORD_BATCH_MAGIC) return undefined;
    const batchEnd = from.at + 12 + from.bytes.readInt32BE(from.at + 8);
    if (batchEnd > end) break;
    if (!readBatch(from, partition, records)) return undefined;
    from.at = batchEnd;
  }
  from.at = end;
  const last = records.at(-1);
  const messages =
    last === undefined ? [] : [{ offset: String(last.offset), isControlRecord: false as const, records }];
  return { partition, errorCode, highWatermark, abortedTransactions: [], preferredReadReplica, messages };
}

/** Adds the records of the batch that begins here; false when it is not plain. */
function readBatch(from: Reader, partition: number, into: StoredRecord[]): boolean {
  const { bytes, at } = from;
  const firstOffset = from.int64();
  const attributes = bytes.readInt16BE(at + 21);
  if ((attributes & NOT_PLAIN) !== 0) return false;
  from.at = at + 27;
  const firstTimestamp = from.int64();
  const maxTimestamp = from.int64();
  from.at = at + 57;
  for (let count = from.int32(); count > 0; count--) {
    const length = from.varint();
    const end = from.at + length;
    // Attributes of a record have no meaning yet.
    from.at++;
    const ownTimestamp = firstTimestamp + from.varint();
    const timestamp = attributes & LOG_APPEND_TIME ? maxTimestamp : ownTimestamp;
    const offset = firstOffset + from.varint();
    const keyLength = from.varint();
    const key = keyLength < 0 ? null : from.text(keyLength);
    const valueLength = from.varint();
    const value = valueLength < 0 ? null : from.view(valueLength);
    const headers = from.varint();
    const traceparent = headers === 0 ? undefined : readHeaders(from, headers);
    into.push(
      traceparent === undefined
        ? { partition, offset, key, value, timestamp }
        : { partition, offset, key, value, timestamp, traceparent },
    );
    from.at = end;
  }
  return true;
}

function readHeaders(from: Reader, count: number): string | undefined {
  let traceparent: string | undefined;
  for (let left = count; left > 0; left--) {
    const name = from.text(from.varint());
    const length = from.varint();
    const value = length < 0 ? '' : from.text(length);
    if (name === 'traceparent' && readTraceparent(value)) traceparent = value;
  }
  return traceparent;
}

/** Kafka's numbers and texts, one after the other. */
class Reader {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  int16(): number {
    return this.bytes.readInt16BE((this.at += 2) - 2);
  }

  int32(): number {
    return this.bytes.readInt32BE((this.at += 4) - 4);
  }

  /** Exact up to 2^53: offsets and times are far below. */
  int64(): number {
    return this.int32() * TWO_32 + (this.int32() >>> 0);
  }

  /** Zigzag, seven bits a byte, the lowest first. */
  varint(): number {
    const { bytes } = this;
    let raw = 0;
    for (let weight = 1; this.at < bytes.length; weight *= 128) {
      const byte = bytes[this.at++]!;
      raw += (byte & 127) * weight;
      if (byte < 128) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
    }
    throw new RangeError('a number without an end');
  }

  text(length: number): string {
    return this.bytes.toString('utf8', this.at, (this.at += length));
  }

  view(length: number): Buffer {
    return this.bytes.subarray(this.at, (this.at += length));
  }
}

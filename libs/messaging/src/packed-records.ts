import type { AppendRecord } from './event-log';

/**
 * Records of one moment, laid out in one buffer. What heartbeats are appended as: an object, a text and a buffer for each of them cost
 * more processor time than all else that is done with it.
 */
export interface PackedRecords {
  readonly bytes: Buffer;
  /** Of each record three places in {@link bytes}: where its key begins (−1: it has none), where its value begins, where that ends. */
  readonly bounds: readonly number[];
  /** Receipt, epoch milliseconds. */
  readonly timestamp: number;
  /** W3C, if what led to them is traced. */
  readonly traceparent?: string;
}

/** How many there are. */
export function countOf({ bounds }: PackedRecords): number {
  return bounds.length / 3;
}

/** The same records in as few buffers as there are moments and traces in a row. */
export function packRecords(records: readonly AppendRecord[]): readonly PackedRecords[] {
  const packed: PackedRecords[] = [];
  for (let from = 0, to = 0; from < records.length; from = to) {
    const { timestamp, traceparent } = records[from]!;
    const parts: Buffer[] = [];
    const bounds: number[] = [];
    let at = 0;
    for (; to < records.length; to++) {
      const record = records[to]!;
      if (record.timestamp !== timestamp || record.traceparent !== traceparent) break;
      const key = record.key === null ? undefined : Buffer.from(record.key);
      if (key) parts.push(key);
      parts.push(record.value);
      const valueAt = at + (key?.length ?? 0);
      bounds.push(key ? at : -1, valueAt, (at = valueAt + record.value.length));
    }
    const bytes = Buffer.concat(parts, at);
    packed.push({ bytes, bounds, timestamp, ...(traceparent === undefined ? {} : { traceparent }) });
  }
  return packed;
}

/** The records one by one, for whoever needs no haste. */
export function unpackRecords(records: readonly AppendRecord[] | PackedRecords): readonly AppendRecord[] {
  if (!('bounds' in records)) return records;
  return Array.from({ length: countOf(records) }, (_, i) => unpackRecord(records, i));
}

/** One of them. */
export function unpackRecord({ bytes, bounds, timestamp, traceparent }: PackedRecords, index: number): AppendRecord {
  const [keyAt, valueAt, end] = [bounds[3 * index]!, bounds[3 * index + 1]!, bounds[3 * index + 2]!];
  return {
    key: keyAt < 0 ? null : bytes.toString('utf8', keyAt, valueAt),
    value: bytes.subarray(valueAt, end),
    timestamp,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

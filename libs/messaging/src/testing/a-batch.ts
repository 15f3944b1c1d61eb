import type { AppendRecord } from '../event-log';
import type { RecordBatch } from '../kafka/partition-source';
import { mostBytesOf } from '../kafka/encode-produce';
import { countOf, packRecords } from '../packed-records';

/** What one partition sends of these records. */
export function aBatch(records: readonly AppendRecord[]): RecordBatch {
  const packed = packRecords(records);
  const picks = packed.flatMap((block) => Array.from({ length: countOf(block) }, (_, pick) => pick));
  const bytes = records.reduce(
    (sum, { key, value, traceparent }) => sum + mostBytesOf(Buffer.byteLength(key ?? '') + value.length, traceparent),
    0,
  );
  return { blocks: packed.flatMap((block) => Array(countOf(block)).fill({ records: block })), picks, bytes };
}

import type { Queryable } from '@corral/database';
import type { FlushPartition } from '@corral/messaging';

/** Since when the records of each partition come without a break, kept inside the transactions of their owner. Epoch milliseconds. */
export interface ReceiptBreaks {
  /** When the last break of these partitions ended, where there was one. */
  ended(tx: Queryable, partitions: readonly number[]): Promise<ReadonlyMap<number, number>>;
  end(tx: Queryable, ends: ReadonlyMap<number, number>): Promise<void>;
}

/**
 * When did the last break in these records end, by their receipt? Ticks come every 5 s, so when three of them are missing nobody took heartbeats
 * either: no vehicle could be heard, and none was silent. The very first record ends a break as well.
 */
export function breakEndsIn({ records, watermark }: Pick<FlushPartition, 'records' | 'watermark'>): number | undefined {
  let last = watermark ?? -Infinity;
  let ended: number | undefined;
  for (const { timestamp } of records) {
    if (timestamp - last > BREAK_MS) ended = timestamp;
    last = Math.max(last, timestamp);
  }
  return ended;
}

const BREAK_MS = 15_000;

import { msToTimestamp } from '@corral/database';
import type { ReceiptBreaks } from './receipt-breaks';

/** Breaks in `receipt_break`. */
export const postgresReceiptBreaks: ReceiptBreaks = {
  async ended(tx, partitions) {
    const { rows } = await tx.query<{ partition: number; ended_at: number }>(
      'SELECT partition, ended_at FROM receipt_break WHERE partition = ANY($1::int[])',
      [partitions],
    );
    return new Map(rows.map((row) => [row.partition, row.ended_at]));
  },
  async end(tx, ends) {
    if (ends.size === 0) return;
    await tx.query(
      `INSERT INTO receipt_break (partition, ended_at)
       SELECT partition, ${msToTimestamp('ended_at')} FROM unnest($1::int[], $2::float8[]) AS r (partition, ended_at) ORDER BY partition
       ON CONFLICT (partition) DO UPDATE SET ended_at = excluded.ended_at`,
      [[...ends.keys()], [...ends.values()]],
    );
  },
};

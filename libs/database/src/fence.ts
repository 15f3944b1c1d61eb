import type { Queryable } from './queryable';
import { msToTimestamp } from './queryable';

/** Which consumer of which topic. */
export interface ConsumerOfTopic {
  readonly consumer: string;
  readonly topic: string;
}

/** One partition of one consumer, as it was when we claimed it: every later transaction must find epoch and revision as it left them. */
export interface Claim {
  readonly epoch: number;
  readonly revision: number;
  readonly nextOffset: number;
  readonly nextSeq: number;
  readonly publishedSeq: number;
  /** Whose offsets these are. */
  readonly clusterId: string;
  /** The `receivedAt` (epoch ms) of the last record read. */
  readonly watermark?: number;
  /** Why this partition stands still until an operator decides. */
  readonly parkedReason?: string;
}

/**
 * Takes a partition: from its commit on, every transaction of an earlier owner fails at the fence. So claim *before* any state is read. The first
 * claim ever starts at offset `start` of the log `clusterId`; later ones go on where the last commit stood.
 */
export async function claimPartition(
  database: Queryable,
  of: ConsumerOfTopic & {
    readonly partition: number;
    readonly start: number;
    readonly clusterId: string;
    readonly owner: string;
  },
): Promise<Claim> {
  const { rows } = await database.query<ClaimRow>(
    `INSERT INTO partition_owner (consumer, topic, partition, epoch, next_offset, cluster_id, owner)
     VALUES ($1, $2, $3, 1, $4, $5, $6)
     ON CONFLICT (consumer, topic, partition) DO UPDATE
       SET epoch = partition_owner.epoch + 1, owner = excluded.owner, claimed_at = now()
     RETURNING epoch, revision, next_offset, next_seq, published_seq, cluster_id, watermark, parked_reason`,
    [of.consumer, of.topic, of.partition, of.start, of.clusterId, of.owner],
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`claim partition ${of.partition} of ${of.topic} for ${of.consumer}: no row`);
  return {
    epoch: row.epoch,
    revision: row.revision,
    nextOffset: row.next_offset,
    nextSeq: row.next_seq,
    publishedSeq: row.published_seq,
    clusterId: row.cluster_id,
    ...(row.watermark === null ? {} : { watermark: row.watermark }),
    ...(row.parked_reason === null ? {} : { parkedReason: row.parked_reason }),
  };
}

interface ClaimRow {
  epoch: number;
  revision: number;
  next_offset: number;
  next_seq: number;
  published_seq: number;
  cluster_id: string;
  watermark: number | null;
  parked_reason: string | null;
}

/** What a transaction leaves behind in one partition; `epoch` and `revision` are as the owner last saw them. */
export interface FenceRow {
  readonly partition: number;
  readonly epoch: number;
  readonly revision: number;
  readonly nextOffset: number;
  readonly nextSeq: number;
  readonly publishedSeq: number;
  /** Epoch ms; absent: stays as it is. */
  readonly watermark?: number;
}

/**
 * The last statement of every transaction that writes what partitions own. Answers the partitions that are no longer ours (or moved on under us);
 * if there are any, nothing was moved and the caller must roll back, leave them out and try the rest again. After success each revision is one
 * higher. Rows are locked in partition order, so that two flushes never wait for each other in a circle.
 */
export async function commitFence(
  tx: Queryable,
  of: ConsumerOfTopic & { readonly rows: readonly FenceRow[] },
): Promise<number[]> {
  if (of.rows.length === 0) return [];
  const { rows: found } = await tx.query<{ partition: number; epoch: number; revision: number }>(
    `SELECT partition, epoch, revision FROM partition_owner
      WHERE consumer = $1 AND topic = $2 AND partition = ANY ($3::int[]) ORDER BY partition FOR UPDATE`,
    [of.consumer, of.topic, of.rows.map((row) => row.partition)],
  );
  const owned = new Map(found.map((row) => [row.partition, row]));
  const failed = of.rows.filter((row) => {
    const now = owned.get(row.partition);
    return now === undefined || now.epoch !== row.epoch || now.revision !== row.revision;
  });
  if (failed.length > 0) return failed.map((row) => row.partition).sort((a, b) => a - b);

  await tx.query(
    `UPDATE partition_owner o
        SET revision = o.revision + 1, next_offset = n.next_offset, next_seq = n.next_seq, published_seq = n.published_seq,
            watermark = COALESCE(${msToTimestamp('n.watermark')}, o.watermark)
       FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::float8[])
            AS n (partition, next_offset, next_seq, published_seq, watermark)
      WHERE o.consumer = $1 AND o.topic = $2 AND o.partition = n.partition`,
    [
      of.consumer,
      of.topic,
      of.rows.map((row) => row.partition),
      of.rows.map((row) => row.nextOffset),
      of.rows.map((row) => row.nextSeq),
      of.rows.map((row) => row.publishedSeq),
      of.rows.map((row) => row.watermark ?? null),
    ],
  );
  return [];
}

/** Writes down why a partition stands still (`null`: it flows again). Answers false when it is no longer ours. */
export async function parkPartition(
  database: Queryable,
  of: ConsumerOfTopic & { readonly partition: number; readonly epoch: number; readonly reason: string | null },
): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE partition_owner SET parked_reason = $5 WHERE consumer = $1 AND topic = $2 AND partition = $3 AND epoch = $4`,
    [of.consumer, of.topic, of.partition, of.epoch, of.reason],
  );
  return rowCount === 1;
}

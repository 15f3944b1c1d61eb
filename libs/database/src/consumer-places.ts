import type { ConsumerOfTopic } from './fence';
import type { Queryable } from './queryable';

/** Who has a partition after an operator moved it, until it is claimed again. */
const OPERATOR = 'an operator';

/** Where a consumer is in one partition. */
export interface ConsumerPlace extends ConsumerOfTopic {
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  /** Whose offsets these are. */
  readonly clusterId: string;
  readonly parkedReason?: string;
  readonly owner?: string;
  /** Receipt of the last record read, epoch ms. */
  readonly watermark?: number;
}

/** Where all consumers are, in order. */
export async function readPlaces(database: Queryable): Promise<ConsumerPlace[]> {
  const { rows } = await database.query<{
    consumer: string;
    topic: string;
    partition: number;
    epoch: number;
    next_offset: number;
    cluster_id: string;
    parked_reason: string | null;
    owner: string | null;
    watermark: number | null;
  }>(
    `SELECT consumer, topic, partition, epoch, next_offset, cluster_id, parked_reason, owner, watermark
       FROM partition_owner ORDER BY consumer, topic, partition`,
  );
  return rows.map(({ consumer, topic, partition, epoch, ...row }) => ({
    ...{ consumer, topic, partition, epoch },
    nextOffset: row.next_offset,
    clusterId: row.cluster_id,
    ...(row.parked_reason === null ? {} : { parkedReason: row.parked_reason }),
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(row.watermark === null ? {} : { watermark: row.watermark }),
  }));
}

/**
 * Moves a consumer in one partition and lets it flow again. It is a claim like any other: the epoch goes up, so what a live owner is just writing
 * fails at its fence, and {@link readMovedPlaces} tells it to let go. Answers false when it stands elsewhere, or for another reason, than was seen:
 * nothing was moved. Who owns it does not matter: a parked partition that changed hands meanwhile is what it was. Of the record before its new
 * place nothing is known, so the watermark goes: it would say which record must stand there.
 */
export async function movePlace(
  database: Queryable,
  seen: ConsumerPlace,
  to: { readonly nextOffset: number; readonly clusterId: string },
): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE partition_owner
        SET epoch = epoch + 1, next_offset = $6, cluster_id = $7, parked_reason = NULL, owner = $8, claimed_at = now(), watermark = NULL
      WHERE consumer = $1 AND topic = $2 AND partition = $3 AND next_offset = $4 AND parked_reason IS NOT DISTINCT FROM $5`,
    [
      ...[seen.consumer, seen.topic, seen.partition, seen.nextOffset, seen.parkedReason ?? null],
      ...[to.nextOffset, to.clusterId, OPERATOR],
    ],
  );
  return rowCount === 1;
}

/** Partitions that an operator moved and that nobody has claimed since, with their epoch. */
export async function readMovedPlaces(
  database: Queryable,
  { consumer, topic }: ConsumerOfTopic,
): Promise<{ partition: number; epoch: number }[]> {
  const { rows } = await database.query<{ partition: number; epoch: number }>(
    'SELECT partition, epoch FROM partition_owner WHERE consumer = $1 AND topic = $2 AND owner = $3',
    [consumer, topic, OPERATOR],
  );
  return rows;
}

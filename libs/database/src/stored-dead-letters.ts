import { msToTimestamp, type Queryable } from './queryable';

/** Which dead letters; what is absent does not restrict. */
export interface DeadLetterFilter {
  readonly consumer?: string;
  readonly reason?: string;
  /** `fleetId/vehicleId`, or the vehicle's id in any fleet. */
  readonly vehicle?: string;
  /** Set aside at or after, epoch ms. */
  readonly since?: number;
  /** Set aside before, epoch ms. */
  readonly until?: number;
  /** Only those that were, or were not, replayed. */
  readonly replayed?: boolean;
}

/** A dead letter as it lies in the table. Times are epoch ms. */
export interface StoredDeadLetter {
  readonly id: string;
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly reason: string;
  readonly detail: string | null;
  readonly timestamp: number;
  readonly createdAt: number;
  readonly replayedAt: number | null;
}

/** How many there are of one kind. */
export interface DeadLetterCount {
  readonly consumer: string;
  readonly topic: string;
  readonly reason: string;
  readonly count: number;
  readonly replayed: number;
  readonly vehicles: number;
  readonly first: number;
  readonly last: number;
}

/** A place in the order of {@link readDeadLetters}. */
export type AfterDeadLetter = Pick<StoredDeadLetter, 'topic' | 'partition' | 'offset' | 'consumer'>;

const WHERE = `($1::text IS NULL OR consumer = $1) AND ($2::text IS NULL OR reason = $2)
  AND ($3::text IS NULL OR key = $3 OR substr(key, strpos(key, '/') + 1) = $3)
  AND ($4::float8 IS NULL OR created_at >= ${msToTimestamp('$4::float8')})
  AND ($5::float8 IS NULL OR created_at < ${msToTimestamp('$5::float8')})
  AND ($6::boolean IS NULL OR (replayed_at IS NOT NULL) = $6)`;

function valuesOf({ consumer, reason, vehicle, since, until, replayed }: DeadLetterFilter): unknown[] {
  return [consumer ?? null, reason ?? null, vehicle ?? null, since ?? null, until ?? null, replayed ?? null];
}

/** How many there are, by consumer, topic and reason. */
export async function countDeadLetters(database: Queryable, filter: DeadLetterFilter): Promise<DeadLetterCount[]> {
  const { rows } = await database.query<DeadLetterCount>(
    `SELECT consumer, topic, reason, count(*) AS count, count(replayed_at) AS replayed, count(DISTINCT key) AS vehicles,
            min(created_at) AS first, max(created_at) AS last
       FROM dead_letter WHERE ${WHERE} GROUP BY consumer, topic, reason ORDER BY consumer, topic, reason`,
    valuesOf(filter),
  );
  return rows;
}

/** A page of them in the order of the log, so that what a vehicle said stays in its order. */
export async function readDeadLetters(
  database: Queryable,
  filter: DeadLetterFilter,
  limit: number,
  after?: AfterDeadLetter,
): Promise<StoredDeadLetter[]> {
  const { rows } = await database.query<StoredRow>(
    `SELECT * FROM dead_letter
      WHERE ${WHERE} AND ($7::text IS NULL OR (topic, partition, record_offset, consumer) > ($7, $8::int, $9::bigint, $10))
      ORDER BY topic, partition, record_offset, consumer LIMIT $11`,
    [
      ...valuesOf(filter),
      after?.topic ?? null,
      after?.partition ?? null,
      after?.offset ?? null,
      after?.consumer ?? null,
      limit,
    ],
  );
  return rows.map(fromRow);
}

/** One of them by its id, or by the first characters of it; undefined when there is none, or more than one. */
export async function findDeadLetter(database: Queryable, id: string): Promise<StoredDeadLetter | undefined> {
  const { rows } = await database.query<StoredRow>('SELECT * FROM dead_letter WHERE starts_with(id, $1) LIMIT 2', [id]);
  return rows.length === 1 ? fromRow(rows[0]!) : undefined;
}

/** Marks what was appended again. The same record may have been set aside by several consumers: it is one record, and all of them read it again. */
export async function markReplayed(database: Queryable, letters: readonly AfterDeadLetter[]): Promise<void> {
  await database.query(
    `UPDATE dead_letter d SET replayed_at = now()
       FROM unnest($1::text[], $2::int[], $3::bigint[]) AS r (topic, partition, record_offset)
      WHERE d.topic = r.topic AND d.partition = r.partition AND d.record_offset = r.record_offset`,
    [letters.map(({ topic }) => topic), letters.map(({ partition }) => partition), letters.map(({ offset }) => offset)],
  );
}

interface StoredRow {
  id: string;
  consumer: string;
  topic: string;
  partition: number;
  record_offset: number;
  key: string | null;
  value: Buffer | null;
  reason: string;
  detail: string | null;
  record_timestamp: number;
  created_at: number;
  replayed_at: number | null;
}

function fromRow(row: StoredRow): StoredDeadLetter {
  const { id, consumer, topic, partition, key, value, reason, detail } = row;
  return {
    ...{ id, consumer, topic, partition, key, value, reason, detail },
    offset: row.record_offset,
    timestamp: row.record_timestamp,
    createdAt: row.created_at,
    replayedAt: row.replayed_at,
  };
}

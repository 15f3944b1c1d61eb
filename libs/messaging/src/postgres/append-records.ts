import { ensureDay, type Database, type Queryable } from '@corral/database';
import type { AppendRecord } from '../event-log';

/** Records of one topic, each with its partition. */
export interface PlacedRecords {
  readonly topic: string;
  readonly records: readonly (AppendRecord & { readonly partition: number })[];
}

/** Told to everybody who listens at each commit, as `<topic> <partition>`. */
export const RECORDS_CHANNEL = 'corral_log_records';

/** Appends to a PostgreSQL log; remembers which day it knows to be there. */
export type AppendRecords = (appends: readonly PlacedRecords[]) => Promise<void>;

/**
 * One transaction for all of them: every partition's row is locked, in ascending order, until the commit. So offsets have no gaps and become
 * visible in order: who reads up to the end has missed nothing.
 */
export function createAppendRecords(database: Database): AppendRecords {
  let knownDay: string | undefined;
  return async (appends) => {
    const places = groupByPlace(appends);
    const day = await database.transaction(async (tx) => {
      const today = await lockPlaces(tx, places);
      if (today !== knownDay) await ensureDay(tx, 'log_record', today);
      await insertRecords(tx, places, today);
      return today;
    });
    knownDay = day;
  };
}

/** One partition of one topic, and what is appended to it. */
interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly records: AppendRecord[];
  first: number;
}

function groupByPlace(appends: readonly PlacedRecords[]): Place[] {
  const places = new Map<string, Place>();
  for (const { topic, records } of appends)
    for (const record of records) {
      const name = `${topic} ${record.partition}`;
      let place = places.get(name);
      if (!place) places.set(name, (place = { topic, partition: record.partition, records: [], first: 0 }));
      place.records.push(record);
    }
  return [...places.values()];
}

/** Locks the partitions and reads their ends; answers the day of receipt (UTC), by which retention drops. */
async function lockPlaces(tx: Queryable, places: readonly Place[]): Promise<string> {
  const { rows } = await tx.query<{ topic: string; partition: number; next_offset: number; today: string }>(
    `SELECT p.topic, p.partition, p.next_offset, (now() AT TIME ZONE 'UTC')::date AS today,
            pg_notify('${RECORDS_CHANNEL}', p.topic || ' ' || p.partition)
       FROM log_partition p JOIN unnest($1::text[], $2::int[]) AS w (topic, partition) USING (topic, partition)
      ORDER BY p.topic, p.partition FOR UPDATE OF p`,
    [places.map(({ topic }) => topic), places.map(({ partition }) => partition)],
  );
  const ends = new Map(rows.map((row) => [`${row.topic} ${row.partition}`, row.next_offset]));
  for (const place of places) {
    const end = ends.get(`${place.topic} ${place.partition}`);
    if (end === undefined) throw new Error(`there is no partition ${place.partition} of a topic ${place.topic}`);
    place.first = end;
  }
  return rows[0]!.today;
}

/** All values travel as one block of bytes (hexadecimal arrays would double them), cut apart by the server. */
async function insertRecords(tx: Queryable, places: readonly Place[], day: string): Promise<void> {
  const placeOf: number[] = [];
  const offsets: number[] = [];
  const keys: (string | null)[] = [];
  const values: Buffer[] = [];
  const starts: number[] = [];
  const lengths: number[] = [];
  const timestamps: number[] = [];
  const traceparents: (string | null)[] = [];
  let traced = false;
  let start = 1;
  for (const [at, { records, first }] of places.entries())
    for (const [turn, { key, value, timestamp, traceparent }] of records.entries()) {
      placeOf.push(at + 1);
      offsets.push(first + turn);
      keys.push(key);
      values.push(value);
      starts.push(start);
      lengths.push(value.length);
      timestamps.push(timestamp);
      if (traceparent !== undefined) traced = true;
      traceparents.push(traceparent ?? null);
      start += value.length;
    }
  await tx.query(
    `WITH moved AS (
       UPDATE log_partition p SET next_offset = n.next_offset
         FROM unnest($1::text[], $2::int[], $3::bigint[]) AS n (topic, partition, next_offset)
        WHERE p.topic = n.topic AND p.partition = n.partition)
     INSERT INTO log_record (day, topic, partition, record_offset, key, value, timestamp${traced ? ', traceparent' : ''})
     SELECT $4::date, ($1::text[])[r.place], ($2::int[])[r.place], r.record_offset, r.key,
            substring($5::bytea FROM r.start FOR r.length), to_timestamp(r.timestamp / 1000.0)${traced ? ', traceparent' : ''}
       FROM unnest($6::int[], $7::bigint[], $8::text[], $9::int[], $10::int[], $11::float8[]${traced ? ', $12::text[]' : ''})
            AS r (place, record_offset, key, start, length, timestamp${traced ? ', traceparent' : ''})`,
    [
      places.map(({ topic }) => topic),
      places.map(({ partition }) => partition),
      places.map(({ first, records }) => first + records.length),
      day,
      Buffer.concat(values),
      placeOf,
      offsets,
      keys,
      starts,
      lengths,
      timestamps,
      ...(traced ? [traceparents] : []),
    ],
  );
}

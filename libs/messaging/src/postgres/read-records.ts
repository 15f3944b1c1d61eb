import type { Queryable } from '@corral/database';
import type { PartitionBounds, StoredRecord } from '../event-log';

/** Values of one answer, all together, at most; a single larger one still comes alone. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Records of a partition from an offset on, at most `max` and at most about 4 MB. */
export async function readRecords(
  database: Queryable,
  topic: string,
  partition: number,
  from: number,
  max: number,
): Promise<StoredRecord[]> {
  const { rows } = await database.query<StoredRecord & { traceparent: string | null }>(
    `SELECT partition, "offset", key, value, timestamp, traceparent
       FROM (SELECT partition, record_offset AS "offset", key, value, timestamp, traceparent,
                    sum(coalesce(octet_length(value), 0)) OVER (ORDER BY record_offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
               FROM (SELECT partition, record_offset, key, value, timestamp, traceparent FROM log_record
                      WHERE topic = $1 AND partition = $2 AND record_offset >= $3 ORDER BY record_offset LIMIT $4) AS next) AS counted
      WHERE coalesce(before, 0) < $5 ORDER BY "offset"`,
    [topic, partition, from, max, MAX_BYTES],
  );
  return rows.map(({ traceparent, ...record }) => (traceparent === null ? record : { ...record, traceparent }));
}

/** The bounds of all partitions of a topic; throws when there is no such topic. */
export async function readBounds(database: Queryable, topic: string): Promise<PartitionBounds[]> {
  const { rows } = await database.query<PartitionBounds>(
    `SELECT p.start_offset AS "start", p.next_offset AS "end", t.cluster_id AS "clusterId"
       FROM log_partition p JOIN log_topic t USING (topic) WHERE topic = $1 ORDER BY p.partition`,
    [topic],
  );
  if (rows.length === 0) throw new Error(`there is no topic ${topic}`);
  return rows;
}

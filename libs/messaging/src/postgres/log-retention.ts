import type { Database } from '@corral/database';
import type { Logger } from '@corral/runtime';

const DAY_MS = 86_400_000;

/**
 * Drops the days whose last moment is longer ago than the longest retention of any topic, oldest first, and answers them. A consumer that has
 * not read that far is not waited for: its partition will park itself with the exact gap, and it is said aloud here.
 */
export async function dropExpiredDays(database: Database, now: number, logger: Logger): Promise<string[]> {
  const { rows: kept } = await database.query<{ retention_ms: number | null }>(
    'SELECT max(retention_ms) AS retention_ms FROM log_topic',
  );
  const retentionMs = kept[0]?.retention_ms ?? null;
  if (retentionMs === null) return [];
  const { rows } = await database.query<{ day: string }>(
    `SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'log_record'::regclass ORDER BY 1`,
  );
  const expired = rows
    .map(({ day }) => day)
    .filter((day) => Date.parse(`${day}T00:00:00Z`) + DAY_MS + retentionMs <= now);
  for (const day of expired) await dropDay(database, day, logger);
  return expired;
}

async function dropDay(database: Database, day: string, logger: Logger): Promise<void> {
  await database.transaction(async (tx) => {
    // Appends wait here: nothing may get a place in this day between the counting and the dropping.
    const { rows: starts } = await tx.query<{ topic: string; partition: number; start: number | null }>(
      `SELECT p.topic, p.partition, (SELECT max(r.record_offset) + 1 FROM log_record r
          WHERE r.topic = p.topic AND r.partition = p.partition AND r.day = $1::date) AS start
         FROM log_partition p ORDER BY p.topic, p.partition FOR UPDATE OF p`,
      [day],
    );
    const moved = starts.filter(({ start }) => start !== null);
    const { rows: passed } = await tx.query<{
      consumer: string;
      topic: string;
      partition: number;
      next: number;
      start: number;
    }>(
      `WITH moved AS (SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[]) AS m (topic, partition, start)),
            cut AS (UPDATE log_partition p SET start_offset = m.start FROM moved m
                     WHERE p.topic = m.topic AND p.partition = m.partition AND p.start_offset < m.start)
       SELECT o.consumer, o.topic, o.partition, o.next_offset AS next, m.start
         FROM partition_owner o JOIN moved m USING (topic, partition) WHERE o.next_offset < m.start`,
      [moved.map(({ topic }) => topic), moved.map(({ partition }) => partition), moved.map(({ start }) => start)],
    );
    for (const { consumer, topic, partition, next, start } of passed)
      logger.error(
        { consumer, topic, partition, from: next, to: start - 1 },
        'retention drops records that a consumer has not read: its partition will park',
      );
    await tx.query(`DROP TABLE log_record_${day.replaceAll('-', '')}`);
  });
  logger.info({ day }, 'retention dropped a day of the log');
}

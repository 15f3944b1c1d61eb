import type { Database } from './database';

const DAY_MS = 86_400_000;

/** What became of the days of the outbox that are past their time. */
export interface OutboxDays {
  /** Days (`2026-11-29`) that are gone. */
  readonly dropped: readonly string[];
  /** Days that are past their time and stay, because something in them is not published yet. */
  readonly unpublished: readonly string[];
}

/**
 * Drops the days of the outbox that ended before `before` (epoch milliseconds), whole, oldest first. Detached concurrently first, so that neither
 * consumers nor live streams wait; stopped halfway, the next run goes on. A day in which one of `publishers` has something unpublished stays.
 */
export async function dropOldOutboxDays(
  database: Database,
  before: number,
  publishers: readonly string[],
): Promise<OutboxDays> {
  const { rows } = await database.query<{ day: string; attached: boolean; pending: boolean }>(
    `SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day, i.inhrelid IS NOT NULL AS attached,
            coalesce(i.inhdetachpending, false) AS pending
       FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'outbox'::regclass
      WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'outbox'::regclass)
        AND c.relname ~ '^outbox_[0-9]{8}$' ORDER BY 1`,
  );
  const dropped: string[] = [];
  const unpublished: string[] = [];
  for (const { day, attached, pending } of rows) {
    if (Date.parse(`${day}T00:00:00Z`) + DAY_MS > before) continue;
    const table = `outbox_${day.replaceAll('-', '')}`;
    if (attached && !pending && (await hasUnpublished(database, day, publishers))) {
      unpublished.push(day);
      continue;
    }
    if (pending) await database.query(`ALTER TABLE outbox DETACH PARTITION ${table} FINALIZE`);
    else if (attached) await database.query(`ALTER TABLE outbox DETACH PARTITION ${table} CONCURRENTLY`);
    await database.query(`DROP TABLE IF EXISTS ${table}`);
    dropped.push(day);
  }
  return { dropped, unpublished };
}

async function hasUnpublished(database: Database, day: string, publishers: readonly string[]): Promise<boolean> {
  const { rows } = await database.query<{ waits: boolean }>(
    `SELECT EXISTS (SELECT FROM outbox o JOIN partition_owner p ON p.consumer = o.consumer AND p.partition = o.partition
        WHERE o.day = $1::date AND o.consumer = ANY ($2::text[]) AND o.seq > p.published_seq) AS waits`,
    [day, publishers],
  );
  return rows[0]?.waits ?? false;
}

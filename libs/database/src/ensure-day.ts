import type { Queryable } from './queryable';

/** The tables whose rows lie in one partition per UTC day. */
export type DayTable = 'outbox' | 'track' | 'log_record';

/**
 * Makes the partition of a UTC day ('YYYY-MM-DD') where it is missing; cheap when it is there. Never waits for running inserts, so it may stand
 * anywhere in a transaction before the first row of that day.
 */
export async function ensureDay(queryable: Queryable, table: DayTable, day: string): Promise<void> {
  await queryable.query('SELECT ensure_day($1, $2::date)', [table, day]);
}

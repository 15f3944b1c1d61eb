import { ensureDay, unnestRows, type Queryable } from '@corral/database';

/** A day about to be written to, and when the last of its rows was received (epoch ms). */
export interface DayReceipt {
  readonly day: string;
  readonly lastReceivedAt: number;
}

/**
 * Opens days for writing, in the transaction that writes: what retention drops meanwhile waits for our commit, and a day it has dropped is made
 * anew. The lock is a shared one, so that instances do not wait for each other.
 */
export async function openDays(tx: Queryable, days: readonly DayReceipt[]): Promise<void> {
  if (days.length === 0) return;
  const names = days.map(({ day }) => day);
  const { rows } = await tx.query<{ day: string }>(
    'SELECT day FROM track_day WHERE day = ANY ($1::date[]) ORDER BY day FOR KEY SHARE',
    [names],
  );
  const there = new Set(rows.map(({ day }) => day));
  const missing = days.filter(({ day }) => !there.has(day));
  if (missing.length === 0) return;
  const given = unnestRows(missing, {
    day: ['date', ({ day }) => day],
    last_received_at: ['timestamptz', ({ lastReceivedAt }) => lastReceivedAt],
  });
  await tx.query(
    `INSERT INTO track_day (${given.columns}) SELECT ${given.select} FROM ${given.from} ORDER BY 1 ON CONFLICT (day) DO NOTHING`,
    given.values,
  );
  for (const { day } of missing) await ensureDay(tx, 'track', day);
}

/** Moves the last receipt of days forward; retention counts from it. */
export async function noteReceipts(database: Queryable, days: readonly DayReceipt[]): Promise<void> {
  const given = unnestRows(days, {
    day: ['date', ({ day }) => day],
    last_received_at: ['timestamptz', ({ lastReceivedAt }) => lastReceivedAt],
  });
  await database.query(
    `UPDATE track_day d SET last_received_at = greatest(d.last_received_at, r.last_received_at)
       FROM (SELECT ${given.select} FROM ${given.from}) AS r (${given.columns}) WHERE d.day = r.day`,
    given.values,
  );
}

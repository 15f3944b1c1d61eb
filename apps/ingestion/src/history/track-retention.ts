import type { Database } from '@corral/database';
import { explain, type Logger, type Metrics } from '@corral/runtime';

/**
 * Drops the days whose last receipt lies before `before` (epoch ms), whole, one transaction each; answers them. A day that somebody is writing to
 * waits for another time.
 */
export async function dropOldDays(database: Database, before: number): Promise<readonly string[]> {
  const { rows } = await database.query<{ day: string }>(
    'SELECT day FROM track_day WHERE last_received_at < to_timestamp($1 / 1000.0) ORDER BY day',
    [before],
  );
  const dropped: string[] = [];
  for (const { day } of rows) {
    const gone = await database.transaction(async (tx) => {
      // The writer holds a shared lock on this row from before its first insert to its commit.
      const { rowCount } = await tx.query(
        'DELETE FROM track_day WHERE day = $1::date AND last_received_at < to_timestamp($2 / 1000.0)',
        [day, before],
      );
      if (rowCount === 0) return false;
      await tx.query(`DROP TABLE IF EXISTS track_${day.replaceAll('-', '')}`);
      return true;
    });
    if (gone) dropped.push(day);
  }
  return dropped;
}

/** What {@link startRetention} needs. */
export interface RetentionOptions {
  readonly database: Database;
  /** Counted from the last receipt of a day, so that replayed old days stay as long as new ones; milliseconds. */
  readonly retentionMs: number;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** An hour by default. */
  readonly everyMs?: number;
}

const EVERY_MS = 3_600_000;

/** Keeps the track no longer than promised: looks now and then every hour. Answers how to stop. */
export function startRetention({
  database,
  retentionMs,
  clock,
  logger,
  metrics,
  everyMs = EVERY_MS,
}: RetentionOptions): () => Promise<void> {
  const total = metrics.counter('corral_track_days_dropped_total');
  let last: Promise<void> | undefined;

  async function look(): Promise<void> {
    try {
      const days = await dropOldDays(database, clock() - retentionMs);
      if (days.length > 0) logger.info({ days }, 'track days dropped');
      total.inc({}, days.length);
    } catch (error) {
      logger.warn({ reason: explain(error) }, 'could not drop old days of the track, trying again later');
    }
  }

  function lookUnlessPending(): void {
    last ??= look().finally(() => {
      last = undefined;
    });
  }

  lookUnlessPending();
  const timer = setInterval(lookUnlessPending, everyMs);
  return async () => {
    clearInterval(timer);
    await last;
  };
}

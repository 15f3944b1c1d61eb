import type { Queryable } from '@corral/database';
import { explain, type Logger, type Metrics } from '@corral/runtime';

const EVERY_MS = 60_000;

/**
 * Shows which share of the updates of `vehicle_state` touched no index: as long as nearly all do not, a heartbeat costs one row and no
 * index. Looks now and once a minute until the function it answers is called.
 */
export function watchHotUpdates({
  database,
  metrics,
  logger,
}: {
  readonly database: Queryable;
  readonly metrics: Metrics;
  readonly logger: Logger;
}): () => Promise<void> {
  const ratio = metrics.gauge('corral_vehicle_state_hot_ratio');
  async function look(): Promise<void> {
    try {
      const { rows } = await database.query<{ ratio: number | null }>(
        `SELECT n_tup_hot_upd::float8 / nullif(n_tup_upd, 0) AS ratio FROM pg_stat_user_tables WHERE relname = 'vehicle_state'`,
      );
      // None yet are all well.
      ratio.set(rows[0]?.ratio ?? 1);
    } catch (error) {
      logger.debug({ reason: explain(error) }, 'could not look at the statistics of vehicle_state');
    }
  }
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

import type { Database } from './database';
import type { Queryable } from './queryable';

/** The role that serves people. It reads and writes rows of the fleet in `app.fleet_id` only, and none without. */
export const gatewayRole = 'corral_gateway';

/** First statement of a transaction for one fleet ($1): role and fleet hold until COMMIT or ROLLBACK. */
export const becomeGateway = `SELECT set_config('app.fleet_id', $1, true), set_config('role', '${gatewayRole}', true)`;

/**
 * A transaction that sees and writes one fleet's rows only, whatever its statements say. Everything that answers a person goes through here.
 */
export function withFleet<T>(
  database: Database,
  fleetId: string,
  work: (tx: Queryable) => Promise<T>,
  options?: { readonly signal?: AbortSignal },
): Promise<T> {
  return database.transaction(async (tx) => {
    await tx.query(becomeGateway, [fleetId]);
    return work(tx);
  }, options);
}

import type { Database } from './database';
import type { Queryable } from './queryable';

/** The role that serves people. It reads and writes rows of the fleet in `app.fleet_id` only, and none without. */
export const gatewayRole = 'corral_gateway';

/**
 * First statement of a transaction for one fleet ($1): role and fleet hold until COMMIT or ROLLBACK. Where the server's administrator gave us no such role
 * (see the migration), the fleet alone holds: the policies bind the owner of the tables as well. They do not bind a superuser.
 */
export const serveFleet = `SELECT set_config('app.fleet_id', $1, true) AS fleet, rolsuper OR rolbypassrls AS unbound,
  (SELECT set_config('role', '${gatewayRole}', true) FROM pg_roles
    WHERE rolname = '${gatewayRole}' AND pg_has_role(oid, 'MEMBER') AND has_table_privilege(oid, 'fleet', 'SELECT')) AS role
  FROM pg_roles WHERE rolname = current_user`;

/** What {@link serveFleet} answers. */
export interface Served {
  readonly unbound: boolean;
  readonly role: string | null;
}

/** Refuses to go on where nothing would keep fleets apart. */
export function assertKeptApart(served: Served | undefined): void {
  if (served === undefined || (served.role === null && served.unbound)) {
    throw new Error(
      `nothing keeps fleets apart here: this user steps around row-level security and the role ${gatewayRole} is missing or has no grants; ` +
        `have an administrator run CREATE ROLE ${gatewayRole} NOLOGIN before corral migrate`,
    );
  }
}

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
    const { rows } = await tx.query<Served>(serveFleet, [fleetId]);
    assertKeptApart(rows[0]);
    return work(tx);
  }, options);
}

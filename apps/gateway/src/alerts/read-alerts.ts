import type { AlertRow, Queryable } from '@corral/database';
import { conditionsOf } from '../http/conditions';
import { after, narrow, type FactFilter } from '../http/facts';

const COLUMNS = `id, revision, fleet_id AS "fleetId", kind, severity, status, resolution, title, vehicle_id AS "vehicleId", zone_id AS "zoneId",
  violation_ids AS "violationIds", violation_revisions AS "violationRevisions", count, assignee_id AS "assigneeId",
  opened_at AS "openedAt", last_at AS "lastAt", resolved_at AS "resolvedAt", snoozed_until AS "snoozedUntil", episode`;

/** One alert of the fleet, not locked. */
export async function readAlert(tx: Queryable, fleetId: string, id: string): Promise<AlertRow | undefined> {
  const { rows } = await tx.query<AlertRow>(`SELECT ${COLUMNS} FROM alert WHERE fleet_id = $1 AND id = $2`, [
    fleetId,
    id,
  ]);
  return rows[0];
}

/** Alerts of the fleet, newest first. */
export async function readAlerts(
  tx: Queryable,
  fleetId: string,
  filter: FactFilter,
  page: { readonly after?: readonly [number, string] | undefined; readonly limit: number },
): Promise<readonly AlertRow[]> {
  const where = conditionsOf('fleet_id', fleetId);
  narrow(where, filter, 'opened_at');
  after(where, page.after, 'opened_at');
  const { rows } = await tx.query<AlertRow>(
    `SELECT ${COLUMNS} FROM alert WHERE ${where.text} ORDER BY opened_at DESC, id DESC LIMIT ${where.value(page.limit)}`,
    where.values,
  );
  return rows;
}

import { msToTimestamp, type Queryable } from '@corral/database';

/** How long a token goes on living once there is a newer one: the device may be parked, and out of reach. */
const REPLACED_LIVES_MS = 7 * 86_400_000;

/**
 * The numbers of new tokens by vehicle, counted on from those before, which die in 7 days unless they die sooner. The vehicles need not be
 * there yet: a device has its token before it first reports.
 */
export async function numberDeviceTokens(
  tx: Queryable,
  fleetId: string,
  vehicleIds: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  // One at a time in a fleet: two at once would count on from the same number.
  await tx.query('SELECT FROM fleet WHERE id = $1 FOR NO KEY UPDATE', [fleetId]);
  await tx.query(
    `UPDATE device_token SET dies_at = least(dies_at, ${msToTimestamp('$3')})
      WHERE fleet_id = $1 AND vehicle_id = ANY ($2) AND (dies_at IS NULL OR dies_at > ${msToTimestamp('$3')})`,
    [fleetId, vehicleIds, now + REPLACED_LIVES_MS],
  );
  // Of the dead the last one is enough.
  await tx.query(
    `DELETE FROM device_token t USING device_token later
      WHERE t.fleet_id = $1 AND t.vehicle_id = ANY ($2) AND (later.fleet_id, later.vehicle_id) = (t.fleet_id, t.vehicle_id)
        AND later.number > t.number AND later.dies_at <= ${msToTimestamp('$3')}`,
    [fleetId, vehicleIds, now],
  );
  const { rows } = await tx.query<{ vehicle_id: string; number: number }>(
    `INSERT INTO device_token (fleet_id, vehicle_id, number, issued_at)
     SELECT $1, asked.vehicle_id, coalesce(max(t.number), 0) + 1, ${msToTimestamp('$3')}
       FROM (SELECT DISTINCT unnest($2::text[])) AS asked (vehicle_id)
       LEFT JOIN device_token t ON t.fleet_id = $1 AND t.vehicle_id = asked.vehicle_id
      GROUP BY asked.vehicle_id
     RETURNING vehicle_id, number`,
    [fleetId, vehicleIds, now],
  );
  return new Map(rows.map((row) => [row.vehicle_id, row.number]));
}

/** Ends a vehicle's tokens now, all or but the newest; false: there was none to end. */
export async function endDeviceTokens(
  tx: Queryable,
  fleetId: string,
  vehicleId: string,
  { keepNewest, now }: { readonly keepNewest: boolean; readonly now: number },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE device_token SET dies_at = ${msToTimestamp('$3')}
      WHERE fleet_id = $1 AND vehicle_id = $2 AND (dies_at IS NULL OR dies_at > ${msToTimestamp('$3')})
        AND NOT ($4 AND number = (SELECT max(number) FROM device_token WHERE fleet_id = $1 AND vehicle_id = $2))`,
    [fleetId, vehicleId, now, keepNewest],
  );
  return rowCount !== 0;
}

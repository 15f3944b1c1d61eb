import { withFleet, type Database, type Queryable } from '@corral/database';
import { Problem } from '@corral/runtime';
import { sayVehicle, VEHICLE_COLUMNS, VEHICLE_TABLES, type VehicleRow } from './vehicle-rows';

/** One vehicle as we know it now; undefined if nobody put it and no report came, or if it is archived. */
export async function findVehicle(tx: Queryable, fleetId: string, id: string) {
  const { rows } = await tx.query<VehicleRow>(
    `SELECT ${VEHICLE_COLUMNS} FROM ${VEHICLE_TABLES.one} WHERE v.archived_at IS NULL`,
    [fleetId, id],
  );
  return rows[0] && sayVehicle(rows[0]);
}

/** Throws 404 unless the fleet ever had such a vehicle, archived ones counted: what happened stays to be seen. */
export async function vehicleExists(database: Database, fleetId: string, id: string): Promise<void> {
  const { rows } = await withFleet(database, fleetId, (tx) =>
    tx.query<{ known: boolean }>(
      `SELECT EXISTS (SELECT FROM vehicle WHERE fleet_id = $1 AND id = $2)
           OR EXISTS (SELECT FROM vehicle_state WHERE fleet_id = $1 AND vehicle_id = $2)
           OR EXISTS (SELECT FROM track WHERE fleet_id = $1 AND vehicle_id = $2) AS known`,
      [fleetId, id],
    ),
  );
  if (!rows[0]?.known) throw noSuchVehicle();
}

/** The refusal for a vehicle this fleet does not have. */
export function noSuchVehicle(): Problem {
  return new Problem(404, 'vehicle_not_found', 'There is no such vehicle.');
}

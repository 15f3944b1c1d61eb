import { vehicleKey } from '@corral/contracts';
import type { Queryable } from '@corral/database';
import { decodeMemory, encodeMemory, vehicleView, type VehicleMemory } from '@corral/domain';
import type { VehicleStateRow, VehicleStates } from './vehicle-states';

/** States in `vehicle_state`: one statement to read, one to write, rows in id order so that two owners cannot deadlock. */
export const postgresVehicleStates: VehicleStates = { load, save };

async function load(
  tx: Queryable,
  vehicles: readonly { fleetId: string; vehicleId: string }[],
): Promise<ReadonlyMap<string, VehicleMemory>> {
  const { rows } = await tx.query<{ fleet_id: string; vehicle_id: string; memory: Buffer }>(
    `SELECT s.fleet_id, s.vehicle_id, s.memory
       FROM unnest($1::text[], $2::text[]) AS wanted (fleet_id, vehicle_id)
       JOIN vehicle_state s USING (fleet_id, vehicle_id)`,
    [vehicles.map((vehicle) => vehicle.fleetId), vehicles.map((vehicle) => vehicle.vehicleId)],
  );
  return new Map(rows.map((row) => [vehicleKey(row.fleet_id, row.vehicle_id), decodeMemory(row.memory)]));
}

async function save(tx: Queryable, rows: readonly VehicleStateRow[]): Promise<void> {
  if (rows.length === 0) return;
  const views = rows.map((row) => ({ row, view: vehicleView(row.memory) }));
  const column = <Value>(pick: (entry: (typeof views)[number]) => Value): Value[] => views.map(pick);
  await tx.query(
    `INSERT INTO vehicle_state AS s (fleet_id, vehicle_id, partition, cell, zones, zones_since, schedule_revision, last_contact, lng, lat, at,
            received_at, accuracy_m, speed_mps, heading_deg, battery_percent, state, trip_id, vehicle_type_id, vehicle_type_missing, anomaly, memory)
     SELECT fleet_id, vehicle_id, partition, cell, ARRAY(SELECT jsonb_array_elements(zones) ->> 'zoneId'), zones, schedule_revision,
            to_timestamp(received_at / 1000.0), lng, lat, to_timestamp(at / 1000.0), to_timestamp(received_at / 1000.0), accuracy_m,
            speed_mps, heading_deg, battery_percent, state, trip_id, vehicle_type_id, vehicle_type_missing, anomaly, memory
       FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::jsonb[], $6::bigint[], $7::float8[], $8::float8[], $9::float8[],
                   $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::float8[], $15::text[], $16::text[], $17::text[],
                   $18::boolean[], $19::text[], $20::bytea[])
         AS r (fleet_id, vehicle_id, partition, cell, zones, schedule_revision, lng, lat, at, received_at, accuracy_m, speed_mps,
               heading_deg, battery_percent, state, trip_id, vehicle_type_id, vehicle_type_missing, anomaly, memory)
      ORDER BY fleet_id, vehicle_id
     ON CONFLICT (fleet_id, vehicle_id) DO UPDATE SET
       partition = excluded.partition, cell = excluded.cell, zones = excluded.zones, zones_since = excluded.zones_since,
       schedule_revision = excluded.schedule_revision, last_contact = excluded.last_contact, lng = excluded.lng, lat = excluded.lat,
       at = excluded.at, received_at = excluded.received_at, accuracy_m = excluded.accuracy_m, speed_mps = excluded.speed_mps,
       heading_deg = excluded.heading_deg, battery_percent = excluded.battery_percent, state = excluded.state,
       trip_id = excluded.trip_id, vehicle_type_id = excluded.vehicle_type_id,
       vehicle_type_missing = excluded.vehicle_type_missing, anomaly = excluded.anomaly, memory = excluded.memory`,
    [
      column(({ row }) => row.fleetId),
      column(({ row }) => row.vehicleId),
      column(({ row }) => row.partition),
      column(({ view }) => (view.position === undefined ? null : cellOf(view.position))),
      column(({ view }) => JSON.stringify(view.zones)),
      column(({ row }) => row.scheduleRevision),
      column(({ view }) => view.position?.[0] ?? null),
      column(({ view }) => view.position?.[1] ?? null),
      column(({ view }) => view.at ?? null),
      column(({ view }) => view.receivedAt ?? null),
      column(({ view }) => view.accuracyM ?? null),
      column(({ view }) => view.speedMps ?? null),
      column(({ view }) => view.headingDeg ?? null),
      column(({ view }) => view.batteryPercent ?? null),
      column(({ view }) => view.state ?? null),
      column(({ view }) => view.tripId ?? null),
      column(({ view }) => view.vehicleTypeId ?? null),
      column(({ view }) => view.vehicleTypeMissing),
      column(({ view }) => view.anomaly ?? null),
      column(({ row }) => Buffer.from(encodeMemory(row.memory))),
    ],
  );
}

/** The 0.01 degree cell of a position: the index of area queries, which changes only every kilometre or so. */
export function cellOf([lng, lat]: readonly [number, number]): number {
  return Math.floor((lat + 90) * 100) * 36_000 + Math.floor((lng + 180) * 100);
}

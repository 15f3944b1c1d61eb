import { sayTime } from '@corral/contracts/http';

/** A vehicle is what an operator put (`v`) and what evaluation knows (`s`); either may be missing. `$1` is the fleet. */
export const VEHICLE_TABLES = {
  /** `$2` is the vehicle. */
  one: `(SELECT * FROM vehicle WHERE fleet_id = $1 AND id = $2) v
        FULL JOIN (SELECT * FROM vehicle_state WHERE fleet_id = $1 AND vehicle_id = $2) s ON s.vehicle_id = v.id`,
  all: `(SELECT * FROM vehicle WHERE fleet_id = $1) v
        FULL JOIN (SELECT * FROM vehicle_state WHERE fleet_id = $1) s ON s.vehicle_id = v.id`,
  /** Those evaluation knows: what is asked about places lets the indexes of `vehicle_state` work. */
  known: `vehicle_state s LEFT JOIN vehicle v ON v.fleet_id = s.fleet_id AND v.id = s.vehicle_id`,
} as const;

/** The id, whichever table has it. */
export const VEHICLE_ID = 'coalesce(v.id, s.vehicle_id)';

/** The columns of {@link VehicleRow}. */
export const VEHICLE_COLUMNS = `${VEHICLE_ID} AS id, coalesce(v.vehicle_type_id, s.vehicle_type_id) AS vehicle_type_id, v.name,
  coalesce(v.labels, '{}') AS labels, s.zones_since, s.lng, s.lat, s.at, s.received_at, s.accuracy_m, s.speed_mps, s.battery_percent,
  s.state, s.trip_id, s.anomaly, coalesce(s.vehicle_type_missing AND v.vehicle_type_id IS NULL, false) AS vehicle_type_missing`;

/** What {@link VEHICLE_COLUMNS} answer. */
export interface VehicleRow {
  readonly id: string;
  readonly vehicle_type_id: string | null;
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly zones_since: readonly { readonly zoneId: string; readonly since: number | string }[] | null;
  readonly lng: number | null;
  readonly lat: number | null;
  readonly at: number | null;
  readonly received_at: number | null;
  readonly accuracy_m: number | null;
  readonly speed_mps: number | null;
  readonly battery_percent: number | null;
  readonly state: string | null;
  readonly trip_id: string | null;
  readonly anomaly: string | null;
  readonly vehicle_type_missing: boolean;
}

/** A vehicle as the API says it. */
export function sayVehicle(row: VehicleRow) {
  return {
    id: row.id,
    vehicleTypeId: row.vehicle_type_id,
    name: row.name ?? undefined,
    state: row.state,
    position: row.lng === null || row.lat === null ? undefined : [row.lng, row.lat],
    at: row.at === null ? undefined : sayTime(row.at),
    receivedAt: row.received_at === null ? undefined : sayTime(row.received_at),
    accuracyM: row.accuracy_m ?? undefined,
    speedMps: row.speed_mps ?? undefined,
    batteryPercent: row.battery_percent ?? undefined,
    zones: (row.zones_since ?? []).map(({ zoneId, since }) => ({ zoneId, since: new Date(since).toISOString() })),
    tripId: row.trip_id ?? undefined,
    labels: row.labels,
    anomaly: row.anomaly ?? undefined,
    vehicleTypeMissing: row.vehicle_type_missing || undefined,
  };
}

/** A vehicle on a map, slim; it has a position. */
export function sayVehicleFeature(row: VehicleRow) {
  return {
    type: 'Feature',
    id: row.id,
    geometry: { type: 'Point', coordinates: [row.lng, row.lat] },
    properties: {
      id: row.id,
      vehicleTypeId: row.vehicle_type_id,
      state: row.state,
      at: row.at === null ? undefined : sayTime(row.at),
      batteryPercent: row.battery_percent ?? undefined,
    },
  };
}

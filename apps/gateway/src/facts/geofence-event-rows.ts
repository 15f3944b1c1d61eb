import { sayTime } from '@corral/contracts/http';

/** The columns of {@link GeofenceEventRow}. */
export const GEOFENCE_EVENT_COLUMNS = `id, revision, retracted, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late, at, detected_at,
  lng, lat, distance_to_edge_m, confidence, entered_at, exited_at, replaces, replaced_by`;

/** A row of `geofence_event`. */
export interface GeofenceEventRow {
  readonly id: string;
  readonly revision: number;
  readonly retracted: boolean;
  readonly vehicle_id: string;
  readonly zone_id: string;
  readonly zone_set_version: number;
  readonly kind: string;
  readonly cause: string;
  readonly certainty: string;
  readonly late: boolean;
  readonly at: number;
  readonly detected_at: number;
  readonly lng: number;
  readonly lat: number;
  readonly distance_to_edge_m: number;
  readonly confidence: number;
  /** Of `crossed` alone, estimated. */
  readonly entered_at: number | null;
  readonly exited_at: number | null;
  readonly replaces: string | null;
  readonly replaced_by: string | null;
}

/** A geofence event as the API says it. */
export function sayGeofenceEvent(row: GeofenceEventRow) {
  return {
    id: row.id,
    revision: row.revision,
    retracted: row.retracted,
    kind: row.kind,
    vehicleId: row.vehicle_id,
    zoneId: row.zone_id,
    zoneSetVersion: row.zone_set_version,
    at: sayTime(row.at),
    detectedAt: sayTime(row.detected_at),
    cause: row.cause,
    certainty: row.certainty,
    late: row.late,
    position: [row.lng, row.lat],
    distanceToEdgeM: row.distance_to_edge_m,
    confidence: row.confidence,
    enteredAt: row.entered_at === null ? undefined : sayTime(row.entered_at),
    exitedAt: row.exited_at === null ? undefined : sayTime(row.exited_at),
    replaces: row.replaces ?? undefined,
    replacedBy: row.replaced_by ?? undefined,
  };
}

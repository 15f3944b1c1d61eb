import { sayTime } from '@corral/contracts/http';

/** The columns of {@link ViolationRow}. */
export const VIOLATION_COLUMNS = `id, revision, retracted, vehicle_id, zone_id, zone_set_version, kind, rule_name, rule_from, status, opened_at,
  closed_at, detected_at, trip_id, lng, lat, observed, limit_value`;

/** A row of `violation`. */
export interface ViolationRow {
  readonly id: string;
  readonly revision: number;
  readonly retracted: boolean;
  readonly vehicle_id: string;
  readonly zone_id: string | null;
  readonly zone_set_version: number;
  readonly kind: string;
  readonly rule_name: string;
  readonly rule_from: string;
  readonly status: string;
  readonly opened_at: number;
  readonly closed_at: number | null;
  readonly detected_at: number;
  readonly trip_id: string | null;
  readonly lng: number | null;
  readonly lat: number | null;
  readonly observed: number | null;
  readonly limit_value: number | null;
}

/** A violation as the API says it. */
export function sayViolation(row: ViolationRow) {
  return {
    id: row.id,
    revision: row.revision,
    retracted: row.retracted,
    kind: row.kind,
    vehicleId: row.vehicle_id,
    zoneId: row.zone_id ?? undefined,
    zoneSetVersion: row.zone_set_version,
    rule: { name: row.rule_name, from: row.rule_from },
    status: row.status,
    openedAt: sayTime(row.opened_at),
    closedAt: row.closed_at === null ? undefined : sayTime(row.closed_at),
    detectedAt: sayTime(row.detected_at),
    tripId: row.trip_id ?? undefined,
    position: row.lng === null || row.lat === null ? undefined : [row.lng, row.lat],
    observed: row.observed ?? undefined,
    limit: row.limit_value ?? undefined,
  };
}

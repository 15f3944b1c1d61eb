import { msToTimestamp, type AlertRow, type Queryable } from '@corral/database';
import { GEOFENCE_EVENT_COLUMNS, sayGeofenceEvent, type GeofenceEventRow } from '../facts/geofence-event-rows';
import { sayViolation, VIOLATION_COLUMNS, type ViolationRow } from '../facts/violation-rows';

const AROUND_MS = 10 * 60_000;
const MOST_EVENTS = 100;

/** The facts behind an alert: its violations, taken back ones too, and the vehicle's geofence events from ten minutes before to its end. */
export async function explainAlert(tx: Queryable, alert: AlertRow) {
  const violations = await tx.query<ViolationRow>(
    `SELECT ${VIOLATION_COLUMNS} FROM violation WHERE fleet_id = $1 AND id = ANY($2::text[]) ORDER BY opened_at DESC, id DESC`,
    [alert.fleetId, alert.violationIds],
  );
  const events = await tx.query<GeofenceEventRow>(
    `SELECT ${GEOFENCE_EVENT_COLUMNS} FROM geofence_event
      WHERE fleet_id = $1 AND vehicle_id = $2 AND at >= ${msToTimestamp('$3')} AND at <= ${msToTimestamp('$4')}
      ORDER BY at DESC, id DESC LIMIT ${MOST_EVENTS}`,
    [alert.fleetId, alert.vehicleId ?? '', alert.openedAt - AROUND_MS, alert.resolvedAt ?? Infinity],
  );
  return { violations: violations.rows.map(sayViolation), geofenceEvents: events.rows.map(sayGeofenceEvent) };
}

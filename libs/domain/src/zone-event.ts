import type { Position } from '@corral/geo';
import type { ZoneQuestion } from './decide-zones';
import type { GeofenceEvent } from './fact';
import { geofenceEventId } from './fact-id';

/** When and where a vehicle changed sides, and how sure that is. */
export interface SidesChanged {
  readonly at: number;
  readonly position: Position;
  readonly confidence: number;
}

/** The event that a vehicle entered or exited a zone. */
export function eventOf(
  now: ZoneQuestion,
  kind: 'entered' | 'exited',
  zoneId: string,
  { at, position, confidence }: SidesChanged,
): GeofenceEvent {
  const { fleetId, vehicleId, cause, set } = now;
  return {
    type: 'geofence_event',
    id: geofenceEventId(fleetId, vehicleId, zoneId, kind, cause, at),
    revision: 1,
    retracted: false,
    kind,
    fleetId,
    vehicleId,
    zoneId,
    zoneSetVersion: set.version,
    at,
    cause,
    certainty: confidence < CERTAIN ? 'possible' : 'certain',
    late: false,
    position,
    distanceToEdgeM: distanceTo(zoneId, position, now),
    confidence,
  };
}

/** Nineteen of twenty. */
const CERTAIN = 0.95;

// A zone that is gone is measured as it last was; one whose last shape nobody has any more, as if on its edge.
function distanceTo(zoneId: string, position: Position, { set, setBefore }: ZoneQuestion): number {
  for (const known of [set, setBefore]) {
    const place = known?.positionOf.get(zoneId);
    if (place !== undefined) return known!.index.distanceToEdgeM(place, position);
  }
  return 0;
}

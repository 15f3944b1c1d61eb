import type { GeofenceEvent, Violation } from '@corral/domain';

/** A violation of a fleet called `f1`: bike-1 left the service area at ten. */
export function aViolation(changes: Partial<Violation> = {}): Violation {
  return {
    type: 'violation',
    id: 'vio_one',
    revision: 1,
    retracted: false,
    kind: 'outside_service_area',
    fleetId: 'f1',
    vehicleId: 'bike-1',
    zoneSetVersion: 1,
    rule: { name: 'rideThroughAllowed', from: 'global' },
    status: 'open',
    openedAt: Date.parse('2026-11-21T10:00:00Z'),
    position: [4.9, 52.37],
    ...changes,
  };
}

/** The same violation, closed a minute later: its next revision. */
export function closed(violation: Violation): Violation {
  return { ...violation, revision: violation.revision + 1, status: 'closed', closedAt: violation.openedAt + 60_000 };
}

/** The same violation taken back: its next revision. */
export function retracted(violation: Violation, replacedBy?: string): Violation {
  return { ...violation, revision: violation.revision + 1, retracted: true, replacedBy };
}

/** bike-1 entered the zone `park`. */
export function aGeofenceEvent(changes: Partial<GeofenceEvent> = {}): GeofenceEvent {
  return {
    type: 'geofence_event',
    id: 'evt_one',
    revision: 1,
    retracted: false,
    kind: 'entered',
    fleetId: 'f1',
    vehicleId: 'bike-1',
    zoneId: 'park',
    zoneSetVersion: 1,
    at: Date.parse('2026-11-21T10:00:00Z'),
    cause: 'moved',
    certainty: 'certain',
    late: false,
    position: [4.9, 52.37],
    distanceToEdgeM: 12,
    confidence: 1,
    ...changes,
  };
}

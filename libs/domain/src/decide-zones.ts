import { distanceToEdgeM, partsOf, type Position } from '@corral/geo';
import type { Cause, Fact, GeofenceEvent } from './fact';
import { geofenceEventId } from './fact-id';
import type { ZoneStay } from './vehicle-line';
import type { ZoneSet } from './zone-set';

/** Where and when it is decided in which zones a vehicle is. */
export interface ZoneQuestion {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly set: ZoneSet;
  /** The set of the decision before, for zones that are gone from this one. */
  readonly setBefore: ZoneSet | undefined;
  /** What `zonesAt` answered: positions in the set's zones. */
  readonly zones: readonly number[];
  readonly position: Position;
  readonly at: number;
  readonly cause: Cause;
}

/**
 * In which zones is the vehicle now, and which of them did it enter or exit? Every fix decides (profile `immediate`); exits
 * are said before entries. Facts are pushed onto `facts`. Answers the very list given when nothing changed.
 */
export function decideZones(before: readonly ZoneStay[], now: ZoneQuestion, facts: Fact[]): readonly ZoneStay[] {
  const { set, zones } = now;
  const ids = zones.map((zone) => set.definition.zones[zone]!.zoneId);
  if (ids.length === before.length && ids.every((id, i) => id === before[i]!.zoneId)) return before;

  for (const stay of before) if (!ids.includes(stay.zoneId)) facts.push(eventOf(now, 'exited', stay.zoneId));
  return ids.map((zoneId) => {
    const stay = before.find((earlier) => earlier.zoneId === zoneId);
    if (stay) return stay;
    facts.push(eventOf(now, 'entered', zoneId));
    return { zoneId, since: now.at };
  });
}

function eventOf(now: ZoneQuestion, kind: 'entered' | 'exited', zoneId: string): GeofenceEvent {
  const { fleetId, vehicleId, at, cause, position, set } = now;
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
    certainty: 'certain',
    late: false,
    position,
    distanceToEdgeM: distanceTo(zoneId, now),
    confidence: 1,
  };
}

// A zone that is gone is measured as it last was; one whose last shape nobody has any more, as if on its edge.
function distanceTo(zoneId: string, { set, setBefore, position }: ZoneQuestion): number {
  for (const known of [set, setBefore]) {
    const zone = known?.definition.zones[known.positionOf.get(zoneId) ?? -1];
    if (zone) return distanceToEdgeM(position, partsOf(zone.geometry));
  }
  return 0;
}

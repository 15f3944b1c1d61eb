import { distanceToEdgeM, partsOf, type Position } from '@corral/geo';
import type { Fact } from './fact';
import { geofenceEventId } from './fact-id';
import { activeAt } from './rule';
import type { ZoneStay } from './vehicle-line';
import type { ZoneSet } from './zone-set';

/** Where a vehicle came to, and in which zones it is there. Times are epoch milliseconds. */
export interface HopQuestion {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly set: ZoneSet;
  readonly position: Position;
  readonly at: number;
  /** Positions in the set's zones. */
  readonly zones: readonly number[];
}

/**
 * Which zones did the vehicle cross between two fixes that are both outside of them? By the straight way between them, several in one
 * hop in the order in which it came to them; pushed onto `facts`. Crossed is said at the time of the fix that shows it; when the
 * vehicle got in and out is estimated, as if it had kept its speed. After a gap too long to know its way it is only possible.
 */
export function decideCrossings(
  hop: HopQuestion,
  from: Position,
  fromAt: number,
  before: readonly ZoneStay[],
  facts: Fact[],
): void {
  const { fleetId, vehicleId, set, position, at } = hop;
  const zones = set.definition.zones;
  const crossings = set.crossings.between(from, position, (index) => {
    const zone = zones[index]!;
    return !hop.zones.includes(index) && activeAt(zone, at) && !before.some(({ zoneId }) => zoneId === zone.zoneId);
  });
  if (crossings.length === 0) return;

  const gapMs = at - fromAt;
  const certain = gapMs <= CERTAIN_GAP_MS;
  for (const { index, enter, exit } of crossings) {
    const { zoneId, geometry } = zones[index]!;
    const middle = along(from, position, (enter + exit) / 2);
    facts.push({
      type: 'geofence_event',
      id: geofenceEventId(fleetId, vehicleId, zoneId, 'crossed', 'moved', at),
      revision: 1,
      retracted: false,
      kind: 'crossed',
      fleetId,
      vehicleId,
      zoneId,
      zoneSetVersion: set.version,
      at,
      cause: 'moved',
      certainty: certain ? 'certain' : 'possible',
      late: false,
      position: middle,
      distanceToEdgeM: distanceToEdgeM(middle, partsOf(geometry)),
      confidence: certain ? 1 : CERTAIN_GAP_MS / gapMs,
      enteredAt: Math.round(fromAt + gapMs * enter),
      exitedAt: Math.round(fromAt + gapMs * exit),
    });
  }
}

function along([lng, lat]: Position, to: Position, fraction: number): Position {
  return [lng + (to[0] - lng) * fraction, lat + (to[1] - lat) * fraction];
}

/** In half a minute a vehicle of the city can hardly have gone round a zone that lies on its way. */
const CERTAIN_GAP_MS = 30_000;

import type { Position } from '@corral/geo';
import type { Fact, GeofenceEvent } from './fact';
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
  const { set, position, at } = hop;
  const zones = set.definition.zones;
  const wanted = (index: number) => {
    // Nearly always the zones around it are those that it is in: asked first, for nothing of a zone need be read for it.
    if (hop.zones.includes(index) || before.some(({ zoneId }) => zoneId === set.zoneIds[index])) return false;
    // Those that are decided on evidence are judged by a longer way than one hop (decide-passings).
    return set.quiet[index]!.profile === 'immediate' && activeAt(zones[index]!, at);
  };
  const crossings = set.index.crossedBetween(from, position, wanted, hop.zones);
  for (const { index, enter, exit } of crossings) {
    const leg = { from, fromAt, to: position, toAt: at };
    facts.push(crossedOn(hop, index, { enteredAt: timeOn(leg, enter), exitedAt: timeOn(leg, exit), leg, enter, exit }));
  }
}

/** A straight way between two fixes. Times are epoch milliseconds. */
export interface Leg {
  readonly from: Position;
  readonly fromAt: number;
  readonly to: Position;
  readonly toAt: number;
}

/** When is a vehicle that keeps its speed at that fraction of the way? Epoch milliseconds. */
export function timeOn({ fromAt, toAt }: Leg, fraction: number): number {
  return Math.round(fromAt + (toAt - fromAt) * fraction);
}

/** The event that a vehicle crossed a zone, on a leg of which the fractions `enter` to `exit` lie inside. */
export function crossedOn(
  { fleetId, vehicleId, set }: Pick<HopQuestion, 'fleetId' | 'vehicleId' | 'set'>,
  index: number,
  seen: { enteredAt: number; exitedAt: number; leg: Leg; enter: number; exit: number },
): GeofenceEvent {
  const { leg, enter, exit, enteredAt, exitedAt } = seen;
  const zoneId = set.zoneIds[index]!;
  const gapMs = leg.toAt - leg.fromAt;
  const certain = gapMs <= CERTAIN_GAP_MS;
  const middle = along(leg.from, leg.to, (enter + exit) / 2);
  return {
    type: 'geofence_event',
    id: geofenceEventId(fleetId, vehicleId, zoneId, 'crossed', 'moved', leg.toAt),
    revision: 1,
    retracted: false,
    kind: 'crossed',
    fleetId,
    vehicleId,
    zoneId,
    zoneSetVersion: set.version,
    at: leg.toAt,
    cause: 'moved',
    certainty: certain ? 'certain' : 'possible',
    late: false,
    position: middle,
    distanceToEdgeM: set.index.distanceToEdgeM(index, middle),
    confidence: certain ? 1 : CERTAIN_GAP_MS / gapMs,
    enteredAt,
    exitedAt,
  };
}

function along([lng, lat]: Position, to: Position, fraction: number): Position {
  return [lng + (to[0] - lng) * fraction, lat + (to[1] - lat) * fraction];
}

/** In half a minute a vehicle of the city can hardly have gone round a zone that lies on its way. */
const CERTAIN_GAP_MS = 30_000;

import type { Position } from '@corral/geo';
import { areZonesOf } from './are-zones-of';
import { decideOnEvidence } from './decide-on-evidence';
import type { Cause, Fact } from './fact';
import type { Scatter } from './scatter';
import type { ZoneStay } from './vehicle-line';
import type { ZoneEvidence } from './weigh-zone';
import { eventOf } from './zone-event';
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
  /** How its fixes scatter, this one included; none where every fix decides. */
  readonly scatter?: Scatter;
  /** What the fix says besides; none when it is not a fix that is decided on. */
  readonly fix?: NewFix;
  /** Nothing better will be known, as where a trip ends: what is known must do. */
  readonly mustDecide?: boolean;
}

/** What a fix says about itself. */
export interface NewFix {
  /** Since the fix before, ms. */
  readonly sinceLastMs: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
}

/** In which zones the vehicle is held to be, and what speaks for having changed sides of others. */
export interface ZonesDecided {
  readonly zones: readonly ZoneStay[];
  readonly evidence?: readonly ZoneEvidence[];
}

/**
 * In which zones is the vehicle now, and which of them did it enter or exit? A zone with profile `immediate` is decided by every
 * fix, one with `confirmed` on evidence. Exits are said before entries. Facts are pushed onto `facts`. Answers the very lists given
 * where nothing changed.
 */
export function decideZones(before: ZonesDecided, now: ZoneQuestion, facts: Fact[]): ZonesDecided {
  if (now.set.weighsEvidence) return decideOnEvidence(before, now, facts);
  const zones = decideAtOnce(before.zones, now, facts);
  return zones === before.zones && before.evidence === undefined ? before : { zones };
}

function decideAtOnce(before: readonly ZoneStay[], now: ZoneQuestion, facts: Fact[]): readonly ZoneStay[] {
  const { set, zones, position, at } = now;
  if (areZonesOf(before, zones, set)) return before;

  const ids = zones.map((zone) => set.zoneIds[zone]!);
  const said = { at, position, confidence: 1 };
  for (const stay of before) if (!ids.includes(stay.zoneId)) facts.push(eventOf(now, 'exited', stay.zoneId, said));
  return ids.map((zoneId) => {
    const stay = before.find((earlier) => earlier.zoneId === zoneId);
    if (stay) return stay;
    facts.push(eventOf(now, 'entered', zoneId, said));
    return { zoneId, since: at };
  });
}

import type { Position } from '@corral/geo';
import type { Fact, Violation, ViolationKind } from './fact';
import { violationId } from './fact-id';
import { parkingDeadline } from './parking-deadline';
import { outsideServiceArea, resolveRule, type ResolvedRule, type RuleField } from './rule';
import type { Station } from './station';
import { isCloseTo, stationAllowanceM, stationAt, type StationSet } from './station-set';
import type { TripChange, TripPhase } from './trip-phase';
import type { OpenViolation, Standing, ZoneStay } from './vehicle-line';
import type { ZoneSet } from './zone-set';

/** Where, when and as what it is decided which rules a vehicle breaks. */
export interface RuleQuestion {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly set: ZoneSet;
  /** Absent: nobody has said where stations are, so nothing is held against who parks beside them. */
  readonly stations?: StationSet;
  readonly zones: readonly number[];
  readonly position: Position;
  /** Of the position, if it is known. */
  readonly accuracyM?: number;
  readonly at: number;
  readonly vehicleTypeId?: string;
  readonly phase: TripPhase;
  /** The trip it is on, or the one that ends with this report. */
  readonly tripId?: string;
  /** What this report does to a trip, where the state before is known. */
  readonly trip?: TripChange;
  /** The zones that hold the newest fix, where those the vehicle is held to be in need not be the same. */
  readonly seen?: readonly number[];
  /** When and where the vehicle changed sides of a zone, if that has just been decided. */
  readonly changed?: { readonly at: number; readonly position: Position };
  /** What is in force changes, and the vehicle is where it was. */
  readonly isChangePoint?: boolean;
  /** As measured at this very time; nobody knows it at a change point, or when the report does not say. */
  readonly speedMps?: number;
  /** Since when it stands still, if it does. */
  readonly standing?: Standing;
  /** The zones it is in now, and since when. */
  readonly stays: readonly ZoneStay[];
}

/**
 * Which violations are open now? Those that opened and closed are pushed onto `facts`, closings first. Of each kind and zone
 * there is at most one. Answers the very list given when nothing changed.
 */
export function decideViolations(
  before: readonly OpenViolation[],
  now: RuleQuestion,
  facts: Fact[],
): readonly OpenViolation[] {
  const riding = now.phase !== 'parked';
  const mayStandTooLong = now.set.limitsParking && now.standing !== undefined;
  if (!riding && before.length === 0 && now.trip !== 'ends' && !mayStandTooLong) return before;

  const station = now.stations && stationWhereItEnds(now, now.stations, before);
  const rule = resolveRule(now.set, now.zones, now.vehicleTypeId, station);
  const broken = riding ? brokenWhileRiding(now, rule) : brokenWhileParked(now, rule, station);
  if (mayStandTooLong) broken.push(...brokenByStanding(now, rule));
  if (now.phase === 'unknown') broken.push(...brokenByResting(now, rule, station));
  // What one trip broke is over with it, also where the next one breaks the same; but what opened at this very moment, at a change point, has
  // the id that it would be opened under again.
  const mayStay = now.trip === 'changes' ? before.filter(({ openedAt }) => openedAt === now.at) : before;
  const kept = mayStay.filter((open) => staysOpen(open, now, rule, station, riding, broken));
  const unkept = broken.filter((one) => !kept.some((open) => open.kind === one.kind && open.zoneId === one.zoneId));
  const opened = unkept.length > 0 && riding ? whatIsSeen(unkept, now) : unkept;
  const lasting = kept.map((open) => (open.pending ? stillPending(open, now, broken) : open));
  if (opened.length === 0 && kept.length === before.length && lasting.every((open, i) => open === kept[i]))
    return before;

  for (const open of saidOpen(before))
    if (!kept.includes(open)) facts.push(violationOf(now, open, closedAt(open, now)));
  const added = opened.map((one) => openedNow(now, one));
  for (const [i, open] of lasting.entries()) if (kept[i]!.pending && !open.pending) facts.push(violationOf(now, open));
  for (const open of saidOpen(added)) facts.push(violationOf(now, open));
  return [...lasting, ...added];
}

/** Those that were said: all but the pending ones. */
export function saidOpen(open: readonly OpenViolation[]): readonly OpenViolation[] {
  return open.some(({ pending }) => pending) ? open.filter(({ pending }) => !pending) : open;
}

/**
 * One fix over the limit is a slope or a bad reading. Where evidence decides, a speed is told when it was over the limit at every fix for so
 * long that said one; it was broken from the first of them on, and the greatest of them is what was observed.
 */
const SPEEDING_FOR_MS = 10_000;
/** Two fixes over the limit that lie farther apart say nothing of the time between them: it is counted from the later one. */
const KNOWN_FOR_MS = 300_000;

function mustLast(kind: ViolationKind, { set }: RuleQuestion): boolean {
  return kind === 'speeding' && set.definition.profile === 'confirmed';
}

function stillPending(open: OpenViolation, now: RuleQuestion, broken: readonly Breach[]): OpenViolation {
  const seen = broken.find((one) => one.kind === open.kind && one.zoneId === open.zoneId);
  // No speed said: nothing is learned.
  if (!seen) return open;
  if (now.at - open.openedAt > KNOWN_FOR_MS) return openedNow(now, seen);
  const observed = Math.max(open.observed ?? 0, seen.observed ?? 0);
  const pending = mustLast(open.kind, now) && now.at - open.openedAt < SPEEDING_FOR_MS ? true : undefined;
  return pending && observed === open.observed ? open : { ...open, observed, pending };
}

/** Of what is broken where the vehicle is held to be: what is broken where it is seen, too. */
function whatIsSeen(broken: readonly Breach[], now: RuleQuestion): readonly Breach[] {
  if (now.seen === undefined || !broken.some(({ kind }) => isOfPlace(kind))) return broken;
  const seen = brokenWhileRiding({ ...now, zones: now.seen }, resolveRule(now.set, now.seen, now.vehicleTypeId));
  return broken.filter(({ kind }) => !isOfPlace(kind) || seen.some((one) => one.kind === kind));
}

/** Broken by being there, from the first moment on. */
function isOfPlace(kind: ViolationKind): boolean {
  return kind === 'outside_service_area' || kind === 'ride_through_not_allowed';
}

function closedAt({ openedAt }: OpenViolation, { at, changed }: RuleQuestion): number {
  return changed ? Math.max(openedAt, changed.at) : at;
}

/** A violation as evaluation says it, from what is kept of it: revision 1 when it opens, 2 when it closes. */
export function violationOf(
  whose: { fleetId: string; vehicleId: string },
  open: OpenViolation,
  closedAt?: number,
): Violation {
  const { fleetId, vehicleId } = whose;
  return {
    type: 'violation',
    id: violationId(fleetId, vehicleId, open.zoneId, open.kind, open.openedAt),
    revision: closedAt === undefined ? 1 : 2,
    retracted: false,
    kind: open.kind,
    fleetId,
    vehicleId,
    zoneId: open.zoneId,
    zoneSetVersion: open.zoneSetVersion,
    rule: { name: FIELD_OF[open.kind]!, from: open.zoneId ?? 'global' },
    status: closedAt === undefined ? 'open' : 'closed',
    openedAt: open.openedAt,
    closedAt,
    tripId: open.tripId,
    position: [open.lng, open.lat],
    observed: open.observed,
    limit: open.limit,
  };
}

const FIELD_OF: { readonly [kind in ViolationKind]?: RuleField } = {
  ride_start_not_allowed: 'rideStartAllowed',
  ride_end_not_allowed: 'rideEndAllowed',
  ride_through_not_allowed: 'rideThroughAllowed',
  outside_service_area: 'rideThroughAllowed',
  speeding: 'maximumSpeedKph',
  station_parking: 'stationParking',
  parked_too_long: 'maximumParkedMinutes',
};

/** A rule that is broken now. */
interface Breach {
  readonly kind: ViolationKind;
  readonly zoneId?: string;
  readonly observed?: number;
  readonly limit?: number;
}

function brokenWhileRiding(now: RuleQuestion, rule: ResolvedRule): Breach[] {
  const broken: Breach[] = [];
  if ((now.trip === 'starts' || now.trip === 'changes') && rule.rideStartAllowed === false) {
    broken.push({ kind: 'ride_start_not_allowed', zoneId: zoneOf(rule, 'rideStartAllowed') });
  }
  if (outsideServiceArea(now.set, now.zones, now.vehicleTypeId)) broken.push({ kind: 'outside_service_area' });
  else if (rule.rideThroughAllowed === false) {
    broken.push({ kind: 'ride_through_not_allowed', zoneId: zoneOf(rule, 'rideThroughAllowed') });
  }
  const limit = rule.maximumSpeedKph;
  if (limit !== null && now.speedMps !== undefined) {
    const observed = now.speedMps * KPH_PER_MPS;
    // 25 km/h is not a whole number of m/s: what only rounding lifts over the limit is not over it.
    if (observed > limit + ROUNDING_KPH) {
      broken.push({ kind: 'speeding', zoneId: zoneOf(rule, 'maximumSpeedKph'), observed, limit });
    }
  }
  return broken;
}

function brokenWhileParked(now: RuleQuestion, rule: ResolvedRule, station: Station | undefined): Breach[] {
  return now.trip === 'ends' ? brokenByEnding(now, rule, station) : [];
}

function brokenByEnding(now: RuleQuestion, rule: ResolvedRule, station: Station | undefined): Breach[] {
  const broken: Breach[] = [];
  if (rule.rideEndAllowed === false) {
    broken.push({ kind: 'ride_end_not_allowed', zoneId: zoneOf(rule, 'rideEndAllowed') });
  }
  if (isBesideStations(now, rule, station)) {
    broken.push({ kind: 'station_parking', zoneId: zoneOf(rule, 'stationParking') });
  }
  return broken;
}

/** Is it where one parks at stations only, and at none? */
function isBesideStations(now: RuleQuestion, rule: ResolvedRule, station: Station | undefined): boolean {
  return rule.stationParking === true && now.stations !== undefined && station === undefined;
}

/**
 * At which station does a ride start, end or rest here? Nobody asks while it goes on. Where only its fixes say that a vehicle rests, the place where
 * it came to rest is asked alone; and what is held against a parked vehicle is over only well within a station, unless stations changed. Noise would
 * take it there and back otherwise.
 */
function stationWhereItEnds(
  now: RuleQuestion,
  stations: StationSet,
  before: readonly OpenViolation[],
): Station | undefined {
  const { set, position, accuracyM, phase, trip, standing } = now;
  if (phase === 'unknown' && standing?.lng !== undefined) {
    return stationAt(stations, [standing.lng, standing.lat!], stationAllowanceM(set, Infinity));
  }
  if (phase !== 'parked' && trip === undefined) return undefined;
  const isHeld = before.some(({ kind }) => kind === 'station_parking' || kind === 'ride_end_not_allowed');
  if (!isHeld || now.isChangePoint) return stationAt(stations, position, stationAllowanceM(set, accuracyM));
  const station = stationAt(stations, position, 0);
  return station?.area || (station && isCloseTo(station, position)) ? station : undefined;
}

function brokenByStanding(now: RuleQuestion, rule: ResolvedRule): Breach[] {
  const deadline = parkingDeadline(now.standing, now.stays, rule);
  if (!deadline || now.at < deadline.at) return [];
  const { since, zoneId, limitMinutes } = deadline;
  return [{ kind: 'parked_too_long', zoneId, observed: (now.at - since) / MINUTE_MS, limit: limitMinutes }];
}

/** A vehicle that says no state has ended its ride where it has stood for so long: longer than at a crossing, shorter than an errand. */
const RESTS_AFTER_MS = 300_000;

/** Where nobody says that a trip ends, it has ended when the vehicle stands still. */
function brokenByResting(now: RuleQuestion, rule: ResolvedRule, station: Station | undefined): Breach[] {
  const { standing, stays, at } = now;
  if (!standing) return [];
  return brokenByEnding(now, rule, station).filter(({ zoneId }) => {
    const stay = stays.find((one) => one.zoneId === zoneId);
    return at - Math.max(standing.since, stay?.since ?? -Infinity) >= RESTS_AFTER_MS;
  });
}

const MINUTE_MS = 60_000;
const KPH_PER_MPS = 3.6;
const ROUNDING_KPH = 1e-6;

function staysOpen(
  open: OpenViolation,
  now: RuleQuestion,
  rule: ResolvedRule,
  station: Station | undefined,
  riding: boolean,
  broken: readonly Breach[],
): boolean {
  switch (open.kind) {
    // What was wrong about the start stays wrong until the trip is over.
    case 'ride_start_not_allowed':
      return riding;
    // Wherever it was left, it may not stay where it is.
    case 'ride_end_not_allowed':
      if (!riding) return rule.rideEndAllowed === false;
      break;
    case 'station_parking':
      if (!riding) return isBesideStations(now, rule, station);
      break;
    // No speed said is no proof of having slowed down.
    case 'speeding':
      if (riding && now.speedMps === undefined) {
        return rule.maximumSpeedKph !== null && zoneOf(rule, 'maximumSpeedKph') === open.zoneId;
      }
      break;
  }
  return broken.some((one) => one.kind === open.kind && one.zoneId === open.zoneId);
}

function zoneOf(rule: ResolvedRule, field: RuleField): string | undefined {
  const from = rule.from[field];
  return from === 'global' ? undefined : from;
}

function openedNow(now: RuleQuestion, { kind, zoneId, observed, limit }: Breach): OpenViolation {
  const { at, position } = isOfPlace(kind) && now.changed ? now.changed : now;
  const [lng, lat] = position;
  return {
    kind,
    pending: mustLast(kind, now) ? true : undefined,
    zoneId,
    zoneSetVersion: now.set.version,
    openedAt: at,
    tripId: now.tripId,
    lng,
    lat,
    observed,
    limit,
  };
}

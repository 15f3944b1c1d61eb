import { inside, touchesEdge, type Point } from './inside';
import { lineOf, type Line } from './line';
import { outsideServiceArea, ruleAt } from './rule-at';
import type { BookSet, BookZone, ZoneBook } from './zone-book';

/** A report as the topic holds it. Times are epoch milliseconds. */
export interface LoggedReport {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly measuredAt: number;
  readonly receivedAt: number;
  readonly at: number;
  readonly lat?: number;
  readonly lng?: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
  readonly headingDeg?: number;
  readonly state?: string;
  readonly tripId?: string;
  readonly vehicleTypeId?: string;
}

/** A geofence event as the oracle knows it: what makes it itself. */
export interface ExpectedEvent {
  readonly type: 'geofence_event';
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly zoneId: string;
  readonly kind: string;
  readonly cause: string;
  readonly at: number;
}

/** A violation as the oracle knows it. Times are epoch milliseconds. */
export interface ExpectedViolation {
  readonly type: 'violation';
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly zoneId?: string;
  readonly kind: string;
  readonly rule: string;
  readonly openedAt: number;
  closedAt?: number;
}

/** A fact that ought to be there. */
export type ExpectedFact = ExpectedEvent | ExpectedViolation;

/** What one vehicle's records amount to: the facts that must stand in the end, and how its line came together. */
export interface Verdict extends Omit<Line, 'reports'> {
  readonly facts: readonly ExpectedFact[];
}

/** DESIGN 5.2 rule 5: how late a report may come where the zone set does not say. */
const LATENESS_MS = 120_000;

/**
 * Which facts must stand after these records of one vehicle, given in the order of their offsets? Profile `immediate`; late
 * reports in their place. Written from CONTRACT 5 and 6 and DESIGN 5.2 alone, sharing no code with the product.
 */
export function judgeVehicle(records: readonly LoggedReport[], book: ZoneBook | undefined): Verdict {
  const facts: ExpectedFact[] = [];
  const { reports, ...how } = lineOf(records, (at) => book?.setAt(at)?.latenessMs ?? LATENESS_MS);
  let scene: Scene = { at: -Infinity, zones: new Set(), open: [] };

  for (const report of reports) {
    const whose = { fleetId: report.fleetId, vehicleId: report.vehicleId };
    for (const change of book?.changes ?? []) {
      if (change <= scene.at || change > report.at || !scene.position) continue;
      const set = book?.setAt(change);
      if (set) scene = decide(whose, scene, { ...scene, at: change }, { cause: 'zone_changed', set }, facts);
    }
    const after = afterReport(scene, report);
    const set = book?.setAt(report.at);
    const cause = scene.position ? 'moved' : 'first_fix';
    scene =
      set && after.position ? decide(whose, scene, after, { cause, set, speedMps: report.speedMps }, facts) : after;
  }
  return { facts, ...how };
}

/** Where a vehicle is in its story. */
interface Scene {
  readonly at: number;
  readonly position?: Point;
  readonly state?: string;
  readonly vehicleType?: string;
  readonly zones: ReadonlySet<string>;
  readonly open: readonly ExpectedViolation[];
}

function afterReport(before: Scene, report: LoggedReport): Scene {
  const isFix = report.lat !== undefined && report.lng !== undefined;
  return {
    ...before,
    at: report.at,
    position: isFix ? [report.lng!, report.lat!] : before.position,
    state: report.state ?? before.state,
    vehicleType: report.vehicleTypeId ?? before.vehicleType,
  };
}

interface Whose {
  readonly fleetId: string;
  readonly vehicleId: string;
}

function decide(
  whose: Whose,
  before: Scene,
  now: Scene,
  how: { readonly cause: string; readonly set: BookSet; readonly speedMps?: number },
  facts: ExpectedFact[],
): Scene {
  const { set, cause, speedMps } = how;
  const { at } = now;
  const zones = set.zones.filter((zone) => counts(zone, at) && inside(now.position!, zone.geometry));
  const ids = new Set(zones.map((zone) => zone.zoneId));
  const event = (kind: string, zoneId: string) =>
    facts.push({ type: 'geofence_event', ...whose, zoneId, kind, cause, at });
  for (const zoneId of before.zones) if (!ids.has(zoneId)) event('exited', zoneId);
  for (const zoneId of ids) if (!before.zones.has(zoneId)) event('entered', zoneId);
  if (cause === 'moved' && hasMoved(before, now))
    for (const { zoneId, geometry } of set.zones.filter((zone) => counts(zone, at)))
      if (!before.zones.has(zoneId) && !ids.has(zoneId) && touchesEdge(before.position!, now.position!, geometry))
        event('crossed', zoneId);

  const broken = breaches(before, now, zones, set, speedMps);
  const same = (a: Breach, b: Breach) => a.kind === b.kind && a.zoneId === b.zoneId;
  const open: ExpectedViolation[] = [];
  for (const violation of before.open) {
    if (lasts(violation, broken, now, zones, set, speedMps)) open.push(violation);
    else violation.closedAt = at;
  }
  for (const breach of broken) {
    if (open.some((violation) => same(violation, breach))) continue;
    const violation: ExpectedViolation = {
      type: 'violation',
      ...whose,
      ...breach,
      rule: RULE_OF[breach.kind]!,
      openedAt: at,
    };
    facts.push(violation);
    open.push(violation);
  }
  return { ...now, zones: ids, open };
}

interface Breach {
  readonly kind: string;
  readonly zoneId?: string;
}

const RULE_OF: Readonly<Record<string, string>> = {
  ride_start_not_allowed: 'rideStartAllowed',
  ride_end_not_allowed: 'rideEndAllowed',
  ride_through_not_allowed: 'rideThroughAllowed',
  outside_service_area: 'rideThroughAllowed',
  speeding: 'maximumSpeedKph',
};

/** What is wrong at this very moment. */
function breaches(before: Scene, now: Scene, zones: readonly BookZone[], set: BookSet, speedMps?: number): Breach[] {
  const found: Breach[] = [];
  const forbidden = (field: 'rideStartAllowed' | 'rideEndAllowed' | 'rideThroughAllowed', kind: string) => {
    const said = ruleAt(field, set, zones, now.vehicleType);
    if (said?.value === false) found.push({ kind, zoneId: said.zoneId });
  };
  if (isRiding(now)) {
    if (before.state !== undefined && before.state !== 'on_trip' && now.state === 'on_trip')
      forbidden('rideStartAllowed', 'ride_start_not_allowed');
    if (outsideServiceArea(set, zones, now.vehicleType)) found.push({ kind: 'outside_service_area' });
    else forbidden('rideThroughAllowed', 'ride_through_not_allowed');
    const limit = ruleAt('maximumSpeedKph', set, zones, now.vehicleType);
    if (limit && speedMps !== undefined && speedMps * 3.6 > limit.value + 1e-6)
      found.push({ kind: 'speeding', zoneId: limit.zoneId });
  } else if (before.state === 'on_trip') forbidden('rideEndAllowed', 'ride_end_not_allowed');
  return found;
}

/** Does what was wrong go on? */
function lasts(
  violation: ExpectedViolation,
  broken: readonly Breach[],
  now: Scene,
  zones: readonly BookZone[],
  set: BookSet,
  speedMps?: number,
): boolean {
  const still = broken.some((breach) => breach.kind === violation.kind && breach.zoneId === violation.zoneId);
  if (violation.kind === 'ride_start_not_allowed') return isRiding(now); // until the trip is over
  if (violation.kind === 'ride_end_not_allowed')
    // Until it is ridden again, or stands where it may.
    return !isRiding(now) && ruleAt('rideEndAllowed', set, zones, now.vehicleType)?.value === false;
  if (violation.kind === 'speeding' && speedMps === undefined && isRiding(now)) {
    // No speed said is no proof of having slowed down.
    const limit = ruleAt('maximumSpeedKph', set, zones, now.vehicleType);
    return limit !== undefined && limit.zoneId === violation.zoneId;
  }
  return still;
}

/** On a trip, or nobody said that it is not. */
function isRiding({ state }: Scene): boolean {
  return state === undefined || state === 'on_trip';
}

function hasMoved(before: Scene, now: Scene): boolean {
  return before.position![0] !== now.position![0] || before.position![1] !== now.position![1];
}

function counts({ start, end }: BookZone, at: number): boolean {
  return (start === undefined || at >= start) && (end === undefined || at < end);
}

import type { Position } from '@corral/geo';
import { decideCrossings } from './decide-crossings';
import { decidePassings } from './decide-passings';
import { decideViolations, type RuleQuestion } from './decide-violations';
import { decideZones, type NewFix, type ZonesDecided } from './decide-zones';
import type { DoubtedFix } from './anomaly';
import type { Cause, Fact, GeofenceEvent } from './fact';
import { judgeFix, type JudgedFix } from './judge-fix';
import { parkingDeadline } from './parking-deadline';
import { QUIET_DEFAULTS } from './quiet';
import { judgedType, resolveRule, zonesAt } from './rule';
import { scatterWith, startScatter, type Scatter } from './scatter';
import { standStill } from './stand-still';
import { tripChange, tripPhase, type TripChange, type TripPhase } from './trip-phase';
import type { OpenViolation, SaidReport, Standing, VehicleLine, Whose, ZoneStay } from './vehicle-line';
import type { ZoneEvidence } from './weigh-zone';
import { changePointsBetween, entryInForce, setInForce } from './zone-schedule';
import type { ScheduleEntry, ZoneSchedule, ZoneSet } from './zone-set';

/**
 * What is a vehicle's line after one more report (`undefined`: the line begins with it), under these zone sets (`undefined`: the
 * fleet has none yet)? What was decided is pushed onto `facts`, in the order in which it happened. Pure, and blind to the order in
 * which reports come: the report is the next one of the line.
 *
 * Before the report itself, the change points since the last one are decided on the last position, and deadlines that passed
 * meanwhile. A set that was published after the fact, the first one of a fleet above all, is decided on the last position too, at the time of the report that is the first to
 * see it: its effect on the past would be news about yesterday.
 */
export function foldReport(
  line: VehicleLine | undefined,
  report: SaidReport,
  whose: Whose,
  schedule: ZoneSchedule | undefined,
  facts: Fact[],
): VehicleLine {
  const before = line ? withChangesBefore(report, line, whose, schedule, facts) : NOTHING_DECIDED;
  const set = setInForce(schedule, report.at);
  const judged = judgeUnder(line, report, set);
  const scatterBefore = restartedIf(before.zones !== line?.zones, line?.scatter);
  const scatter = scatterUnder(line, scatterBefore, judged?.believed ?? report, judged, set);
  const next = withSaid(line, report, before, judged, scatter);
  const position = positionOf(next);
  if (!position) return next;
  const tripId = namedTrip(line, report);
  const moment: Moment = {
    fleetId: whose.fleetId,
    vehicleId: whose.vehicleId,
    position,
    accuracyM: next.accuracyM,
    at: report.at,
    cause: line?.lat === undefined ? 'first_fix' : 'moved',
    phase: next.phase,
    trip: line && tripChange({ phase: line.phase, tripId: tripOf(line) }, { phase: next.phase, tripId }),
    vehicleTypeId: next.vehicleTypeId,
    tripId,
    speedMps: judged ? judged.believed.speedMps : report.speedMps,
    standing: next.standing,
    scatter,
    fix: next.fixAt === report.at ? newFix(line, next) : undefined,
  };
  const vindicated = judged?.vindicated ?? NONE;
  let decided = before;
  for (const fix of vindicated) decided = decide(beforeNow(fix, moment), undefined, decided, schedule, facts);
  decided = decide(moment, vindicated.length === 0 ? line : whereItWas(vindicated), decided, schedule, facts);
  if (decided === before) return next;
  return withSaid(line, report, decided, judged, restartedIf(decided.zones !== before.zones, scatter));
}

// What was decided on the fixes so far is no evidence for the next decision.
function restartedIf(decidedAnew: boolean, scatter: Scatter | undefined): Scatter | undefined {
  return scatter && decidedAnew ? { ...scatter, since: undefined } : scatter;
}

function newFix(line: VehicleLine | undefined, { at, accuracyM, speedMps }: VehicleLine): NewFix {
  return { sinceLastMs: line?.fixAt === undefined ? Infinity : at - line.fixAt, accuracyM, speedMps };
}

/**
 * The same for a report of which is known that nothing was decided by it: what it says, without asking where it is. Exactly what
 * `foldReport` answers when it pushes no fact and changes no decision.
 */
export function foldSaid(
  line: VehicleLine | undefined,
  report: SaidReport,
  schedule: ZoneSchedule | undefined,
): VehicleLine {
  const set = setInForce(schedule, report.at);
  const judged = judgeUnder(line, report, set);
  const scatter = scatterUnder(line, line?.scatter, judged?.believed ?? report, judged, set);
  return withSaid(line, report, line ?? NOTHING_DECIDED, judged, scatter);
}

/**
 * What is a vehicle's line when time has passed up to then and no report came? Change points and deadlines are decided on the last position, with
 * the very ids that `foldReport` gives them before a later report.
 */
export function foldTime(
  line: VehicleLine,
  upTo: number,
  whose: Whose,
  schedule: ZoneSchedule | undefined,
  facts: Fact[],
): VehicleLine {
  if (upTo <= decidedTo(line)) return line;
  const decided = withoutReport(line, upTo, whose, schedule, facts);
  const scatter = restartedIf(decided.zones !== line.zones, line.scatter);
  return { ...line, ...decisionsOf(decided), scatter, decidedTo: upTo };
}

/** Up to when is everything on the line decided? Epoch milliseconds. */
export function decidedTo(line: VehicleLine): number {
  return line.decidedTo ?? line.at;
}

/** When will the vehicle have stood too long if nothing more is heard and nothing changes? Epoch milliseconds. */
export function nextDeadline(line: VehicleLine, schedule: ZoneSchedule | undefined): number | undefined {
  return deadlineAfter(decidedTo(line), line, line, schedule);
}

/** Is what was decided the very same at both moments of a line? */
export function sameDecisions(a: Decided | undefined, b: Decided): boolean {
  const before = a ?? NOTHING_DECIDED;
  return (
    before.zones === b.zones &&
    before.open === b.open &&
    before.evidence === b.evidence &&
    before.zoneSetVersion === b.zoneSetVersion &&
    before.vehicleTypeMissing === b.vehicleTypeMissing
  );
}

/** What decisions change. */
interface Decided {
  readonly zones: readonly ZoneStay[];
  readonly open: readonly OpenViolation[];
  readonly evidence?: readonly ZoneEvidence[];
  readonly zoneSetVersion?: number;
  readonly vehicleTypeMissing: boolean;
}

const NOTHING_DECIDED: Decided = { zones: [], open: [], vehicleTypeMissing: false };
const NONE: readonly DoubtedFix[] = [];

/** With profile `immediate` every fix decides: what is odd about it is known, and it is believed all the same. */
function judgeUnder(
  line: VehicleLine | undefined,
  report: SaidReport,
  set: ZoneSet | undefined,
): JudgedFix | undefined {
  const judged = judgeFix(line, report);
  if (!judged || set?.weighsEvidence) return judged;
  return { ...judged, believed: report, doubted: NONE, vindicated: NONE };
}

/** How the fixes scatter with what is believed of the report; nobody asks where every fix decides. */
function scatterUnder(
  line: VehicleLine | undefined,
  before: Scatter | undefined,
  believed: SaidReport,
  judged: JudgedFix | undefined,
  set: ZoneSet | undefined,
): Scatter | undefined {
  if (!set?.weighsEvidence) return undefined;
  const { lng, lat, at, accuracyM } = believed;
  if (lng === undefined || lat === undefined) return before;
  let scatter = before;
  let from: Position = [line?.lng ?? lng, line?.lat ?? lat];
  for (const fix of [...(judged?.vindicated ?? NONE), { lng, lat, at, accuracyM }]) {
    scatter = scatter
      ? scatterWith(scatter, from, fix)
      : startScatter(fix, set.definition.quiet?.noiseM ?? QUIET_DEFAULTS.noiseM);
    from = [fix.lng, fix.lat];
  }
  return scatter;
}

/** The moment of a fix that was doubted, as it would have been decided. */
function beforeNow({ lng, lat, accuracyM, at, speedMps }: DoubtedFix, now: Moment): Moment {
  return {
    ...now,
    position: [lng, lat],
    accuracyM,
    at,
    cause: 'moved',
    trip: undefined,
    speedMps,
    fix: undefined,
    mustDecide: true,
  };
}

// Taken on a truck, it rode through nothing that lies between: the way is asked only from the last doubted fix on.
function whereItWas(vindicated: readonly DoubtedFix[]): Whereabouts {
  const { at, lng, lat } = vindicated.at(-1)!;
  return { fixAt: at, lng, lat };
}

function withChangesBefore(
  report: SaidReport,
  line: VehicleLine,
  whose: Whose,
  schedule: ZoneSchedule | undefined,
  facts: Fact[],
): Decided {
  const position = positionOf(line);
  if (!schedule || !position) return line;

  const decided = withoutReport(line, report.at, whose, schedule, facts);
  const learnedLate = decided.zoneSetVersion !== setInForce(schedule, report.at)?.version;
  return learnedLate
    ? decide(onLastPosition(line, report.at, position, whose), undefined, decided, schedule, facts)
    : decided;
}

/** What is decided after the line and up to then though nothing is reported: change points and deadlines, in their order. */
function withoutReport(
  line: VehicleLine,
  upTo: number,
  whose: Whose,
  schedule: ZoneSchedule | undefined,
  facts: Fact[],
): Decided {
  const position = positionOf(line);
  if (!schedule || !position) return line;
  let decided: Decided = line;
  let now = decidedTo(line);
  const points = changePointsBetween(schedule, now, upTo);
  for (let next = 0; ;) {
    const point = points[next] ?? Infinity;
    const deadline = deadlineAfter(now, line, decided, schedule) ?? Infinity;
    now = Math.min(point, deadline);
    if (now > upTo) return decided;
    const moment = onLastPosition(line, now, position, whose);
    if (now === point) {
      next += 1;
      decided = decide(moment, undefined, decided, schedule, facts);
    } else decided = decideDeadline(moment, decided, entryInForce(schedule, now)!, facts);
  }
}

function onLastPosition(line: VehicleLine, at: number, position: Position, { fleetId, vehicleId }: Whose): Moment {
  const { phase, vehicleTypeId, tripId, standing, scatter, accuracyM } = line;
  const who = { fleetId, vehicleId, phase, vehicleTypeId, tripId, accuracyM };
  return { ...who, position, at, cause: 'zone_changed', standing, scatter };
}

/** The next deadline that has not passed at that time, as things stand then. */
function deadlineAfter(
  now: number,
  { standing, vehicleTypeId }: VehicleLine,
  { zones, zoneSetVersion }: Decided,
  schedule: ZoneSchedule | undefined,
): number | undefined {
  if (!standing) return undefined;
  const set = setInForce(schedule, now);
  if (!set?.limitsParking || set.version !== zoneSetVersion) return undefined;
  const deadline = parkingDeadline(standing, zones, resolveRule(set, placesOf(zones, set), vehicleTypeId));
  return deadline && deadline.at > now ? deadline.at : undefined;
}

/** Nothing moved and nothing changed: only what has lasted too long is decided. */
function decideDeadline(moment: Moment, before: Decided, { set, stations }: ScheduleEntry, facts: Fact[]): Decided {
  const question = { ...moment, set, stations, zones: placesOf(before.zones, set), stays: before.zones };
  const open = decideViolations(before.open, question, facts);
  return open === before.open ? before : { ...decisionsOf(before), open };
}

function decisionsOf({ zones, open, evidence, zoneSetVersion, vehicleTypeMissing }: Decided): Decided {
  return { zones, open, evidence, zoneSetVersion, vehicleTypeMissing };
}

function placesOf(stays: readonly ZoneStay[], { positionOf }: ZoneSet): number[] {
  return stays.flatMap(({ zoneId }) => positionOf.get(zoneId) ?? []);
}

/** The line with what is believed of the report, and with these decisions. */
function withSaid(
  line: VehicleLine | undefined,
  said: SaidReport,
  decided: Decided,
  judged: JudgedFix | undefined,
  scatter: Scatter | undefined,
): VehicleLine {
  const report = judged ? judged.believed : said;
  const isFix = report.lat !== undefined && report.lng !== undefined;
  const phase = tripPhase(line?.phase ?? 'unknown', report.state);
  return {
    at: report.at,
    receivedAt: line ? Math.max(report.receivedAt, line.receivedAt) : report.receivedAt,
    fixAt: isFix ? report.at : line?.fixAt,
    lng: isFix ? report.lng : line?.lng,
    lat: isFix ? report.lat : line?.lat,
    // Accuracy, speed and heading are of their fix; what a state report says about them stands beside the last position.
    accuracyM: isFix ? report.accuracyM : (report.accuracyM ?? line?.accuracyM),
    speedMps: isFix ? report.speedMps : (report.speedMps ?? line?.speedMps),
    headingDeg: isFix ? report.headingDeg : (report.headingDeg ?? line?.headingDeg),
    batteryPercent: report.batteryPercent ?? line?.batteryPercent,
    state: report.state ?? line?.state,
    phase,
    tripId: phase === 'parked' ? report.tripId : namedTrip(line, report),
    standing: standStill(line, report, phase),
    vehicleTypeId: report.vehicleTypeId ?? line?.vehicleTypeId,
    anomaly: judged || isFix ? judged?.anomaly : line?.anomaly,
    stuckSince: judged?.stuckSince,
    doubted: judged && judged.doubted.length > 0 ? judged.doubted : undefined,
    scatter,
    evidence: decided.evidence,
    zoneSetVersion: decided.zoneSetVersion,
    vehicleTypeMissing: decided.vehicleTypeMissing,
    zones: decided.zones,
    open: decided.open,
  };
}

/** The trip a report is about: the one it names, else the one the vehicle was on. */
function namedTrip(line: VehicleLine | undefined, report: SaidReport): string | undefined {
  return report.tripId ?? (line && tripOf(line));
}

function tripOf({ phase, tripId }: VehicleLine): string | undefined {
  return phase === 'parked' ? undefined : tripId;
}

/** One decision on the line: by a report, or by a change point on the last position. */
interface Moment {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly position: Position;
  readonly accuracyM?: number;
  readonly at: number;
  readonly cause: Cause;
  readonly phase: TripPhase;
  readonly trip?: TripChange;
  readonly tripId?: string;
  readonly vehicleTypeId?: string;
  readonly speedMps?: number;
  readonly standing?: Standing;
  readonly scatter?: Scatter;
  readonly fix?: NewFix;
  /** Nothing better will be known: what is known must do. */
  readonly mustDecide?: boolean;
}

type Whereabouts = Pick<VehicleLine, 'fixAt' | 'lng' | 'lat' | 'scatter'>;

/** `from` is where it may have moved from. Answers the very decisions given when nothing changed. */
function decide(
  moment: Moment,
  from: Whereabouts | undefined,
  before: Decided,
  schedule: ZoneSchedule | undefined,
  facts: Fact[],
): Decided {
  const inForce = entryInForce(schedule, moment.at);
  // Before there are zones nothing is decided.
  if (!inForce) return before;
  const { set, stations } = inForce;
  const { position, at, trip, vehicleTypeId, scatter } = moment;
  const question = {
    ...moment,
    mustDecide: moment.mustDecide === true || trip !== undefined,
    set,
    stations,
    isChangePoint: moment.cause === 'zone_changed',
    setBefore: before.zoneSetVersion === set.version ? set : setOfVersion(schedule, before.zoneSetVersion),
    zones: zonesAt(set, position, at),
  };
  let weighed: ZonesDecided = before;
  if (from?.fixAt !== undefined && (from.lng !== position[0] || from.lat !== position[1])) {
    const was: Position = [from.lng!, from.lat!];
    if (set.decidesAtOnce) decideCrossings(question, was, from.fixAt, before.zones, facts);
    if (set.weighsEvidence) {
      const way = { from: was, fromAt: from.fixAt, before: before.zones, scatterBefore: from.scatter, scatter };
      weighed = withoutPassed(before, decidePassings(question, way, facts));
    }
  }
  const told = facts.length;
  const { zones, evidence } = decideZones(weighed, question, facts);
  let open = before.open;
  // Without rules nothing can be broken.
  if (set.hasRules || open.length > 0) {
    const ruled = set.weighsEvidence ? onEvidence(question, zones, facts, told) : { ...question, stays: zones };
    open = decideViolations(open, ruled, facts);
  }
  const vehicleTypeMissing = judgedType(set, vehicleTypeId).missing;
  const same =
    zones === before.zones &&
    open === before.open &&
    evidence === before.evidence &&
    set.version === before.zoneSetVersion &&
    vehicleTypeMissing === before.vehicleTypeMissing;
  return same ? before : { zones, open, evidence, zoneSetVersion: set.version, vehicleTypeMissing };
}

function withoutPassed({ zones, evidence }: Decided, passed: readonly string[]): ZonesDecided {
  if (passed.length === 0 || !evidence) return { zones, evidence };
  const left = evidence.filter(({ zoneId }) => !passed.includes(zoneId));
  return { zones, evidence: left.length > 0 ? left : undefined };
}

/**
 * Rules are judged by the zones that the vehicle is held to be in. Where evidence decides, what a change of sides breaks was broken
 * from the first fix beyond the edge, and nothing is held against a vehicle that its newest fix contradicts.
 */
function onEvidence(
  question: Moment & { readonly set: ZoneSet; readonly zones: readonly number[] },
  held: readonly ZoneStay[],
  facts: readonly Fact[],
  told: number,
): RuleQuestion {
  const zones = held.flatMap(({ zoneId }) => question.set.positionOf.get(zoneId) ?? []);
  let changed: { at: number; position: Position } | undefined;
  for (let i = told; i < facts.length && question.trip === undefined; i += 1) {
    const event = facts[i] as GeofenceEvent;
    if (!changed || event.at > changed.at) changed = event;
  }
  return { ...question, stays: held, zones, seen: question.zones, changed };
}

function setOfVersion(schedule: ZoneSchedule | undefined, version: number | undefined): ZoneSet | undefined {
  return schedule?.entries.findLast((entry) => entry.set.version === version)?.set;
}

function positionOf({ lng, lat }: VehicleLine): Position | undefined {
  return lng === undefined || lat === undefined ? undefined : [lng, lat];
}

import type { Anomaly } from './anomaly';
import type { Fact } from './fact';
import { factDifference, type FactDifference } from './fact-difference';
import { decidedTo, foldReport, sameDecisions } from './fold-report';
import { learnSchedule, openFacts, type EarlierSchedules } from './learn-schedule';
import { moveCheckpoint } from './move-checkpoint';
import { closeMemory, foldStretch, openMemory, type OutsideOfLine } from './recent-line';
import { NO_REPORTS, withReport, type RecentReport } from './recent-reports';
import type { Report } from './report';
import { sameValues } from './same-values';
import { contactOf, silenceOf } from './silence';
import type { VehicleLine } from './vehicle-line';
import { LATENESS_MS, type VehicleMemory } from './vehicle-memory';
import { setInForce } from './zone-schedule';
import type { ZoneSchedule } from './zone-set';

/** What one more report of a vehicle means. */
export interface StepResult {
  readonly memory: VehicleMemory;
  /**
   * All but `decided` belong to the history only. `replaced`: one with the same `measuredAt` and other values was received later
   * and is known already; `late_beyond_window`: it comes too late to change anything.
   */
  readonly outcome: 'decided' | 'duplicate' | 'replaced' | 'late_beyond_window';
  /**
   * In the order in which it happened. `revision` is what it is when nothing was ever taken back: 1, and 2 for a violation that
   * closed. Whoever keeps the facts counts on from what he has.
   */
  readonly asserted: readonly Fact[];
  /** Facts taken back. */
  readonly retracted: readonly Fact[];
  /** Both, in the order in which they are to be told: of one fact the last one counts. */
  readonly told: readonly Fact[];
  /** How many reports were closed before the lateness window was over, for there were too many in it. */
  readonly closedEarly: number;
  /** What is wrong with the report, if it is the newest: one that takes its place among others is judged there, and not told. */
  readonly anomaly?: Anomaly;
}

/**
 * What follows from one more report of a vehicle whose memory this is (`undefined`: the first we hear of it), under these zone
 * sets (`undefined`: the fleet has none yet)? Pure: everything comes from the arguments. The ten rules of DESIGN 5.2: in whatever
 * order reports come, as long as nothing comes a lateness window or more after something newer, the facts that are not taken back
 * are those of the sorted line.
 *
 * A line that was folded under an older revision of the schedule is first folded anew under both (`earlier` is asked for the older
 * one), and what differs is told.
 */
export function step(
  memory: VehicleMemory | undefined,
  report: Report,
  schedule: ZoneSchedule | undefined,
  earlier: EarlierSchedules = noneKnown,
): StepResult {
  if (!memory) return heard(append(undefined, report, schedule), memory, report);
  if (memory.scheduleRevision === revisionOf(schedule)) return heard(take(memory, report, schedule), memory, report);
  const learned = learnSchedule(memory, report, schedule, earlier);
  const taken = take(learned.memory, report, schedule);
  const both = {
    ...taken,
    asserted: [...learned.asserted, ...taken.asserted],
    retracted: [...learned.retracted, ...taken.retracted],
    told: [...learned.retracted, ...learned.asserted, ...taken.told],
  };
  return heard(both, memory, report);
}

/** The vehicle was heard of, unless the report was only a duplicate; if it was silent, that is over. */
function heard(result: StepResult, before: VehicleMemory | undefined, report: Report): StepResult {
  if (result.outcome === 'duplicate') return result;
  const contact = contactOf(report);
  const { contactAt, silent } = result.memory;
  const isNews = !before || contact > contactAt;
  if (!isNews) return result;
  // What a polled source measured long ago ends no silence.
  if (!silent || report.receivedAt > contact + silent.limitS * 1_000)
    return { ...result, memory: { ...result.memory, contactAt: contact } };
  const over = silenceOf(report, silent, Math.max(report.receivedAt, silent.openedAt));
  return {
    ...result,
    memory: { ...result.memory, contactAt: contact, silent: undefined },
    asserted: [...result.asserted, over],
    told: [...result.told, over],
  };
}

function noneKnown(revision: number): never {
  throw new Error(`fold a line anew: it was folded under revision ${revision} of the schedule, which was not given`);
}

function revisionOf(schedule: ZoneSchedule | undefined): number {
  return schedule?.revision ?? 0;
}

function take(memory: VehicleMemory, report: Report, schedule: ZoneSchedule | undefined): StepResult {
  // Nearly always: it is news, and the newest.
  if (report.at > decidedTo(memory.head) && report.measuredAt > memory.measuredLast)
    return append(memory, report, schedule);
  return insert(memory, report, schedule);
}

/** The fast path: one step from the head. */
function append(memory: VehicleMemory | undefined, report: Report, schedule: ZoneSchedule | undefined): StepResult {
  const facts: Fact[] = [];
  const before = memory?.head;
  const head = foldReport(before, report, report, schedule, facts);
  // What was decided without a report before this one is decided with it when both are folded anew.
  const plain = facts.length === 0 && before?.decidedTo === undefined && sameDecisions(before, head);
  const closedAt = closedBy(report, memory, schedule);
  const outside = {
    head,
    closedAt,
    scheduleRevision: revisionOf(schedule),
    contactAt: contactAfter(memory, report),
    silent: memory?.silent,
    lookAt: memory?.lookAt,
  };
  const moved =
    before && decidedTo(before) <= closedAt
      ? // All before it is closed: the head that was is the checkpoint that is.
        alone(before, report, outside, plain)
      : moveCheckpoint(after(memory, report, outside, plain), report, schedule);
  const anomaly = report.lat === undefined && report.measuredAt === report.at ? undefined : head.anomaly;
  return {
    memory: moved.memory,
    closedEarly: moved.closedEarly,
    outcome: 'decided',
    asserted: facts,
    retracted: NOTHING,
    told: facts,
    anomaly,
  };
}

// What ends a silence is for `heard`; otherwise this spares it to make the memory once more.
function contactAfter(memory: VehicleMemory | undefined, report: Report): number {
  if (!memory) return contactOf(report);
  return memory.silent ? memory.contactAt : Math.max(memory.contactAt, contactOf(report));
}

function alone(checkpoint: VehicleLine, report: Report, outside: OutsideOfLine, plain: boolean) {
  return { memory: closeMemory({ checkpoint, reports: [recentOf(report, plain)] }, outside), closedEarly: 0 };
}

function after(
  memory: VehicleMemory | undefined,
  report: Report,
  outside: OutsideOfLine,
  plain: boolean,
): VehicleMemory {
  const recent = withReport(memory?.recent ?? NO_REPORTS, memory?.head.at ?? report.at, recentOf(report, plain));
  return {
    v: 3,
    checkpoint: memory?.checkpoint,
    recent,
    texts: textsWith(memory?.texts ?? NO_TEXTS, report),
    measuredLast: report.measuredAt,
    ...outside,
  };
}

function textsWith(texts: readonly string[], { tripId, vehicleTypeId }: Report): readonly string[] {
  const newTrip = tripId !== undefined && !texts.includes(tripId);
  const newType = vehicleTypeId !== undefined && !texts.includes(vehicleTypeId);
  return newTrip || newType ? [...texts, ...(newTrip ? [tripId] : []), ...(newType ? [vehicleTypeId] : [])] : texts;
}

const NO_TEXTS: readonly string[] = [];
const NOTHING: readonly Fact[] = [];

/** What is closed with this report: the lateness window before it. A clock that is ahead of the receipt does not close it sooner. */
function closedBy(
  { at, receivedAt }: Report,
  memory: VehicleMemory | undefined,
  schedule: ZoneSchedule | undefined,
): number {
  const latenessMs = setInForce(schedule, at)?.definition.latenessMs ?? LATENESS_MS;
  return Math.max(memory?.closedAt ?? -Infinity, Math.min(at, receivedAt) - latenessMs);
}

/** A report that is late, or one again: it takes its place on the line, and what follows from it is folded anew. */
function insert(memory: VehicleMemory, report: Report, schedule: ZoneSchedule | undefined): StepResult {
  const { checkpoint, reports } = openMemory(memory);
  const known = reports.findIndex(({ measuredAt }) => measuredAt === report.measuredAt);
  if (known !== -1 && sameValues(reports[known]!, report))
    return repeated(memory, { checkpoint, reports }, known, report);
  if (report.at <= memory.closedAt) return unchanged(memory, 'late_beyond_window');
  if (known !== -1 && reports[known]!.receivedAt > report.receivedAt) return unchanged(memory, 'replaced');
  if (known !== -1 && reports[known]!.at <= memory.closedAt) return unchanged(memory, 'late_beyond_window');

  const others = reports.filter((_, i) => i !== known);
  const place = others.findIndex(({ at }) => at >= report.at);
  const to = place === -1 ? others.length : place;
  // There is one report for each moment of the line: of two, the one whose own clock said so.
  const rival = others[to]?.at === report.at ? others[to] : undefined;
  if (rival && rival.measuredAt < report.measuredAt) return unchanged(memory, 'late_beyond_window');
  const inserted = [...others.slice(0, to), recentOf(report, false), ...others.slice(rival ? to + 1 : to)];

  const same = known === -1 ? to : Math.min(known, to);
  const under = { whose: report, schedule };
  const passed = { ...under, decidedTo: memory.head.decidedTo };
  const line = foldStretch(checkpoint, reports.slice(0, same), { ...under, again: true }).line;
  const before = foldStretch(line, reports.slice(same), { ...passed, again: true });
  const now = foldStretch(line, inserted.slice(same), { ...passed, again: false });
  const changed = closeMemory(
    { checkpoint, reports: [...reports.slice(0, same), ...now.reports] },
    { ...memory, head: now.line!, closedAt: closedBy(report, memory, schedule) },
  );
  const moved = moveCheckpoint(changed, report, schedule);
  const difference = factDifference(openFacts(line, report), before.facts, now.facts);
  const { asserted, retracted } = report.at < memory.head.at ? late(difference) : difference;
  return { ...moved, asserted, retracted, told: [...retracted, ...asserted], outcome: 'decided' };
}

function unchanged(memory: VehicleMemory, outcome: StepResult['outcome']): StepResult {
  return { memory, outcome, asserted: NOTHING, retracted: NOTHING, told: NOTHING, closedEarly: 0 };
}

/** A duplicate decides nothing; of what is received later still, the report that it repeats is judged by its newest receipt. */
function repeated(
  memory: VehicleMemory,
  open: ReturnType<typeof openMemory>,
  known: number,
  report: Report,
): StepResult {
  const { receivedAt } = report;
  if (receivedAt <= open.reports[known]!.receivedAt || report.at <= memory.closedAt)
    return unchanged(memory, 'duplicate');
  const reports = open.reports.map((one, i) => (i === known ? { ...one, receivedAt } : one));
  return unchanged(closeMemory({ ...open, reports }, memory), 'duplicate');
}

function late(difference: FactDifference): FactDifference {
  return {
    ...difference,
    asserted: difference.asserted.map((fact) => (fact.type === 'geofence_event' ? { ...fact, late: true } : fact)),
  };
}

/** What is kept of a report. One shape, field by field: it is made for every report there is. */
function recentOf(report: Report, plain: boolean): RecentReport {
  const { at, measuredAt, receivedAt, lat, lng, accuracyM, speedMps, headingDeg } = report;
  const { batteryPercent, state, tripId, vehicleTypeId } = report;
  return {
    plain,
    at,
    measuredAt,
    receivedAt,
    lng,
    lat,
    accuracyM,
    speedMps,
    headingDeg,
    batteryPercent,
    state,
    tripId,
    vehicleTypeId,
  };
}

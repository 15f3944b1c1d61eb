import { saidOpen, violationOf } from './decide-violations';
import type { Fact } from './fact';
import { factDifference, type FactDifference } from './fact-difference';
import { decidedTo } from './fold-report';
import { closeMemory, foldStretch, openMemory } from './recent-line';
import type { VehicleLine, Whose } from './vehicle-line';
import type { VehicleMemory } from './vehicle-memory';
import { sameInForce } from './zone-schedule';
import type { ZoneSchedule } from './zone-set';

/** Under which schedule was a line folded: the fleet's at that revision. */
export type EarlierSchedules = (revision: number) => ZoneSchedule | undefined;

/**
 * What differs for a vehicle under a schedule that was learned after its line was folded? What can still change of the line is folded anew under
 * both, if it makes a difference as far as it is decided.
 */
export function learnSchedule(
  memory: VehicleMemory,
  whose: Whose,
  schedule: ZoneSchedule | undefined,
  earlier: EarlierSchedules,
): FactDifference & { readonly memory: VehicleMemory } {
  const { head, closedAt } = memory;
  const scheduleRevision = schedule?.revision ?? 0;
  if (memory.scheduleRevision === scheduleRevision) return { memory, asserted: NOTHING, retracted: NOTHING };
  const known = memory.scheduleRevision === 0 ? undefined : earlier(memory.scheduleRevision);
  const { checkpoint, reports } = openMemory(memory);
  const closed = reports.filter(({ at }) => at <= closedAt);
  const rest = reports.slice(closed.length);
  const { line } = foldStretch(checkpoint, closed, { whose, schedule: known, again: true });
  if (sameInForce(known, schedule, line?.at ?? rest[0]!.at, decidedTo(head))) {
    return { memory: { ...memory, scheduleRevision }, asserted: NOTHING, retracted: NOTHING };
  }
  const under = { whose, decidedTo: head.decidedTo };
  const before = foldStretch(line, rest, { ...under, schedule: known, again: true });
  const now = foldStretch(line, rest, { ...under, schedule, again: false });
  return {
    memory: closeMemory({ checkpoint: line, reports: now.reports }, { ...memory, head: now.line!, scheduleRevision }),
    ...factDifference(openFacts(line, whose), before.facts, now.facts),
  };
}

/** The violations that stand open where a line ends. */
export function openFacts(line: VehicleLine | undefined, whose: Whose): readonly Fact[] {
  return line ? saidOpen(line.open).map((open) => violationOf(whose, open)) : NOTHING;
}

const NOTHING: readonly Fact[] = [];

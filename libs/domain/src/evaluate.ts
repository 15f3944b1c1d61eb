import type { Fact } from './fact';
import type { Report } from './report';
import { step, type StepResult } from './step';
import { COMPARED, type VehicleMemory } from './vehicle-memory';
import type { ZoneSchedule } from './zone-set';

/** What several reports of one vehicle mean together. */
export interface Evaluation {
  /** `undefined` only when nothing was known and nothing came. */
  readonly memory: VehicleMemory | undefined;
  readonly asserted: readonly Fact[];
  readonly retracted: readonly Fact[];
  /** What became of each report, in the order given. `replaced`: a later one in the list has the same `measuredAt`. */
  readonly outcomes: readonly (StepResult['outcome'] | 'replaced')[];
}

/**
 * What follows from these reports of one vehicle: the fold of `step` over them. They are sorted by `at` first (equal ones stay
 * as they came). Two with the same `measuredAt` are one report: the later in the list stays if their values differ.
 */
export function evaluate(
  memory: VehicleMemory | undefined,
  reports: readonly Report[],
  schedule: ZoneSchedule | undefined,
): Evaluation {
  const outcomes: Evaluation['outcomes'][number][] = Array.from(reports, () => 'duplicate' as const);
  const asserted: Fact[] = [];
  const retracted: Fact[] = [];
  let state = memory;
  for (const i of inOrder(reports, outcomes)) {
    const result = step(state, reports[i]!, schedule);
    state = result.memory;
    asserted.push(...result.asserted);
    retracted.push(...result.retracted);
    outcomes[i] = result.outcome;
  }
  return { memory: state, asserted, retracted, outcomes };
}

/** The places in the list of the reports that count, ordered by `at`. Marks the ones that a later one replaces. */
function inOrder(reports: readonly Report[], outcomes: Evaluation['outcomes'][number][]): readonly number[] {
  const staying = new Map<number, number>();
  for (const [i, report] of reports.entries()) {
    const earlier = staying.get(report.measuredAt);
    if (earlier !== undefined) {
      if (sameValues(reports[earlier]!, report)) continue;
      outcomes[earlier] = 'replaced';
    }
    staying.set(report.measuredAt, i);
  }
  return [...staying.values()].sort((a, b) => reports[a]!.at - reports[b]!.at || a - b);
}

function sameValues(a: Report, b: Report): boolean {
  return COMPARED.every((field) => a[field] === b[field]);
}

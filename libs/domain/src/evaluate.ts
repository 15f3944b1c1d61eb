import type { Anomaly } from './anomaly';
import type { Fact } from './fact';
import type { Report } from './report';
import { sameValues } from './same-values';
import type { EarlierSchedules } from './learn-schedule';
import { withLookAt } from './look-at';
import { step, type StepResult } from './step';
import type { VehicleMemory } from './vehicle-memory';
import type { ZoneSchedule } from './zone-set';

/** What several reports of one vehicle mean together. */
export interface Evaluation {
  /** `undefined` only when nothing was known and nothing came. */
  readonly memory: VehicleMemory | undefined;
  readonly asserted: readonly Fact[];
  readonly retracted: readonly Fact[];
  /** Both, in the order in which they are to be told: of one fact the last one counts. */
  readonly told: readonly Fact[];
  /** How many reports were closed before the lateness window was over, for there were too many in it. */
  readonly closedEarly: number;
  /** What is wrong with reports that were the newest, in the order of the line. */
  readonly anomalies: readonly Anomaly[];
  /** What became of each report, in the order given. `replaced`: a later one in the list has the same `measuredAt`. */
  readonly outcomes: readonly StepResult['outcome'][];
}

/**
 * What follows from these reports of one vehicle: the fold of `step` over them. They are sorted by `at` first (equal ones stay
 * as they came). Two with the same `measuredAt` are one report: if their values differ, the later received stays, of one request the later in
 * the list.
 */
export function evaluate(
  memory: VehicleMemory | undefined,
  reports: readonly Report[],
  schedule: ZoneSchedule | undefined,
  earlier?: EarlierSchedules,
): Evaluation {
  const outcomes: Evaluation['outcomes'][number][] = Array.from(reports, () => 'duplicate' as const);
  const asserted: Fact[] = [];
  const retracted: Fact[] = [];
  const told: Fact[] = [];
  const anomalies: Anomaly[] = [];
  let closedEarly = 0;
  let state = memory;
  for (const i of inOrder(reports, outcomes)) {
    const result = step(state, reports[i]!, schedule, earlier);
    state = result.memory;
    asserted.push(...result.asserted);
    retracted.push(...result.retracted);
    told.push(...result.told);
    closedEarly += result.closedEarly;
    if (result.anomaly !== undefined) anomalies.push(result.anomaly);
    outcomes[i] = result.outcome;
  }
  if (state && state !== memory) state = withLookAt(state, schedule);
  return { memory: state, asserted, retracted, told, closedEarly, anomalies, outcomes };
}

/**
 * The places in the list of the reports that count, ordered by `at`. Of several with one `measuredAt` those count that say what the
 * last received one says; the others are marked as replaced.
 */
function inOrder(reports: readonly Report[], outcomes: Evaluation['outcomes'][number][]): readonly number[] {
  if (reports.length === 1) return ONLY;
  const lastReceived = new Map<number, number>();
  for (const [i, { measuredAt, receivedAt }] of reports.entries()) {
    const known = lastReceived.get(measuredAt);
    if (known === undefined || receivedAt >= reports[known]!.receivedAt) lastReceived.set(measuredAt, i);
  }
  const counting: number[] = [];
  for (const [i, report] of reports.entries()) {
    const last = lastReceived.get(report.measuredAt)!;
    if (last === i || sameValues(reports[last]!, report)) counting.push(i);
    else outcomes[i] = 'replaced';
  }
  return counting.sort((a, b) => reports[a]!.at - reports[b]!.at || a - b);
}

const ONLY: readonly number[] = [0];

import {
  explainFact,
  formatTime,
  type Fact,
  type FactExplanation,
  type ReportSeen,
  type ZoneSchedule,
} from '@corral/domain';
import { outsideShape, type SeenStep } from './evaluate';

/** Watches an evaluation for one fact and gathers what explains it. */
export interface ExplainOne {
  /** Takes note of one step. */
  see(step: SeenStep): void;
  /** Each telling of the fact with the reports around it; none if it was never told. */
  tellings(): readonly (FactExplanation & { readonly line: number })[];
}

/** Why is the fact of this id so? Of the vehicle the last reports before each telling are kept, and some after it. */
export function createExplainOne(factId: string, schedule: ZoneSchedule, vehicleTypeId?: string): ExplainOne {
  const recent = new Map<string, ReportSeen[]>();
  const found: { readonly fact: Fact; readonly line: number; readonly seen: ReportSeen[]; wanted: number }[] = [];
  return {
    see({ line, told, ...saw }) {
      const { report } = saw;
      const seen = recent.get(report.vehicleId) ?? [];
      recent.set(report.vehicleId, seen);
      seen.push(saw);
      if (seen.length > BEFORE) seen.shift();
      for (const one of found) {
        if (one.wanted === 0 || one.fact.vehicleId !== report.vehicleId) continue;
        one.seen.push(saw);
        one.wanted -= 1;
      }
      for (const fact of told) if (fact.id === factId) found.push({ fact, line, seen: [...seen], wanted: AFTER });
    },
    tellings: () =>
      found.map(({ fact, line, seen }) => ({ line, ...explainFact(fact, seen, schedule, vehicleTypeId) })),
  };
}

const BEFORE = 12;
const AFTER = 3;

/** An explanation in the shape of the API: times spelled out, the fact as it is told. */
export function sayExplanation({ line, fact, reports }: FactExplanation & { readonly line: number }): object {
  return {
    line,
    fact: outsideShape(fact),
    reports: reports.map(({ at, receivedAt, ...report }) => ({
      at: formatTime(at),
      receivedAt: formatTime(receivedAt),
      ...report,
    })),
  };
}

import { decodeHeartbeatRecord, eventDataOf, eventTypeOf, vehicleKey } from '@corral/contracts';
import type { Queryable } from '@corral/database';
import {
  decodeMemory,
  evaluate,
  storedRevision,
  type Anomaly,
  type EarlierSchedules,
  type Evaluation,
  type Fact,
  type Report,
  type VehicleMemory,
  type ZoneSchedule,
} from '@corral/domain';
import type { Flush, FlushPartition, StoredRecord } from '@corral/messaging';
import { explain } from '@corral/runtime';
import { breakEndsIn, type ReceiptBreaks } from './receipt-breaks';
import type { FactTables } from './fact-tables';
import { byVehicle, type VehicleStateRow, type VehicleStates } from './vehicle-states';
import type { ZoneSchedules } from './zone-schedules';

/** What deciding needs of the outside. */
export interface EvaluatePorts {
  readonly states: VehicleStates;
  readonly schedules: ZoneSchedules;
  readonly facts: FactTables;
  readonly breaks: ReceiptBreaks;
  /** Epoch milliseconds, for `detectedAt` alone: no decision depends on it. */
  now(): number;
}

/** What one flush came to, for the metrics. */
export interface EvaluateSummary {
  readonly outcomes: Readonly<Record<Evaluation['outcomes'][number] | 'tick' | 'dead_letter' | 'closed_early', number>>;
  readonly facts: readonly Fact[];
  /** What was wrong with reports that were their vehicle's newest. */
  readonly anomalies: readonly Anomaly[];
}

/** The verb: reads the states and zones of everything delivered, lets the domain decide, writes what follows. */
export async function evaluateFlush(flush: Flush, ports: EvaluatePorts): Promise<EvaluateSummary> {
  const outcomes = {
    decided: 0,
    duplicate: 0,
    replaced: 0,
    late_beyond_window: 0,
    closed_early: 0,
    tick: 0,
    dead_letter: 0,
  };
  await noteBreaks(flush, ports.breaks);
  const lines = readLines(flush, outcomes);
  if (lines.length === 0) return { outcomes, facts: [], anomalies: [] };

  const schedules = await ports.schedules.newest(flush.tx, [...new Set(lines.map((line) => line.fleetId))]);
  const memories = await ports.states.load(flush.tx, lines);

  const folded = lines.flatMap(({ fleetId, key }) => {
    const stored = memories.get(key);
    return stored ? [{ fleetId, revision: storedRevision(stored) }] : [];
  });
  const earlier = await loadEarlier(flush.tx, folded, schedules, ports.schedules);

  const told: Fact[] = [];
  const anomalies: Anomaly[] = [];
  const lineOf: Line[] = [];
  const detectedAt = ports.now();
  /** One vehicle after the other, as they are taken: opened, decided, and left to be stored. */
  function* decideLines(): Iterable<VehicleStateRow> {
    for (const line of lines) {
      const { fleetId, vehicleId, share, claim } = line;
      const schedule = schedules.get(fleetId);
      const stored = memories.get(line.key);
      const before = stored && decodeMemory(stored);
      const under = { schedule, earlier: (revision: number) => earlier.get(scheduleKey(fleetId, revision)) };
      const { memory, decided } = decideLine(line, before, under, { outcomes, anomalies });
      for (const fact of decided) {
        told.push(fact);
        lineOf.push(line);
      }
      if (memory === undefined || memory === before) continue;
      const known = before !== undefined;
      const scheduleRevision = schedule?.revision ?? 0;
      const { partition } = share;
      yield { fleetId, vehicleId, memory, partition, claim, known, scheduleRevision, lookedAt: before?.lookAt };
    }
  }
  await ports.states.save(flush.tx, decideLines());
  const facts = told.length === 0 ? [] : await ports.facts.write(flush.tx, told, detectedAt);
  for (const [i, fact] of facts.entries()) {
    const line = lineOf[i]!;
    line.share.publish({
      fleetId: fact.fleetId,
      vehicleId: fact.vehicleId,
      type: eventTypeOf(fact),
      id: fact.id,
      revision: fact.revision,
      data: eventDataOf(fact, detectedAt),
      ...causeOf(line),
    });
  }
  return { outcomes, facts, anomalies };
}

/** When the log was silent, nobody was heard: noted, so that no vehicle is called silent for it. */
async function noteBreaks(flush: Flush, breaks: ReceiptBreaks): Promise<void> {
  const ends = new Map<number, number>();
  for (const share of flush.partitions) {
    const ended = breakEndsIn(share);
    if (ended !== undefined) ends.set(share.partition, ended);
  }
  if (ends.size > 0) await breaks.end(flush.tx, ends);
}

/** What led to the facts of a vehicle: when the first of its reports was received, and the newest trace among them. */
function causeOf({ reports, share }: Line): { receivedAt?: number; traceparent?: string } {
  // Time alone may decide.
  if (reports.length === 0) return {};
  let receivedAt = Infinity;
  let traced: StoredRecord | undefined;
  for (const { report, record } of reports) {
    receivedAt = Math.min(receivedAt, report.receivedAt);
    if (record.traceparent !== undefined) traced = record;
  }
  const traceparent = traced && share.traceparentFor(traced);
  return traceparent === undefined ? { receivedAt } : { receivedAt, traceparent };
}

/** The schedules that some of these vehicles were folded under and that are not the newest any more. */
export async function loadEarlier(
  tx: Queryable,
  folded: readonly { readonly fleetId: string; readonly revision: number }[],
  newest: ReadonlyMap<string, ZoneSchedule>,
  schedules: ZoneSchedules,
): Promise<ReadonlyMap<string, ZoneSchedule>> {
  const earlier = new Map<string, ZoneSchedule>();
  for (const { fleetId, revision } of folded) {
    const wanted = scheduleKey(fleetId, revision);
    if (revision === 0 || revision === newest.get(fleetId)?.revision || earlier.has(wanted)) continue;
    const schedule = await schedules.asOf(tx, fleetId, revision);
    if (schedule !== undefined) earlier.set(wanted, schedule);
  }
  return earlier;
}

/** How {@link loadEarlier} calls a fleet's schedule at a revision. */
export function scheduleKey(fleetId: string, revision: number): string {
  return `${fleetId}/${revision}`;
}

/** The zones of a vehicle's fleet, and those that it may have been folded under before. */
interface Under {
  readonly schedule: ZoneSchedule | undefined;
  readonly earlier: EarlierSchedules;
}

type Outcomes = { -readonly [Outcome in keyof EvaluateSummary['outcomes']]: number };

/** Counted while deciding. */
interface Counted {
  readonly outcomes: Outcomes;
  readonly anomalies: Anomaly[];
}

/** One vehicle's share of a flush. */
interface Line {
  readonly key: string;
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly share: FlushPartition;
  readonly claim: object;
  readonly reports: { report: Report; record: StoredRecord }[];
}

/** Groups the records by vehicle; what cannot be read is set aside with its bytes. */
function readLines(flush: Flush, outcomes: Outcomes): Line[] {
  const lines = new Map<string, Line>();
  for (const share of flush.partitions) {
    for (const record of share.records) {
      const read = decodeHeartbeatRecord(record.value);
      if (read.kind === 'undecodable') {
        outcomes.dead_letter += 1;
        share.deadLetter(record, read.reason, read.detail);
      } else if (read.kind === 'tick') {
        outcomes.tick += 1;
      } else {
        const { fleetId, vehicleId } = read.report;
        const key = vehicleKey(fleetId, vehicleId);
        const line = lines.get(key) ?? { key, fleetId, vehicleId, share, claim: share.claim, reports: [] };
        lines.set(key, line);
        line.reports.push({ report: read.report, record });
      }
    }
  }
  return [...lines.values()].sort(byVehicle);
}

/** Folds a vehicle's reports into its memory. One that makes the domain throw becomes a dead letter, the memory as if it had not come. */
function decideLine(
  line: Line,
  before: VehicleMemory | undefined,
  under: Under,
  counted: Counted,
): { memory: VehicleMemory | undefined; decided: readonly Fact[] } {
  const reports = line.reports.map((entry) => entry.report);
  try {
    return tell(evaluate(before, reports, under.schedule, under.earlier), counted);
  } catch {
    return decideOneByOne(line, before, under, counted);
  }
}

/** The same with each report on its own, to find the one that throws. */
function decideOneByOne(
  line: Line,
  before: VehicleMemory | undefined,
  under: Under,
  counted: Counted,
): { memory: VehicleMemory | undefined; decided: readonly Fact[] } {
  let memory = before;
  const decided: Fact[] = [];
  for (const { report, record } of [...line.reports].sort((one, other) => one.report.at - other.report.at)) {
    try {
      const told = tell(evaluate(memory, [report], under.schedule, under.earlier), counted);
      memory = told.memory;
      decided.push(...told.decided);
    } catch (error) {
      counted.outcomes.dead_letter += 1;
      line.share.deadLetter(record, 'step_failed', explain(error));
    }
  }
  return { memory, decided };
}

/** Counts an evaluation. */
function tell(
  evaluation: Evaluation,
  counted: Counted,
): { memory: VehicleMemory | undefined; decided: readonly Fact[] } {
  for (const outcome of evaluation.outcomes) counted.outcomes[outcome] += 1;
  counted.outcomes.closed_early += evaluation.closedEarly;
  counted.anomalies.push(...evaluation.anomalies);
  return { memory: evaluation.memory, decided: evaluation.told };
}

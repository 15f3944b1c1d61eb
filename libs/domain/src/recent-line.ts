import { ByteReader } from './byte-reader';
import type { Fact } from './fact';
import { foldReport, foldSaid, foldTime, sameDecisions } from './fold-report';
import { readLine } from './pack-line';
import { placeIn } from './place-in';
import { freshReports, listReports, type RecentReport } from './recent-reports';
import type { VehicleLine, Whose } from './vehicle-line';
import type { VehicleMemory } from './vehicle-memory';
import type { ZoneSchedule } from './zone-set';

/** A memory laid open: what can still change of a line. */
export interface RecentLine {
  /** The line before the recent reports; absent where they are its first. */
  readonly checkpoint?: VehicleLine;
  readonly reports: readonly RecentReport[];
}

/** What is in the memory. */
export function openMemory(memory: VehicleMemory): RecentLine {
  return { checkpoint: checkpointOf(memory), reports: listReports(memory.recent, memory.texts) };
}

/** The line before the recent reports. */
export function checkpointOf({ checkpoint, texts }: VehicleMemory): VehicleLine | undefined {
  return checkpoint instanceof Uint8Array ? readLine(new ByteReader(checkpoint), texts) : checkpoint;
}

/** A memory of this line. */
export function closeMemory(
  { checkpoint, reports }: RecentLine,
  { head, closedAt, scheduleRevision, contactAt, silent, lookAt }: OutsideOfLine,
): VehicleMemory {
  return {
    v: 3,
    head,
    checkpoint,
    recent: freshReports(reports),
    texts: textsOf(checkpoint, reports),
    closedAt,
    measuredLast: reports.reduce((last, { measuredAt }) => Math.max(last, measuredAt), -Infinity),
    scheduleRevision,
    contactAt,
    silent,
    lookAt,
  };
}

/** What a memory keeps beside what can still change of the line. */
export type OutsideOfLine = Pick<
  VehicleMemory,
  'head' | 'closedAt' | 'scheduleRevision' | 'contactAt' | 'silent' | 'lookAt'
>;

function textsOf(checkpoint: VehicleLine | undefined, reports: readonly RecentReport[]): readonly string[] {
  const texts: string[] = [];
  if (checkpoint) addTexts(texts, checkpoint);
  for (const report of reports) addTexts(texts, report);
  return texts;
}

function addTexts(
  texts: string[],
  said: Partial<Pick<VehicleLine, 'tripId' | 'vehicleTypeId' | 'zones' | 'open' | 'evidence'>>,
): void {
  if (said.tripId !== undefined) placeIn(texts, said.tripId);
  if (said.vehicleTypeId !== undefined) placeIn(texts, said.vehicleTypeId);
  for (const { zoneId } of said.zones ?? []) placeIn(texts, zoneId);
  for (const { zoneId } of said.evidence ?? []) placeIn(texts, zoneId);
  for (const { zoneId, tripId } of said.open ?? []) {
    if (zoneId !== undefined) placeIn(texts, zoneId);
    if (tripId !== undefined) placeIn(texts, tripId);
  }
}

/** A stretch of a line, folded. */
export interface FoldedStretch {
  readonly line: VehicleLine | undefined;
  readonly facts: readonly Fact[];
  /** The same reports, with what is known of them now. */
  readonly reports: readonly RecentReport[];
}

/**
 * What follows from these reports after that line? `again`: they were folded before, after the very same line and under the same
 * schedule, so those by which nothing was decided need not be asked where they are. `decidedTo`: so far time has passed, though no report came.
 */
export function foldStretch(
  from: VehicleLine | undefined,
  reports: readonly RecentReport[],
  under: {
    readonly whose: Whose;
    readonly schedule: ZoneSchedule | undefined;
    readonly again: boolean;
    readonly decidedTo?: number;
  },
): FoldedStretch {
  let line = from;
  const facts: Fact[] = [];
  const folded: RecentReport[] = [];
  for (const report of reports) {
    if (under.again && report.plain) {
      line = foldSaid(line, report, under.schedule);
      folded.push(report);
      continue;
    }
    const told = facts.length;
    const next: VehicleLine = foldReport(line, report, under.whose, under.schedule, facts);
    folded.push({ ...report, plain: facts.length === told && sameDecisions(line, next) });
    line = next;
  }
  if (line && under.decidedTo !== undefined) line = foldTime(line, under.decidedTo, under.whose, under.schedule, facts);
  return { line, facts, reports: folded };
}

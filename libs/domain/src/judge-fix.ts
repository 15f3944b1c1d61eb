import { haversineM } from '@corral/geo';
import type { Anomaly, DoubtedFix } from './anomaly';
import type { SaidReport, VehicleLine } from './vehicle-line';

/** A report of which something is to be remembered, and what of it is believed. */
export interface JudgedFix {
  readonly anomaly?: Anomaly;
  /** The report without what is not believed of it. */
  readonly believed: SaidReport;
  /** Since when the position stands still to the last bit while the speed says otherwise, epoch ms. */
  readonly stuckSince?: number;
  /** What is doubted still, the report itself included. */
  readonly doubted: readonly DoubtedFix[];
  /** What was doubted before and is believed now, since this report says the same. */
  readonly vindicated: readonly DoubtedFix[];
}

/**
 * What is to be believed of a report that follows this line (`undefined`: the line begins with it)? Answers `undefined` for a report
 * that is as it should be, which is nearly every one. Decided by the line alone, so the order of arrival does not matter.
 *
 * A fix that the vehicle cannot have reached is doubted until three in a row agree with one another: an outlier is forgotten with
 * the next fix that fits the line, while a vehicle that was taken away on a truck is believed from the third on, and then all three
 * count.
 */
export function judgeFix(line: VehicleLine | undefined, report: SaidReport): JudgedFix | undefined {
  const skewed = report.measuredAt > report.at;
  const { lng, lat } = report;
  if (lng === undefined || lat === undefined) {
    if (!skewed && line?.doubted === undefined && line?.stuckSince === undefined) return undefined;
    return {
      anomaly: skewed ? 'clock_skew' : line?.anomaly,
      believed: report,
      stuckSince: line?.stuckSince,
      doubted: line?.doubted ?? NONE,
      vindicated: NONE,
    };
  }
  if (isNullIsland(lng, lat) && !(line && isNear(line, lng, lat)))
    return { anomaly: 'null_island', believed: withoutFix(report), doubted: line?.doubted ?? NONE, vindicated: NONE };
  if (line && !isReachable(line.fixAt, line.lng, line.lat, report)) return doubt(line, report);

  const stuckSince = line && stuckFrom(line, report);
  if (stuckSince !== undefined && report.at - stuckSince >= FROZEN_MS)
    return { anomaly: 'frozen', believed: withoutFix(report), stuckSince, doubted: NONE, vindicated: NONE };
  if (report.speedMps !== undefined && report.speedMps > FASTEST_MPS) {
    const believed = { ...report, speedMps: undefined };
    return { anomaly: 'impossible_speed', believed, stuckSince, doubted: NONE, vindicated: NONE };
  }
  if (!skewed && stuckSince === undefined) return undefined;
  return {
    anomaly: skewed ? 'clock_skew' : undefined,
    believed: report,
    stuckSince,
    doubted: NONE,
    vindicated: NONE,
  };
}

/** Faster than this moves no vehicle, and no truck or train that carries it: 252 km/h. */
const FASTEST_MPS = 70;
/** So far a fix may be off, beyond what the vehicle can have moved: devices lie about their accuracy by a hundred metres. */
const SLACK_M = 200;
/** So many fixes that agree with one another are believed against the line. */
const AGREEING = 3;
/** So long a position may stand still to the last bit while its speed says that it moves. */
const FROZEN_MS = 30_000;
const MOVING_MPS = 2;
/** About a kilometre around (0, 0), and the hundred kilometres from which one gets there honestly. */
const NULL_ISLAND_DEG = 0.01;
const NEAR_NULL_ISLAND_DEG = 1;
const METRES_PER_DEGREE = 111_320;
const NONE: readonly DoubtedFix[] = [];

function isNullIsland(lng: number, lat: number): boolean {
  return Math.abs(lng) < NULL_ISLAND_DEG && Math.abs(lat) < NULL_ISLAND_DEG;
}

function isNear(line: VehicleLine, lng: number, lat: number): boolean {
  if (line.lng === undefined || line.lat === undefined) return false;
  return Math.abs(line.lng - lng) < NEAR_NULL_ISLAND_DEG && Math.abs(line.lat - lat) < NEAR_NULL_ISLAND_DEG;
}

/** Can the vehicle have got from there, where it was at that time, to where the report says it is? */
function isReachable(
  since: number | undefined,
  lng: number | undefined,
  lat: number | undefined,
  to: SaidReport,
): boolean {
  if (since === undefined || lng === undefined || lat === undefined) return true;
  const reachM = SLACK_M + (FASTEST_MPS * Math.max(0, to.at - since)) / 1_000;
  // Nearly always this settles it: no way is longer than one along the grid.
  if ((Math.abs(to.lng! - lng) + Math.abs(to.lat! - lat)) * METRES_PER_DEGREE <= reachM) return true;
  return haversineM([lng, lat], [to.lng!, to.lat!]) <= reachM;
}

function doubt(line: VehicleLine, report: SaidReport): JudgedFix {
  const before = line.doubted ?? NONE;
  const last = before.at(-1);
  const agrees = last !== undefined && isReachable(last.at, last.lng, last.lat, report);
  if (agrees && before.length + 1 >= AGREEING)
    return { anomaly: undefined, believed: report, doubted: NONE, vindicated: before };
  const { at, lng, lat, accuracyM, speedMps } = report;
  const doubted = [...(agrees ? before : NONE), { at, lng: lng!, lat: lat!, accuracyM, speedMps }];
  return { anomaly: 'teleport', believed: withoutFix(report), doubted, vindicated: NONE };
}

function stuckFrom(line: VehicleLine, { at, lng, lat, speedMps }: SaidReport): number | undefined {
  const contradicts = lng === line.lng && lat === line.lat && speedMps !== undefined && speedMps >= MOVING_MPS;
  return contradicts ? (line.stuckSince ?? at) : undefined;
}

/** What remains of a report whose place is not believed: a state report, with nothing that belongs to a place. */
function withoutFix(report: SaidReport): SaidReport {
  return {
    ...report,
    lat: undefined,
    lng: undefined,
    accuracyM: undefined,
    speedMps: undefined,
    headingDeg: undefined,
  };
}

import { ByteReader } from './byte-reader';
import { ByteWriter } from './byte-writer';
import { isRound, readDegrees, writePosition } from './pack-position';
import { VEHICLE_STATES } from './report';
import type { SaidReport } from './vehicle-line';

/** A report of the line, and whether it is known that nothing was decided by it. */
export interface RecentReport extends SaidReport {
  /** Folding it made no fact and changed no decision, so that it may be folded again without asking where it is. */
  readonly plain: boolean;
}

/**
 * The reports of a line after its checkpoint, ascending by `at`: those that were stored are still packed, about 20 bytes each, and
 * those that came since are not packed yet. So a heartbeat costs no more than itself, and reading is left to whoever must look back.
 */
export interface RecentReports {
  readonly packed: PackedReports;
  readonly fresh: readonly RecentReport[];
  /** So many bytes are or will be packed. */
  readonly size: number;
}

/** Reports as bytes. */
export interface PackedReports {
  readonly count: number;
  /** The time from which the first one is counted; each other one is counted from the one before. Epoch milliseconds. */
  readonly since: number;
  /** The time of the last one. */
  readonly last: number;
  readonly bytes: Uint8Array;
}

/** None. */
export const NO_REPORTS: RecentReports = {
  packed: { count: 0, since: 0, last: 0, bytes: new Uint8Array(0) },
  fresh: [],
  size: 0,
};

/** How many are there? */
export function countOf({ packed, fresh }: RecentReports): number {
  return packed.count + fresh.length;
}

/** These and one more after them; `last` is the time of the last one. */
export function withReport(recent: RecentReports, last: number, report: RecentReport): RecentReports {
  return {
    packed: recent.packed,
    fresh: recent.fresh.length === 0 ? [report] : [...recent.fresh, report],
    size: recent.size + packedSize(countOf(recent) === 0 ? report.at : last, report),
  };
}

/** These reports, ascending, none of them packed yet. */
export function freshReports(reports: readonly RecentReport[]): RecentReports {
  let size = 0;
  for (let i = 0; i < reports.length; i += 1) size += packedSize(reports[Math.max(0, i - 1)]!.at, reports[i]!);
  return { packed: NO_REPORTS.packed, fresh: reports, size };
}

/** All of them in order, as objects. */
export function listReports({ packed, fresh }: RecentReports, texts: readonly string[]): RecentReport[] {
  const reports: RecentReport[] = [];
  const reader = new ByteReader(packed.bytes);
  let last = packed.since;
  for (let i = 0; i < packed.count; i += 1) {
    const report = readReport(reader, last, texts);
    last = report.at;
    reports.push(report);
  }
  reports.push(...fresh);
  return reports;
}

/** The first ones, as long as they are not after that time and not the newest of all; and what is left without them. */
export function splitReports(recent: RecentReports, texts: readonly string[], upTo: number): SplitReports {
  return split(recent, texts, upTo, countOf(recent) - 1);
}

/** The first ones, so many of them, and what is left without them: what is packed stays packed. */
export function splitFirst(recent: RecentReports, texts: readonly string[], count: number): SplitReports {
  return split(recent, texts, Infinity, Math.min(count, countOf(recent) - 1));
}

/** Reports in two parts. */
export interface SplitReports {
  readonly first: RecentReport[];
  readonly rest: RecentReports;
}

function split(recent: RecentReports, texts: readonly string[], upTo: number, most: number): SplitReports {
  const { packed, fresh } = recent;
  const first: RecentReport[] = [];
  const reader = new ByteReader(packed.bytes);
  let since = packed.since;
  let end = 0;
  while (first.length < Math.min(most, packed.count)) {
    const report = readReport(reader, since, texts);
    if (report.at > upTo) break;
    first.push(report);
    since = report.at;
    end = reader.at;
  }
  const left = packed.count - first.length;
  if (left > 0) {
    const rest = { count: left, since, last: packed.last, bytes: packed.bytes.subarray(end) };
    return { first, rest: { packed: rest, fresh, size: recent.size - end } };
  }
  let taken = 0;
  while (first.length < most && fresh[taken]!.at <= upTo) {
    first.push(fresh[taken]!);
    taken += 1;
  }
  let gone = packed.bytes.length;
  for (let i = 0; i < taken; i += 1) gone += packedSize(fresh[Math.max(0, i - 1)]!.at, fresh[i]!);
  return {
    first,
    rest: { packed: NO_REPORTS.packed, fresh: fresh.slice(taken), size: Math.max(0, recent.size - gone) },
  };
}

/** Writes all of them: how many, from which time they count, and the reports. */
export function packReports(
  { packed, fresh }: RecentReports,
  to: ByteWriter,
  head: number,
  place: (text: string) => number,
): void {
  const since = packed.count > 0 ? packed.since : (fresh[0]?.at ?? head);
  to.whole(packed.count + fresh.length);
  to.signed(head - since);
  to.raw(packed.bytes);
  let last = packed.count > 0 ? packed.last : since;
  for (const report of fresh) {
    writeReport(to, last, report, place);
    last = report.at;
  }
}

/** Reads what `packReports` wrote at the end of its bytes. */
export function unpackReports(from: ByteReader, head: number): RecentReports {
  const count = from.whole();
  const since = head - from.signed();
  const bytes = from.rest();
  return { packed: { count, since, last: head, bytes }, fresh: NO_REPORTS.fresh, size: bytes.length };
}

const writer = new ByteWriter();

const PLAIN = 1;
const PLACED = 2;
const PLACED_ROUNDLY = 4;
const STATE = 8;
const TRIP = 16;
const TYPE = 32;
const SHIFTED = 64;
const ACCURACY = 128;
const SPEED = 256;
const HEADING = 512;
const BATTERY = 1_024;

function packedSize(last: number, report: RecentReport): number {
  writeReport(writer.clear(), last, report, firstPlace);
  return writer.length;
}

function firstPlace(): number {
  return 0;
}

function writeReport(to: ByteWriter, last: number, report: RecentReport, place: (text: string) => number): void {
  const { at, lng, lat, accuracyM, speedMps, headingDeg, batteryPercent, state, tripId, vehicleTypeId } = report;
  const placed = lng !== undefined && lat !== undefined;
  const roundly = placed && isRound(lng) && isRound(lat);
  const flags =
    (report.plain ? PLAIN : 0) |
    (placed ? PLACED : 0) |
    (roundly ? PLACED_ROUNDLY : 0) |
    (state === undefined ? 0 : STATE) |
    (tripId === undefined ? 0 : TRIP) |
    (vehicleTypeId === undefined ? 0 : TYPE) |
    (report.measuredAt === at ? 0 : SHIFTED) |
    (accuracyM === undefined ? 0 : ACCURACY) |
    (speedMps === undefined ? 0 : SPEED) |
    (headingDeg === undefined ? 0 : HEADING) |
    (batteryPercent === undefined ? 0 : BATTERY);
  to.byte(flags & 255);
  to.byte(flags >> 8);
  to.whole(at - last);
  to.signed(report.receivedAt - at);
  if (flags & SHIFTED) to.signed(report.measuredAt - at);
  if (placed) writePosition(to, lng, lat, roundly);
  if (accuracyM !== undefined) to.number(accuracyM);
  if (speedMps !== undefined) to.number(speedMps);
  if (headingDeg !== undefined) to.number(headingDeg);
  if (batteryPercent !== undefined) to.number(batteryPercent);
  if (state !== undefined) to.byte(VEHICLE_STATES.indexOf(state));
  if (tripId !== undefined) to.whole(place(tripId));
  if (vehicleTypeId !== undefined) to.whole(place(vehicleTypeId));
}

function readReport(from: ByteReader, last: number, texts: readonly string[]): RecentReport {
  const flags = from.byte() | (from.byte() << 8);
  const at = last + from.whole();
  const receivedAt = at + from.signed();
  const measuredAt = flags & SHIFTED ? at + from.signed() : at;
  const roundly = (flags & PLACED_ROUNDLY) !== 0;
  const placed = (flags & PLACED) !== 0;
  const lng = placed ? readDegrees(from, roundly) : undefined;
  const lat = placed ? readDegrees(from, roundly) : undefined;
  return {
    plain: (flags & PLAIN) !== 0,
    at,
    measuredAt,
    receivedAt,
    lng,
    lat,
    accuracyM: flags & ACCURACY ? from.number() : undefined,
    speedMps: flags & SPEED ? from.number() : undefined,
    headingDeg: flags & HEADING ? from.number() : undefined,
    batteryPercent: flags & BATTERY ? from.number() : undefined,
    state: flags & STATE ? VEHICLE_STATES[from.byte()] : undefined,
    tripId: flags & TRIP ? texts[from.whole()] : undefined,
    vehicleTypeId: flags & TYPE ? texts[from.whole()] : undefined,
  };
}

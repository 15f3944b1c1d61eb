import { ANOMALIES, type DoubtedFix } from './anomaly';
import type { ViolationKind } from './fact';
import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';
import { isRound, readDegrees, writePosition } from './pack-position';
import { readEvidence, readScatter, writeEvidence, writeScatter } from './pack-evidence';
import { VEHICLE_STATES } from './report';
import type { TripPhase } from './trip-phase';
import type { OpenViolation, Standing, VehicleLine, ZoneStay } from './vehicle-line';

/** Writes a folded line; texts stand in a table kept elsewhere, `place` answers where. */
export function writeLine(to: ByteWriter, line: VehicleLine, place: (text: string) => number): void {
  const { at, fixAt, lng, lat, tripId, vehicleTypeId, zoneSetVersion } = line;
  const placed = fixAt !== undefined && lng !== undefined && lat !== undefined;
  const roundly = placed && isRound(lng) && isRound(lat);
  to.byte(
    PHASES.indexOf(line.phase) |
      (placed ? PLACED : 0) |
      (tripId === undefined ? 0 : TRIP) |
      (vehicleTypeId === undefined ? 0 : TYPE) |
      (zoneSetVersion === undefined ? 0 : DECIDED) |
      (line.vehicleTypeMissing ? TYPE_MISSING : 0) |
      (roundly ? PLACED_ROUNDLY : 0),
  );
  writeTime(to, line);
  to.signed(at);
  to.signed(line.receivedAt - at);
  if (line.decidedTo !== undefined) to.whole(line.decidedTo - at);
  if (line.standing) writeStanding(to, at, line.standing);
  if (placed) {
    to.whole(at - fixAt);
    writePosition(to, lng, lat, roundly);
  }
  writeNumbers(to, [line.accuracyM, line.speedMps, line.headingDeg, line.batteryPercent]);
  to.byte(line.state === undefined ? 255 : VEHICLE_STATES.indexOf(line.state));
  if (tripId !== undefined) to.whole(place(tripId));
  if (vehicleTypeId !== undefined) to.whole(place(vehicleTypeId));
  if (zoneSetVersion !== undefined) to.whole(zoneSetVersion);
  // Where time has passed without a report, there may be decisions after the last one.
  const decided = line.decidedTo ?? at;
  to.whole(line.zones.length);
  for (const { zoneId, since } of line.zones) {
    to.whole(place(zoneId));
    to.whole(decided - since);
  }
  to.whole(line.open.length);
  for (const violation of line.open) writeOpen(to, decided, violation, place);
  writeRest(to, line, place);
}

/** What was added to the grammar with version 3: mostly none of it is there. */
function writeRest(to: ByteWriter, line: VehicleLine, place: (text: string) => number): void {
  const { at, anomaly, stuckSince, doubted, scatter, evidence } = line;
  to.whole(
    (anomaly === undefined ? 0 : ANOMALY) |
      (stuckSince === undefined ? 0 : STUCK) |
      (doubted === undefined ? 0 : DOUBTED) |
      (scatter === undefined ? 0 : SCATTER) |
      (evidence === undefined ? 0 : EVIDENCE),
  );
  if (anomaly !== undefined) to.byte(ANOMALIES.indexOf(anomaly));
  if (stuckSince !== undefined) to.whole(at - stuckSince);
  if (doubted !== undefined) {
    to.whole(doubted.length);
    for (const fix of doubted) {
      to.whole(at - fix.at);
      to.double(fix.lng);
      to.double(fix.lat);
      writeNumbers(to, [fix.accuracyM, fix.speedMps]);
    }
  }
  if (scatter !== undefined) writeScatter(to, at, scatter);
  if (evidence !== undefined) writeEvidence(to, at, evidence, place);
}

/** Reads what `writeLine` wrote, or wrote when the memory had that version. */
export function readLine(from: ByteReader, texts: readonly string[], version = 3): VehicleLine {
  const flags = from.byte();
  const more = version === 2 ? 0 : from.byte();
  const at = from.signed();
  const receivedAt = at + from.signed();
  const decidedTo = more & DECIDED_TO ? at + from.whole() : undefined;
  const standing = more & STANDING ? readStanding(from, at, more) : undefined;
  const placed = (flags & PLACED) !== 0;
  const fixAt = placed ? at - from.whole() : undefined;
  const roundly = (flags & PLACED_ROUNDLY) !== 0;
  const lng = placed ? readDegrees(from, roundly) : undefined;
  const lat = placed ? readDegrees(from, roundly) : undefined;
  const [accuracyM, speedMps, headingDeg, batteryPercent] = readNumbers(from, 4);
  const state = VEHICLE_STATES[from.byte()];
  const tripId = flags & TRIP ? texts[from.whole()] : undefined;
  const vehicleTypeId = flags & TYPE ? texts[from.whole()] : undefined;
  const zoneSetVersion = flags & DECIDED ? from.whole() : undefined;
  const decided = decidedTo ?? at;
  const zones: ZoneStay[] = [];
  for (let left = from.whole(); left > 0; left -= 1) {
    zones.push({ zoneId: texts[from.whole()]!, since: decided - from.whole() });
  }
  const open: OpenViolation[] = [];
  for (let left = from.whole(); left > 0; left -= 1) open.push(readOpen(from, decided, texts));
  const rest = version < 3 ? NO_REST : readRest(from, at, texts);
  return {
    at,
    receivedAt,
    decidedTo,
    fixAt,
    lng,
    lat,
    accuracyM,
    speedMps,
    headingDeg,
    batteryPercent,
    state,
    phase: PHASES[flags & PHASE]!,
    tripId,
    standing,
    vehicleTypeId,
    zoneSetVersion,
    vehicleTypeMissing: (flags & TYPE_MISSING) !== 0,
    zones,
    open,
    ...rest,
  };
}

type Rest = Pick<VehicleLine, 'anomaly' | 'stuckSince' | 'doubted' | 'scatter' | 'evidence'>;
const NO_REST: Rest = {};

function readRest(from: ByteReader, at: number, texts: readonly string[]): Rest {
  const given = from.whole();
  if (given === 0) return NO_REST;
  const anomaly = given & ANOMALY ? ANOMALIES[from.byte()] : undefined;
  const stuckSince = given & STUCK ? at - from.whole() : undefined;
  const doubted: DoubtedFix[] = [];
  for (let left = given & DOUBTED ? from.whole() : 0; left > 0; left -= 1) {
    const fixAt = at - from.whole();
    const lng = from.double();
    const lat = from.double();
    const [accuracyM, speedMps] = readNumbers(from, 2);
    doubted.push({ at: fixAt, lng, lat, accuracyM, speedMps });
  }
  const scatter = given & SCATTER ? readScatter(from, at) : undefined;
  const evidence = given & EVIDENCE ? readEvidence(from, at, texts) : undefined;
  return { anomaly, stuckSince, doubted: doubted.length > 0 ? doubted : undefined, scatter, evidence };
}

// Stored: words are only ever added at the end.
const PHASES: readonly TripPhase[] = ['unknown', 'parked', 'riding'];
const PHASE = 3;
const PLACED = 4;
const TRIP = 8;
const TYPE = 16;
const DECIDED = 32;
const TYPE_MISSING = 64;
const PLACED_ROUNDLY = 128;
// Of the second byte.
const DECIDED_TO = 1;
const STANDING = 2;
const STANDING_PLACED = 4;
const STANDING_ROUNDLY = 8;

/** The second byte: what there is to read about the time without a report. */
function writeTime(to: ByteWriter, { decidedTo, standing }: VehicleLine): void {
  const placed = standing?.lng !== undefined && standing.lat !== undefined;
  to.byte(
    (decidedTo === undefined ? 0 : DECIDED_TO) |
      (standing ? STANDING : 0) |
      (placed ? STANDING_PLACED : 0) |
      (placed && isRound(standing.lng!) && isRound(standing.lat!) ? STANDING_ROUNDLY : 0),
  );
}

function writeStanding(to: ByteWriter, at: number, { since, lng, lat }: Standing): void {
  to.whole(at - since);
  if (lng !== undefined && lat !== undefined) writePosition(to, lng, lat, isRound(lng) && isRound(lat));
}

function readStanding(from: ByteReader, at: number, flags: number): Standing {
  const since = at - from.whole();
  if (!(flags & STANDING_PLACED)) return { since };
  const roundly = (flags & STANDING_ROUNDLY) !== 0;
  const lng = readDegrees(from, roundly);
  return { since, lng, lat: readDegrees(from, roundly) };
}

const ANOMALY = 1;
const STUCK = 2;
const DOUBTED = 4;
const SCATTER = 8;
const EVIDENCE = 16;

// Stored: words are only ever added at the end.
const KINDS: readonly ViolationKind[] = [
  'ride_start_not_allowed',
  'ride_end_not_allowed',
  'ride_through_not_allowed',
  'outside_service_area',
  'speeding',
  'station_parking',
  'parked_too_long',
  'silent',
];

const PENDING = 128;

function writeOpen(to: ByteWriter, decided: number, violation: OpenViolation, place: (text: string) => number): void {
  const { zoneId, tripId } = violation;
  to.byte(KINDS.indexOf(violation.kind) | (violation.pending ? PENDING : 0));
  to.whole(zoneId === undefined ? 0 : place(zoneId) + 1);
  to.whole(tripId === undefined ? 0 : place(tripId) + 1);
  to.whole(violation.zoneSetVersion);
  to.whole(decided - violation.openedAt);
  to.double(violation.lng);
  to.double(violation.lat);
  writeNumbers(to, [violation.observed, violation.limit]);
}

function readOpen(from: ByteReader, decided: number, texts: readonly string[]): OpenViolation {
  const word = from.byte();
  const kind = KINDS[word & ~PENDING]!;
  const pending = word & PENDING ? true : undefined;
  const zoneId = texts[from.whole() - 1];
  const tripId = texts[from.whole() - 1];
  const zoneSetVersion = from.whole();
  const openedAt = decided - from.whole();
  const lng = from.double();
  const lat = from.double();
  const [observed, limit] = readNumbers(from, 2);
  return { kind, pending, zoneId, zoneSetVersion, openedAt, tripId, lng, lat, observed, limit };
}

function writeNumbers(to: ByteWriter, values: readonly (number | undefined)[]): void {
  let given = 0;
  for (let i = 0; i < values.length; i += 1) if (values[i] !== undefined) given |= 1 << i;
  to.byte(given);
  for (const value of values) if (value !== undefined) to.number(value);
}

function readNumbers(from: ByteReader, count: number): (number | undefined)[] {
  const given = from.byte();
  const values: (number | undefined)[] = [];
  for (let i = 0; i < count; i += 1) values.push(given & (1 << i) ? from.number() : undefined);
  return values;
}

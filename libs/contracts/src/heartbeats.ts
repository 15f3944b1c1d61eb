import { VEHICLE_STATES, type Report, type ReportSource, type VehicleStateWord } from '@corral/domain';

/** What a record of `corral.heartbeats.v1` turned out to be. Times are epoch milliseconds. */
export type HeartbeatRecord =
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'tick'; readonly receivedAt: number }
  | {
      readonly kind: 'undecodable';
      readonly reason: 'empty' | 'not_json' | 'wrong_schema';
      /** Which member was wrong, and how. */
      readonly detail: string;
    };

/**
 * The bytes of a report for the log. Absent fields are left out; unknown ones cannot be in a {@link Report}. Written field by field: a
 * third of the time that `JSON.stringify` takes for the same text, and every heartbeat is written.
 */
export function encodeReport(report: Report): Buffer {
  const { flags } = report;
  const text =
    '{"kind":"report","fleetId":' +
    quoted(report.fleetId) +
    number(',"receivedAt":', report.receivedAt) +
    ',"source":"' +
    report.source +
    '","vehicleId":' +
    quoted(report.vehicleId) +
    word(',"deviceId":', report.deviceId) +
    number(',"measuredAt":', report.measuredAt) +
    number(',"lat":', report.lat) +
    number(',"lng":', report.lng) +
    number(',"accuracyM":', report.accuracyM) +
    number(',"speedMps":', report.speedMps) +
    number(',"headingDeg":', report.headingDeg) +
    number(',"altitudeM":', report.altitudeM) +
    number(',"batteryPercent":', report.batteryPercent) +
    word(',"state":', report.state) +
    word(',"tripId":', report.tripId) +
    word(',"bootId":', report.bootId) +
    number(',"sequence":', report.sequence) +
    word(',"vehicleTypeId":', report.vehicleTypeId) +
    number(',"at":', report.at) +
    (flags.length === 0 ? ',"flags":[]}' : `,"flags":${JSON.stringify(flags)}}`);
  return Buffer.from(text);
}

function number(name: string, value: number | undefined): string {
  return value === undefined ? '' : name + value;
}

function word(name: string, value: string | undefined): string {
  return value === undefined ? '' : name + quoted(value);
}

/** ASCII that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** The bytes of a tick: "at this moment somebody was taking heartbeats in". */
export function encodeTick(receivedAt: number): Buffer {
  return Buffer.from(`{"kind":"tick","receivedAt":${receivedAt}}`);
}

/** Reads one record. Never throws: bytes that mean nothing are an outcome, with the reason that becomes the dead letter's. */
export function decodeHeartbeatRecord(value: Buffer | null): HeartbeatRecord {
  if (value === null || value.length === 0)
    return { kind: 'undecodable', reason: 'empty', detail: 'the record has no value' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return { kind: 'undecodable', reason: 'not_json', detail: 'the value is not JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return wrong('the value is not an object');
  const record = parsed as Record<string, unknown>;
  if (record.kind === 'tick')
    return isTime(record.receivedAt)
      ? { kind: 'tick', receivedAt: record.receivedAt }
      : wrong('receivedAt is not a time');
  if (record.kind !== 'report') return wrong('kind is neither report nor tick');
  return readReport(record);
}

const SOURCES: ReadonlySet<unknown> = new Set<ReportSource>(['device', 'operator', 'source']);
const STATES: ReadonlySet<unknown> = new Set(VEHICLE_STATES);
const NUMBERS = ['accuracyM', 'speedMps', 'headingDeg', 'altitudeM', 'batteryPercent', 'sequence'] as const;
const TEXTS = ['tripId', 'bootId', 'deviceId', 'vehicleTypeId'] as const;

type MutableReport = { -readonly [Field in keyof Report]: Report[Field] };

function readReport(record: Record<string, unknown>): HeartbeatRecord {
  const { fleetId, vehicleId, measuredAt, receivedAt, at, source, flags, lat, lng, state } = record;
  if (!isText(fleetId)) return wrong('fleetId is not a text');
  if (!isText(vehicleId)) return wrong('vehicleId is not a text');
  if (!isTime(measuredAt)) return wrong('measuredAt is not a time');
  if (!isTime(receivedAt)) return wrong('receivedAt is not a time');
  if (!isTime(at)) return wrong('at is not a time');
  if (!SOURCES.has(source)) return wrong('source is unknown');
  if (!Array.isArray(flags) || !flags.every(isText)) return wrong('flags is not a list of words');
  const report: MutableReport = {
    fleetId,
    vehicleId,
    measuredAt,
    receivedAt,
    at,
    source: source as ReportSource,
    flags,
  };
  if (lat !== undefined || lng !== undefined) {
    if (!isWithin(lat, 90) || !isWithin(lng, 180)) return wrong('lat and lng are not a position');
    report.lat = lat;
    report.lng = lng;
  }
  if (state !== undefined) {
    if (!STATES.has(state)) return wrong('state is unknown');
    report.state = state as VehicleStateWord;
  }
  for (const field of NUMBERS) {
    const number = record[field];
    if (number === undefined) continue;
    if (typeof number !== 'number' || !Number.isFinite(number)) return wrong(`${field} is not a number`);
    if (field === 'sequence' && !Number.isSafeInteger(number)) return wrong('sequence is not a whole number');
    report[field] = number;
  }
  for (const field of TEXTS) {
    const text = record[field];
    if (text === undefined) continue;
    if (!isText(text)) return wrong(`${field} is not a text`);
    report[field] = text;
  }
  return { kind: 'report', report };
}

function wrong(detail: string): HeartbeatRecord {
  return { kind: 'undecodable', reason: 'wrong_schema', detail };
}

function isText(value: unknown): value is string {
  // The door takes 128 characters, of which each may be two units long. PostgreSQL's text cannot hold a NUL.
  return typeof value === 'string' && value.length > 0 && value.length <= 256 && !value.includes('\u0000');
}

/** Times that JavaScript and PostgreSQL can both hold and write as a date: the years 1 to 9999. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= -62_135_596_800_000 && value <= 253_402_300_799_999;
}

function isWithin(value: unknown, limit: number): value is number {
  return typeof value === 'number' && value >= -limit && value <= limit;
}

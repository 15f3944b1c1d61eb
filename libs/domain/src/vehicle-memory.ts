import type { ViolationKind } from './fact';
import type { Report, VehicleStateWord } from './report';
import type { TripPhase } from './trip-phase';

/**
 * All that evaluation keeps of a vehicle: its line folded up to the newest report. Opaque outside of this library (`vehicleView`
 * answers questions about it), and versioned, so that its inside may change. Times are epoch milliseconds.
 */
export interface VehicleMemory {
  readonly v: 1;
  /** The time of the newest report: the head of the line. */
  readonly at: number;
  readonly measuredAt: number;
  /** The newest receipt of a report that moved the line. */
  readonly receivedAt: number;
  /** Which of the compared values the newest report itself said, as bits: a duplicate says the same ones. */
  readonly said: number;
  readonly lng?: number;
  readonly lat?: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
  readonly headingDeg?: number;
  readonly batteryPercent?: number;
  readonly state?: VehicleStateWord;
  /** Not always the state's: losing contact ends no trip. */
  readonly phase: TripPhase;
  readonly tripId?: string;
  readonly vehicleTypeId?: string;
  /** The zone set of the last decision; none before the first one. */
  readonly zoneSetVersion?: number;
  readonly vehicleTypeMissing: boolean;
  /** The zones the vehicle is in, in order of precedence. */
  readonly zones: readonly ZoneStay[];
  readonly open: readonly OpenViolation[];
}

/** The vehicle is in this zone since then. */
export interface ZoneStay {
  readonly zoneId: string;
  readonly since: number;
}

/** What it takes to say later that a violation closed. */
export interface OpenViolation {
  readonly kind: ViolationKind;
  readonly zoneId?: string;
  readonly zoneSetVersion: number;
  readonly openedAt: number;
  readonly tripId?: string;
  readonly lng: number;
  readonly lat: number;
  readonly observed?: number;
  readonly limit?: number;
}

/** The values that tell a duplicate from a correction (CONTRACT 2), each with its bit in `said`. */
export const COMPARED = ['lat', 'lng', 'accuracyM', 'speedMps', 'headingDeg', 'state', 'tripId'] as const;

/** Which of the compared values does the report say, as bits? */
export function saidBy(report: Report): number {
  let said = 0;
  for (let i = 0; i < COMPARED.length; i += 1) if (report[COMPARED[i]!] !== undefined) said |= 1 << i;
  return said;
}

/** Is the report the newest one over again: the same `measuredAt` and the same compared values? */
export function repeatsNewest(memory: VehicleMemory, report: Report): boolean {
  if (report.measuredAt !== memory.measuredAt || saidBy(report) !== memory.said) return false;
  return COMPARED.every((field) => report[field] === undefined || report[field] === memory[field]);
}

/** The memory as bytes to store: JSON, with places instead of names and times as differences, because it is written with every heartbeat. */
export function encodeMemory(memory: VehicleMemory): Uint8Array {
  const { at } = memory;
  return encoder.encode(
    JSON.stringify([
      memory.v,
      at,
      at - memory.measuredAt,
      memory.receivedAt - at,
      memory.said,
      memory.lng,
      memory.lat,
      memory.accuracyM,
      memory.speedMps,
      memory.headingDeg,
      memory.batteryPercent,
      memory.state,
      memory.tripId,
      memory.vehicleTypeId,
      memory.zoneSetVersion,
      memory.vehicleTypeMissing ? 1 : 0,
      memory.zones.flatMap((stay) => [stay.zoneId, at - stay.since]),
      memory.open.map((violation) => [
        violation.kind,
        violation.zoneId,
        violation.zoneSetVersion,
        at - violation.openedAt,
        violation.tripId,
        violation.lng,
        violation.lat,
        violation.observed,
        violation.limit,
      ]),
      memory.phase,
    ]),
  );
}

/** The memory that was stored. Throws for bytes that are no memory of a version known here: nobody could answer that. */
export function decodeMemory(bytes: Uint8Array): VehicleMemory {
  const stored = parse(bytes);
  if (!Array.isArray(stored) || stored[0] !== 1) {
    throw new Error(`decode vehicle memory: its version is ${Array.isArray(stored) ? stored[0] : 'none'}, known is 1`);
  }
  // What encodeMemory wrote is trusted: its version says so.
  const [, at, lead, receipt, said, lng, lat, accuracyM, speedMps, headingDeg, batteryPercent, ...others] =
    stored as unknown as StoredMemory;
  const [state, tripId, vehicleTypeId, zoneSetVersion, typeMissing, stays, open, phase] = others;
  const zones: ZoneStay[] = [];
  for (let i = 0; i < stays.length; i += 2) {
    zones.push({ zoneId: stays[i] as string, since: at - (stays[i + 1] as number) });
  }
  return {
    v: 1,
    at,
    measuredAt: at - lead,
    receivedAt: at + receipt,
    said,
    lng: lng ?? undefined,
    lat: lat ?? undefined,
    accuracyM: accuracyM ?? undefined,
    speedMps: speedMps ?? undefined,
    headingDeg: headingDeg ?? undefined,
    batteryPercent: batteryPercent ?? undefined,
    state: state ?? undefined,
    phase,
    tripId: tripId ?? undefined,
    vehicleTypeId: vehicleTypeId ?? undefined,
    zoneSetVersion: zoneSetVersion ?? undefined,
    vehicleTypeMissing: typeMissing === 1,
    zones,
    open: open.map((violation) => openViolation(at, violation)),
  };
}

type Maybe<T> = T | null;
type StoredMemory = readonly [
  v: 1,
  at: number,
  lead: number,
  receipt: number,
  said: number,
  lng: Maybe<number>,
  lat: Maybe<number>,
  accuracyM: Maybe<number>,
  speedMps: Maybe<number>,
  headingDeg: Maybe<number>,
  batteryPercent: Maybe<number>,
  state: Maybe<VehicleStateWord>,
  tripId: Maybe<string>,
  vehicleTypeId: Maybe<string>,
  zoneSetVersion: Maybe<number>,
  typeMissing: 0 | 1,
  stays: readonly (string | number)[],
  open: readonly StoredViolation[],
  phase: TripPhase,
];
type StoredViolation = readonly [
  kind: ViolationKind,
  zoneId: Maybe<string>,
  zoneSetVersion: number,
  age: number,
  tripId: Maybe<string>,
  lng: number,
  lat: number,
  observed: Maybe<number>,
  limit: Maybe<number>,
];

function openViolation(at: number, stored: StoredViolation): OpenViolation {
  const [kind, zoneId, zoneSetVersion, age, tripId, lng, lat, observed, limit] = stored;
  return {
    kind,
    zoneId: zoneId ?? undefined,
    zoneSetVersion,
    openedAt: at - age,
    tripId: tripId ?? undefined,
    lng,
    lat,
    observed: observed ?? undefined,
    limit: limit ?? undefined,
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new Error('decode vehicle memory', { cause });
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

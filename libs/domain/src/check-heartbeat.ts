import { isId } from './check-text';
import type { Heartbeat, HeartbeatRefusal, HeartbeatRefusalCode } from './heartbeat';
import { isEpochMs, parseTime } from './parse-time';
import { VEHICLE_STATES, type VehicleStateWord } from './report';
import { shown } from './shown-value';
import { isWeekRollover } from './week-rollover';

/** What the door knows when it looks at a heartbeat. Times are epoch milliseconds. */
export interface HeartbeatContext {
  readonly now: number;
  /** Older than this is refused. */
  readonly maxAgeMs: number;
  /** A fleet off the coast of Ghana says yes; elsewhere (0, 0) is a device without a fix. */
  readonly allowNullIsland?: boolean;
  /** The vehicle that the credential stands for: it may speak of no other. */
  readonly vehicleId?: string;
}

/** A heartbeat, or the first reason found why it is none. */
export type CheckedHeartbeat = { readonly kind: 'ok'; readonly heartbeat: Heartbeat } | HeartbeatRefusal;

/**
 * Is this unknown value a heartbeat? Strict about every field it knows (an explicit `null` is a refused value, not an absent
 * one), blind to all others. Devices come later: a `deviceId` is kept, but by itself it is no identity yet.
 */
export function checkHeartbeat(value: unknown, context: HeartbeatContext): CheckedHeartbeat {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('heartbeat_not_an_object', '', value, 'a heartbeat is a JSON object');
  }
  const item = value as { readonly [field in keyof Heartbeat]?: unknown };
  const vehicleId = checkVehicle(item.vehicleId, context.vehicleId);
  if (typeof vehicleId !== 'string') return vehicleId;
  const measuredAt = checkMeasuredAt(item.measuredAt, context);
  if (typeof measuredAt !== 'number') return measuredAt;
  const wrong = checkPlace(item.lat, item.lng, context.allowNullIsland === true) ?? checkRest(item);
  if (wrong) return wrong;

  // Field by field, so that nothing else can come along, and always in one shape, which engines like.
  const rest = item as Partial<Heartbeat>;
  return {
    kind: 'ok',
    heartbeat: {
      vehicleId,
      deviceId: rest.deviceId,
      measuredAt,
      lat: withoutNegativeZero(rest.lat),
      lng: withoutNegativeZero(rest.lng),
      accuracyM: withoutNegativeZero(rest.accuracyM),
      speedMps: withoutNegativeZero(rest.speedMps),
      headingDeg: withoutNegativeZero(rest.headingDeg),
      altitudeM: withoutNegativeZero(rest.altitudeM),
      batteryPercent: withoutNegativeZero(rest.batteryPercent),
      state: rest.state,
      tripId: rest.tripId,
      bootId: rest.bootId,
      sequence: withoutNegativeZero(rest.sequence),
    },
  };
}

// Other languages write and compare −0 differently, so one report would become two.
function withoutNegativeZero(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value + 0;
}

function checkVehicle(value: unknown, credential: string | undefined): string | HeartbeatRefusal {
  if (value === undefined) {
    if (credential !== undefined) return credential;
    return refuse(
      'vehicle_id_missing',
      'vehicleId',
      value,
      'say whose heartbeat it is: vehicleId (devices are not known yet)',
    );
  }
  if (!isId(value)) return refuse('vehicle_id_invalid', 'vehicleId', value, 'an id is 1 to 128 printable characters');
  if (credential !== undefined && value !== credential) {
    return refuse('vehicle_id_not_yours', 'vehicleId', value, 'the credential belongs to another vehicle');
  }
  return value;
}

function checkMeasuredAt(value: unknown, { now, maxAgeMs }: HeartbeatContext): number | HeartbeatRefusal {
  if (value === undefined)
    return refuse('measured_at_missing', 'measuredAt', value, 'say when it was measured: measuredAt');
  const given =
    typeof value === 'string' ? parseTime(value) : typeof value === 'number' ? Math.floor(value) : undefined;
  // A number below 1e11 is in seconds or no time at all; the same moment spelled out is merely old.
  if (given === undefined || !(typeof value === 'string' || isEpochMs(given))) {
    return refuse('measured_at_invalid', 'measuredAt', value, 'measuredAt is RFC 3339 or epoch milliseconds');
  }
  if (given < now - maxAgeMs) {
    const refusal = refuse('measured_at_too_old', 'measuredAt', value, `older than ${maxAgeMs / 86_400_000} days`);
    if (!isWeekRollover(now - given)) return refusal;
    return { ...refusal, detail: `${refusal.detail}: by whole turns of the GPS week`, anomaly: 'week_rollover' };
  }
  return given;
}

function checkPlace(lat: unknown, lng: unknown, allowNullIsland: boolean): HeartbeatRefusal | undefined {
  if (lat === undefined && lng === undefined) return undefined;
  if (lat === undefined) return refuse('latitude_missing', 'lat', lat, 'lng came without lat');
  if (lng === undefined) return refuse('longitude_missing', 'lng', lng, 'lat came without lng');
  if (!isFiniteNumber(lat)) return refuse('not_a_number', 'lat', lat, 'lat is a finite number of degrees');
  if (!isFiniteNumber(lng)) return refuse('not_a_number', 'lng', lng, 'lng is a finite number of degrees');
  if (lat < -90 || lat > 90) return refuse('latitude_out_of_range', 'lat', lat, 'lat is between -90 and 90');
  if (lng < -180 || lng > 180) return refuse('longitude_out_of_range', 'lng', lng, 'lng is between -180 and 180');
  if (lat === 0 && lng === 0 && !allowNullIsland)
    return refuse('null_island', 'lat', lat, '(0, 0) is a device without a fix');
  return undefined;
}

/** The optional fields: what each must be, in words, and how that is seen. */
const RULES: readonly (readonly [keyof Heartbeat, HeartbeatRefusalCode, string, (value: unknown) => boolean])[] = [
  ['deviceId', 'device_id_invalid', 'an id is 1 to 128 printable characters', isId],
  ['accuracyM', 'accuracy_invalid', 'accuracyM is 0 or more metres', isNotNegative],
  ['speedMps', 'speed_invalid', 'speedMps is 0 or more metres per second', isNotNegative],
  ['headingDeg', 'heading_invalid', 'headingDeg is between 0 and 360', (value) => isNotNegative(value) && value <= 360],
  ['altitudeM', 'altitude_invalid', 'altitudeM is a finite number of metres', isFiniteNumber],
  [
    'batteryPercent',
    'battery_invalid',
    'batteryPercent is between 0 and 100',
    (value) => isNotNegative(value) && value <= 100,
  ],
  ['state', 'state_unknown', `state is one of ${VEHICLE_STATES.join(', ')}`, isState],
  ['tripId', 'trip_id_invalid', 'an id is 1 to 128 printable characters', isId],
  ['bootId', 'boot_id_invalid', 'an id is 1 to 128 printable characters', isId],
  [
    'sequence',
    'sequence_invalid',
    'sequence is a whole number from 0 to 2^53 − 1',
    (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  ],
];

type Unchecked = { readonly [field in keyof Heartbeat]?: unknown };

function checkRest(item: Unchecked): HeartbeatRefusal | undefined {
  if (restHolds(item)) return undefined;
  for (const [field, code, detail, holds] of RULES) {
    const value = item[field];
    if (value !== undefined && !holds(value)) return refuse(code, field, value, detail);
  }
  return undefined;
}

/** The same rules in one expression, which engines run four times as fast as a list; what it doubts, the list decides. */
function restHolds(item: Unchecked): boolean {
  return (
    (item.deviceId === undefined || isId(item.deviceId)) &&
    (item.accuracyM === undefined || isNotNegative(item.accuracyM)) &&
    (item.speedMps === undefined || isNotNegative(item.speedMps)) &&
    (item.headingDeg === undefined || (isNotNegative(item.headingDeg) && item.headingDeg <= 360)) &&
    (item.altitudeM === undefined || isFiniteNumber(item.altitudeM)) &&
    (item.batteryPercent === undefined || (isNotNegative(item.batteryPercent) && item.batteryPercent <= 100)) &&
    (item.state === undefined || isState(item.state)) &&
    (item.tripId === undefined || isId(item.tripId)) &&
    (item.bootId === undefined || isId(item.bootId)) &&
    (item.sequence === undefined || (Number.isSafeInteger(item.sequence) && (item.sequence as number) >= 0))
  );
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isNotNegative(value: unknown): value is number {
  return isFiniteNumber(value) && value >= 0;
}

const STATES: ReadonlySet<unknown> = new Set(VEHICLE_STATES);

function isState(value: unknown): value is VehicleStateWord {
  return STATES.has(value);
}

function refuse(code: HeartbeatRefusalCode, field: string, value: unknown, detail: string): HeartbeatRefusal {
  return { kind: 'rejected', code, field, value: shown(value), detail };
}

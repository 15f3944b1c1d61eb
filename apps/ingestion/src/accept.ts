import { encodeReport, vehicleKey } from '@corral/contracts';
import {
  checkHeartbeat,
  stampReports,
  type Heartbeat,
  type HeartbeatRefusal,
  type Report,
  type Stamp,
} from '@corral/domain';
import type { AppendRecord } from '@corral/messaging';

/** How many heartbeats one request may hold. */
export const MOST_HEARTBEATS = 1_000;

/** The heartbeats of a request, not yet looked at one by one. */
export type Items =
  | { readonly kind: 'items'; readonly items: readonly unknown[] }
  | {
      readonly kind: 'refused';
      readonly code: 'heartbeats_malformed' | 'heartbeats_empty' | 'too_many_heartbeats';
      readonly detail: string;
    };

/** Which heartbeats does this body hold: one, or the list under `heartbeats`? */
export function itemsOf(body: unknown): Items {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return malformed();
  if (!Object.hasOwn(body, 'heartbeats')) return { kind: 'items', items: [body] };
  const { heartbeats } = body as { heartbeats: unknown };
  if (!Array.isArray(heartbeats)) return malformed();
  if (heartbeats.length === 0)
    return { kind: 'refused', code: 'heartbeats_empty', detail: 'The list of heartbeats is empty.' };
  if (heartbeats.length > MOST_HEARTBEATS)
    return {
      kind: 'refused',
      code: 'too_many_heartbeats',
      detail: `A request holds at most ${MOST_HEARTBEATS} heartbeats, not ${heartbeats.length}.`,
    };
  return { kind: 'items', items: heartbeats };
}

function malformed(): Items {
  return {
    kind: 'refused',
    code: 'heartbeats_malformed',
    detail: 'Send one heartbeat as an object, or { "heartbeats": [ … ] } with up to 1,000 of them.',
  };
}

/** Who sends, and what the door knows. Times are epoch milliseconds. */
export interface AcceptContext {
  readonly fleetId: string;
  /** The one vehicle the credential stands for, if it does. */
  readonly vehicleId?: string | undefined;
  readonly receivedAt: number;
  readonly maxAgeMs: number;
}

/** A refused item, by its place in the request. */
export interface RejectedItem extends Omit<HeartbeatRefusal, 'kind' | 'anomaly'> {
  readonly index: number;
}

/** What becomes of a request's items: reports in the order they count, and what is refused in the order it came. */
export interface Accepted {
  readonly reports: readonly Report[];
  readonly rejected: readonly RejectedItem[];
  /** How many of the refused are too old by whole turns of the GPS week. */
  readonly weekRollovers: number;
}

/**
 * Checks items one by one, stamps each once, and puts them in order of time (DESIGN 5.2, rules 1 and 2). A bad item never sinks its
 * neighbours. Repeated ones stay: the later in the list comes later.
 */
export function acceptHeartbeats(
  items: readonly unknown[],
  { fleetId, vehicleId, receivedAt, maxAgeMs }: AcceptContext,
): Accepted {
  const context = { now: receivedAt, maxAgeMs, ...(vehicleId === undefined ? {} : { vehicleId }) };
  const heartbeats: Heartbeat[] = [];
  const rejected: RejectedItem[] = [];
  let weekRollovers = 0;
  items.forEach((item, index) => {
    const checked = checkHeartbeat(item, context);
    if (checked.kind === 'ok') {
      heartbeats.push(checked.heartbeat);
      return;
    }
    rejected.push({ index, code: checked.code, field: checked.field, value: checked.value, detail: checked.detail });
    if (checked.anomaly === 'week_rollover') weekRollovers += 1;
  });
  const reports = withOneClock(heartbeats, receivedAt).flatMap((ofVehicle) => {
    const stamps = stampReports(ofVehicle, receivedAt);
    return ofVehicle.map((heartbeat, i) => toReport(heartbeat, fleetId, receivedAt, stamps[i]!));
  });
  if (reports.some((report, i) => i > 0 && report.at < reports[i - 1]!.at)) reports.sort((a, b) => a.at - b.at);
  return { reports, rejected, weekRollovers };
}

// Field by field: a third of the time of spreading three objects into one.
function toReport(heartbeat: Heartbeat, fleetId: string, receivedAt: number, { at, flags }: Stamp): Report {
  return {
    fleetId,
    receivedAt,
    source: 'device',
    vehicleId: heartbeat.vehicleId,
    deviceId: heartbeat.deviceId,
    measuredAt: heartbeat.measuredAt,
    lat: heartbeat.lat,
    lng: heartbeat.lng,
    accuracyM: heartbeat.accuracyM,
    speedMps: heartbeat.speedMps,
    headingDeg: heartbeat.headingDeg,
    altitudeM: heartbeat.altitudeM,
    batteryPercent: heartbeat.batteryPercent,
    state: heartbeat.state,
    tripId: heartbeat.tripId,
    bootId: heartbeat.bootId,
    sequence: heartbeat.sequence,
    at,
    flags,
  };
}

// A request that brings several vehicles' heartbeats has several clocks: one that runs ahead must not shift the others. Where none does,
// as nearly always, there is nothing to tell apart.
function withOneClock(heartbeats: readonly Heartbeat[], receivedAt: number): readonly (readonly Heartbeat[])[] {
  if (heartbeats.length < 2 || heartbeats.every(({ measuredAt }) => measuredAt <= receivedAt)) return [heartbeats];
  const groups = new Map<string, Heartbeat[]>();
  for (const heartbeat of heartbeats) {
    const group = groups.get(heartbeat.vehicleId);
    if (group) group.push(heartbeat);
    else groups.set(heartbeat.vehicleId, [heartbeat]);
  }
  return [...groups.values()];
}

/** A report as the log takes it, and the trace of the request it came in, if that is traced. */
export function recordOf(report: Report, traceparent?: string): AppendRecord {
  const record = {
    key: vehicleKey(report.fleetId, report.vehicleId),
    value: encodeReport(report),
    timestamp: report.receivedAt,
  };
  return traceparent === undefined ? record : { ...record, traceparent };
}

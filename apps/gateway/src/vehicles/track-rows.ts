import { sayTime } from '@corral/contracts/http';
import { msToTimestamp, type Queryable } from '@corral/database';
import { conditionsOf } from '../http/conditions';

/** A row of `track`. */
export interface TrackRow {
  /** `YYYY-MM-DD`, UTC: that of `measured_at`, but for a clock that runs absurdly ahead, which is filed under the day after its receipt. */
  readonly day: string;
  readonly vehicle_id: string;
  readonly measured_at: number;
  readonly at: number;
  readonly received_at: number;
  readonly source: string;
  readonly flags: readonly string[];
  readonly lat: number | null;
  readonly lng: number | null;
  readonly accuracy_m: number | null;
  readonly speed_mps: number | null;
  readonly heading_deg: number | null;
  readonly altitude_m: number | null;
  readonly battery_percent: number | null;
  readonly state: string | null;
  readonly trip_id: string | null;
  readonly boot_id: string | null;
  readonly sequence: number | null;
  readonly vehicle_type_id: string | null;
}

const COLUMNS = `day, vehicle_id, measured_at, at, received_at, source, flags, lat, lng, accuracy_m, speed_mps, heading_deg, altitude_m,
  battery_percent, state, trip_id, boot_id, sequence, vehicle_type_id`;

/** Where a report stands in its track: the day it is filed under (epoch ms of its beginning, UTC) and its `measuredAt`. */
export type TrackPlace = readonly [dayMs: number, measuredAt: number];

/** Where this row stands. */
export function placeOf({ day, measured_at }: TrackRow): TrackPlace {
  return [Date.parse(day), measured_at];
}

/** Which part of a track; times (epoch ms) are `measuredAt`, a report's identity, both ends included. */
export interface TrackPart {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly order: 'asc' | 'desc';
  /** Go on after this report. */
  readonly after?: TrackPlace | undefined;
  readonly limit: number;
  readonly onlyFixes?: boolean;
}

/** Reads a part of a track, day partition by day partition. */
export async function readTrack(tx: Queryable, part: TrackPart): Promise<readonly TrackRow[]> {
  const { from, to, after, order } = part;
  const where = conditionsOf('fleet_id', part.fleetId);
  where.and('vehicle_id = ?', part.vehicleId);
  const [afterDay, afterMeasuredAt] = after ?? [];
  const least = Math.max(from ?? -Infinity, order === 'asc' ? (afterDay ?? -Infinity) : -Infinity);
  const most = Math.min(to ?? Infinity, order === 'desc' ? (afterDay ?? Infinity) : Infinity);
  // The day is the partition: without it every day would be opened.
  if (least > -Infinity) where.and('day >= ?::date', dayOf(least));
  if (most < Infinity) where.and('day <= ?::date', dayOf(most));
  if (from !== undefined) where.and(`measured_at >= ${msToTimestamp('?')}`, from);
  if (to !== undefined) where.and(`measured_at <= ${msToTimestamp('?')}`, to);
  if (afterDay !== undefined)
    where.and(
      `(day, measured_at) ${order === 'asc' ? '>' : '<'} (?::date, ${msToTimestamp('?')})`,
      dayOf(afterDay),
      afterMeasuredAt,
    );
  if (part.onlyFixes) where.and('lat IS NOT NULL');
  const { rows } = await tx.query<TrackRow>(
    `SELECT ${COLUMNS} FROM track WHERE ${where.text} ORDER BY day ${order}, measured_at ${order} LIMIT ${where.value(part.limit)}`,
    where.values,
  );
  return rows;
}

function dayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

/** A recorded report as the API says it. */
export function sayTrackRow(row: TrackRow) {
  return {
    vehicleId: row.vehicle_id,
    measuredAt: sayTime(row.measured_at),
    at: sayTime(row.at),
    receivedAt: sayTime(row.received_at),
    source: row.source,
    flags: row.flags,
    lat: row.lat ?? undefined,
    lng: row.lng ?? undefined,
    accuracyM: row.accuracy_m ?? undefined,
    speedMps: row.speed_mps ?? undefined,
    headingDeg: row.heading_deg ?? undefined,
    altitudeM: row.altitude_m ?? undefined,
    batteryPercent: row.battery_percent ?? undefined,
    state: row.state ?? undefined,
    tripId: row.trip_id ?? undefined,
    bootId: row.boot_id ?? undefined,
    sequence: row.sequence ?? undefined,
    vehicleTypeId: row.vehicle_type_id ?? undefined,
  };
}

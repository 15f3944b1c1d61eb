import { ensureDay, unnestRows, type Columns, type Queryable } from '@corral/database';
import { COMPARED, type TrackRow } from './track-row';

const columns: Columns<TrackRow> = {
  day: ['date', ({ day }) => day],
  fleet_id: ['text', ({ report }) => report.fleetId],
  vehicle_id: ['text', ({ report }) => report.vehicleId],
  measured_at: ['timestamptz', ({ report }) => report.measuredAt],
  at: ['timestamptz', ({ report }) => report.at],
  received_at: ['timestamptz', ({ report }) => report.receivedAt],
  source: ['text', ({ report }) => report.source],
  flags: ['text[]', ({ report }) => report.flags],
  lng: ['float8', ({ report }) => report.lng],
  lat: ['float8', ({ report }) => report.lat],
  accuracy_m: ['float8', ({ report }) => report.accuracyM],
  speed_mps: ['float8', ({ report }) => report.speedMps],
  heading_deg: ['float8', ({ report }) => report.headingDeg],
  altitude_m: ['float8', ({ report }) => report.altitudeM],
  battery_percent: ['float8', ({ report }) => report.batteryPercent],
  state: ['text', ({ report }) => report.state],
  trip_id: ['text', ({ report }) => report.tripId],
  boot_id: ['text', ({ report }) => report.bootId],
  sequence: ['bigint', ({ report }) => report.sequence],
  vehicle_type_id: ['text', ({ report }) => report.vehicleTypeId],
};

const IDENTITY = ['day', 'fleet_id', 'vehicle_id', 'measured_at'];
const REPLACED = Object.keys(columns)
  .filter((column) => !IDENTITY.includes(column))
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');

const columnOf: Readonly<Record<(typeof COMPARED)[number], string>> = {
  lat: 'lat',
  lng: 'lng',
  accuracyM: 'accuracy_m',
  speedMps: 'speed_mps',
  headingDeg: 'heading_deg',
  state: 'state',
  tripId: 'trip_id',
};
const valuesOf = (row: string) => `(${COMPARED.map((field) => `${row}.${columnOf[field]}`).join(', ')})`;

/** Writes rows into the track; a row that is there is replaced by one with other values received at the same time or later. The days must be open. */
export async function writeTrack(tx: Queryable, rows: readonly TrackRow[]): Promise<void> {
  if (rows.length === 0) return;
  const given = unnestRows(rows, columns);
  // In order of the key: two flushes that meet the same rows never wait for each other in a circle.
  await tx.query(
    `INSERT INTO track (${given.columns}) SELECT ${given.select} FROM ${given.from} ORDER BY 1, 2, 3, 4
     ON CONFLICT (${IDENTITY.join(', ')}) DO UPDATE SET ${REPLACED}
      WHERE excluded.received_at >= track.received_at AND ${valuesOf('excluded')} IS DISTINCT FROM ${valuesOf('track')}`,
    given.values,
  );
}

/** A day about to be written to, and when the last of its rows was received (epoch ms). */
export interface DayReceipt {
  readonly day: string;
  readonly lastReceivedAt: number;
}

/**
 * Opens days for writing, in the transaction that writes: what retention drops meanwhile waits for our commit, and a day it has dropped is made
 * anew. The lock is a shared one, so that instances do not wait for each other.
 */
export async function openDays(tx: Queryable, days: readonly DayReceipt[]): Promise<void> {
  if (days.length === 0) return;
  const names = days.map(({ day }) => day);
  const { rows } = await tx.query<{ day: string }>(
    'SELECT day FROM track_day WHERE day = ANY ($1::date[]) ORDER BY day FOR KEY SHARE',
    [names],
  );
  const there = new Set(rows.map(({ day }) => day));
  const missing = days.filter(({ day }) => !there.has(day));
  if (missing.length === 0) return;
  const given = unnestRows(missing, {
    day: ['date', ({ day }) => day],
    last_received_at: ['timestamptz', ({ lastReceivedAt }) => lastReceivedAt],
  });
  await tx.query(
    `INSERT INTO track_day (${given.columns}) SELECT ${given.select} FROM ${given.from} ORDER BY 1 ON CONFLICT (day) DO NOTHING`,
    given.values,
  );
  for (const { day } of missing) await ensureDay(tx, 'track', day);
}

/** Moves the last receipt of days forward; retention counts from it. */
export async function noteReceipts(database: Queryable, days: readonly DayReceipt[]): Promise<void> {
  const given = unnestRows(days, {
    day: ['date', ({ day }) => day],
    last_received_at: ['timestamptz', ({ lastReceivedAt }) => lastReceivedAt],
  });
  await database.query(
    `UPDATE track_day d SET last_received_at = greatest(d.last_received_at, r.last_received_at)
       FROM (SELECT ${given.select} FROM ${given.from}) AS r (${given.columns}) WHERE d.day = r.day`,
    given.values,
  );
}

import { vehicleKey } from '@corral/contracts';
import { binaryRows, unnestRows, type Columns, type Transaction } from '@corral/database';
import { COMPARED, type TrackRow } from './track-row';

const columns = {
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
} as const satisfies Columns<TrackRow>;

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

/** Writes rows into the track. */
export interface TrackWriter {
  /** A row that is there is replaced by one with other values received at the same time or later. The days must be open. */
  write(tx: Transaction, rows: readonly TrackRow[]): Promise<void>;
}

/** Vehicles whose newest row is remembered at most. */
const REMEMBERED = 100_000;
/** Fewer rows are not worth a COPY. */
const WORTH_A_COPY = 20;
/** After a COPY that met a row which is there already (a log that is read again) so many flushes go without. */
const PAUSE_FLUSHES = 100;

/**
 * A row newer than any that this process has written of its vehicle is most likely not there yet: such rows go by COPY, which takes half of what
 * an insert that looks first takes. If one of them is there after all, all are written the other way. What is remembered decides on the way alone.
 */
export function createTrackWriter(): TrackWriter {
  const newest = new Map<string, number>();
  let pause = 0;

  /** Remembers the newest row of each vehicle, and answers those that are newer than what was remembered of theirs. */
  function takeNewer(rows: readonly TrackRow[]): readonly TrackRow[] {
    const newer: TrackRow[] = [];
    for (const row of rows) {
      const { fleetId, vehicleId, measuredAt } = row.report;
      const key = vehicleKey(fleetId, vehicleId);
      const known = newest.get(key);
      if (known !== undefined && known >= measuredAt) continue;
      if (known === undefined && newest.size >= REMEMBERED) newest.clear();
      newest.set(key, measuredAt);
      if (known !== undefined) newer.push(row);
    }
    return newer;
  }

  return {
    async write(tx, rows) {
      const fresh = takeNewer(rows);
      if (pause > 0) pause--;
      else if (fresh.length >= WORTH_A_COPY) {
        const copied = await copyRows(tx, fresh);
        if (copied) {
          const done = new Set(fresh);
          return insertRows(tx, done.size === rows.length ? [] : rows.filter((row) => !done.has(row)));
        }
        pause = PAUSE_FLUSHES;
      }
      await insertRows(tx, rows);
    },
  };
}

/** Of the rows' day alone: the policies of `track` know no COPY, and finding each row's day takes time. */
async function copyRows(tx: Transaction, rows: readonly TrackRow[]): Promise<boolean> {
  await tx.query('SAVEPOINT copied');
  try {
    for (const [day, ofDay] of Map.groupBy(inOrder(rows), (row) => row.day))
      await tx.copy(
        `COPY track_${day.replaceAll('-', '')} (${Object.keys(columns).join(', ')}) FROM STDIN (FORMAT binary)`,
        binaryRows(ofDay, columns),
      );
  } catch (error) {
    if (!mayBeInserted(error)) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT copied');
    return false;
  }
  await tx.query('RELEASE SAVEPOINT copied');
  return true;
}

/** Neighbours in the index are written one after the other. */
function inOrder(rows: readonly TrackRow[]): readonly TrackRow[] {
  return rows.toSorted(({ report: one }, { report: other }) => (one.vehicleId < other.vehicleId ? -1 : 1));
}

/** unique_violation; insufficient_privilege and feature_not_supported, where our role may write to `track` and not to its parts. */
function mayBeInserted(error: unknown): boolean {
  return ['23505', '42501', '0A000'].includes((error as { code?: string }).code ?? '');
}

async function insertRows(tx: Transaction, rows: readonly TrackRow[]): Promise<void> {
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

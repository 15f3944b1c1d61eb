import type { StationSetDefinition, ZoneSetDefinition } from '@corral/domain';
import type { Queryable } from './queryable';

/** Which version counts from when: ascending by `effectiveAt` (epoch ms; -Infinity: from the beginning of time), one row per moment. */
export interface ScheduleRow {
  readonly version: number;
  readonly effectiveAt: number;
}

/** A fleet's schedule of zone sets; `revision` 0 and no rows: nothing was ever published. */
export interface ScheduleRows<Row extends ScheduleRow = ScheduleRow> {
  readonly revision: number;
  readonly rows: readonly Row[];
}

/** The same with the stations that count beside the zones; without: nobody had said where stations are. */
export interface ScheduleRowWithStations extends ScheduleRow {
  readonly stationVersion: number | undefined;
}

/** The fleet's schedule of zone sets alone, as this transaction sees it: of a change of stations it knows nothing. */
export async function loadScheduleRows(queryable: Queryable, fleetId: string): Promise<ScheduleRows> {
  const { revision, rows } = await loadSchedule(queryable, fleetId);
  const changes = rows.filter((row, i) => row.version !== rows[i - 1]?.version);
  return { revision, rows: changes.map(({ version, effectiveAt }) => ({ version, effectiveAt })) };
}

/**
 * The fleet's schedule, stations included, as this transaction sees it, or as it was at an earlier revision. The table is append-only, so of two rows
 * for one moment the later revision counts: that is how a scheduled version is withdrawn (the version before it is scheduled for the same moment again).
 */
export async function loadSchedule(
  queryable: Queryable,
  fleetId: string,
  revisionAtMost?: number,
): Promise<ScheduleRows<ScheduleRowWithStations>> {
  const { rows } = await queryable.query<{
    revision: number;
    version: number;
    station_version: number | null;
    effective_at: number;
  }>(
    `SELECT DISTINCT ON (effective_at) revision, version, station_version, effective_at
       FROM zone_schedule WHERE fleet_id = $1 AND ($2::bigint IS NULL OR revision <= $2)
      ORDER BY effective_at, revision DESC`,
    [fleetId, revisionAtMost ?? null],
  );
  // The greatest revision is never shadowed: at its own moment it is the latest.
  const revision = rows.reduce((greatest, row) => Math.max(greatest, row.revision), 0);
  const changes = rows.filter(
    ({ version, station_version: stations }, i) =>
      version !== rows[i - 1]?.version || stations !== rows[i - 1]?.station_version,
  );
  return {
    revision,
    rows: changes.map((row) => ({
      version: row.version,
      stationVersion: row.station_version ?? undefined,
      effectiveAt: row.effective_at,
    })),
  };
}

/** The stored stations of that version; undefined if there are none such. */
export async function loadStations(
  queryable: Queryable,
  fleetId: string,
  version: number,
): Promise<StationSetDefinition | undefined> {
  const { rows } = await queryable.query<{ definition: string }>(
    'SELECT definition FROM station_set WHERE fleet_id = $1 AND version = $2',
    [fleetId, version],
  );
  return rows[0] === undefined ? undefined : (JSON.parse(rows[0].definition) as StationSetDefinition);
}

/** The stored zone set of that version; undefined if there is none. */
export async function loadDefinition(
  queryable: Queryable,
  fleetId: string,
  version: number,
): Promise<ZoneSetDefinition | undefined> {
  const { rows } = await queryable.query<{ definition: string }>(
    'SELECT definition FROM zone_set WHERE fleet_id = $1 AND version = $2',
    [fleetId, version],
  );
  return rows[0] === undefined ? undefined : (JSON.parse(rows[0].definition) as ZoneSetDefinition);
}

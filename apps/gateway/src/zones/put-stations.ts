import { loadSchedule, loadStations, msToTimestamp, type Queryable } from '@corral/database';
import type { StationSetDefinition } from '@corral/domain';
import { appendRow } from './publish-zone-set';

/** The version of the fleet's stations; 0: nobody has said where stations are. */
export async function stationVersionOf(tx: Queryable, fleetId: string): Promise<number> {
  const { rows } = await tx.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM station_set WHERE fleet_id = $1',
    [fleetId],
  );
  return rows[0]?.version ?? 0;
}

/**
 * Stores the stations of a fleet as its next version and answers it. From now on they count, beside the zones of now and beside those that are
 * scheduled; where no zones count yet, beside the first that do. The very same stations said again change nothing; where only names and what else
 * nobody is judged by differ, no moment is added at which all vehicles would be looked at. Under `lockZoneSets`.
 */
export async function putStations(
  tx: Queryable,
  wanted: { readonly fleetId: string; readonly definition: StationSetDefinition; readonly now: number },
): Promise<number> {
  const { fleetId, definition, now } = wanted;
  const known = await stationVersionOf(tx, fleetId);
  const text = JSON.stringify(definition);
  const same = await tx.query('SELECT 1 FROM station_set WHERE fleet_id = $1 AND version = $2 AND definition = $3', [
    fleetId,
    known,
    text,
  ]);
  if (same.rowCount !== 0) return known;
  const version = known + 1;
  await tx.query(
    `INSERT INTO station_set (fleet_id, version, stations, definition, created_at)
     VALUES ($1, $2, $3, $4, ${msToTimestamp('$5')})`,
    [fleetId, version, definition.stations.length, text, now],
  );
  const before = await loadStations(tx, fleetId, known);
  if (before === undefined || judgedBy(before) !== judgedBy(definition)) await schedule(tx, fleetId, now);
  return version;
}

function judgedBy({ stations }: StationSetDefinition): string {
  return JSON.stringify(stations.map(({ stationId, position, area }) => [stationId, position, area]));
}

/** Says again what zones count now, and at each moment to come: with the new stations. */
async function schedule(tx: Queryable, fleetId: string, now: number): Promise<void> {
  const { revision, rows } = await loadSchedule(tx, fleetId);
  const inForce = rows.findLast((row) => row.effectiveAt <= now);
  if (inForce === undefined) return;
  const { rows: moments } = await tx.query<{ version: number; effective_at: number }>(
    `SELECT DISTINCT ON (effective_at) version, effective_at FROM zone_schedule
      WHERE fleet_id = $1 AND effective_at > ${msToTimestamp('$2')} ORDER BY effective_at, revision DESC`,
    [fleetId, now],
  );
  const later = moments.map((row) => ({ version: row.version, effectiveAt: row.effective_at }));
  let next = revision;
  for (const row of [{ version: inForce.version, effectiveAt: now }, ...later])
    await appendRow(tx, fleetId, ++next, row.version, row.effectiveAt, now);
}

import { msToTimestamp, type Queryable } from '@corral/database';
import type { ZoneImport } from '@corral/domain';

type UsableImport = Extract<ZoneImport, { kind: 'ok' }>;

/** Makes whoever changes the zone sets of this fleet wait for each other, so that versions and revisions have no gaps. */
export async function lockZoneSets(tx: Queryable, fleetId: string): Promise<void> {
  await tx.query('SELECT id FROM fleet WHERE id = $1 FOR UPDATE', [fleetId]);
}

/** Stores an import as the fleet's next version, a draft. Under {@link lockZoneSets}. */
export async function storeZoneSet(
  tx: Queryable,
  fleetId: string,
  { definition, refused, warnings }: UsableImport,
  now: number,
): Promise<number> {
  const { rows } = await tx.query<{ version: number }>(
    `INSERT INTO zone_set (fleet_id, version, status, origin, profile, zones, refused, warnings, definition, created_at)
     SELECT $1, coalesce(max(version), 0) + 1, 'draft', $2, $3, $4, $5::jsonb, $6::jsonb, $7, ${msToTimestamp('$8')}
       FROM zone_set WHERE fleet_id = $1
     RETURNING version`,
    [
      fleetId,
      definition.origin,
      definition.profile,
      definition.zones.length,
      JSON.stringify(refused),
      JSON.stringify(warnings),
      JSON.stringify(definition),
      now,
    ],
  );
  return rows[0]!.version;
}

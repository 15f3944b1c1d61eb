import { msToTimestamp, type Queryable, type StorableZones } from '@corral/database';

/** Makes whoever changes the zone sets of this fleet wait for each other, so that versions and revisions have no gaps. */
export async function lockZoneSets(tx: Queryable, fleetId: string): Promise<void> {
  await tx.query('SELECT id FROM fleet WHERE id = $1 FOR UPDATE', [fleetId]);
}

/** Stores an import as the fleet's next version, a draft. Under {@link lockZoneSets}. */
export async function storeZoneSet(
  tx: Queryable,
  fleetId: string,
  { origin, profile, zones, definition, refused, warnings }: StorableZones,
  now: number,
): Promise<number> {
  const { rows } = await tx.query<{ version: number }>(
    `INSERT INTO zone_set (fleet_id, version, status, origin, profile, zones, refused, warnings, definition, created_at)
     SELECT $1, coalesce(max(version), 0) + 1, 'draft', $2, $3, $4, $5::jsonb, $6::jsonb, $7, ${msToTimestamp('$8')}
       FROM zone_set WHERE fleet_id = $1
     RETURNING version`,
    [
      fleetId,
      origin,
      profile,
      zones,
      JSON.stringify(refused),
      JSON.stringify(warnings),
      // PostgreSQL takes a text in UTF-8 as it is: made into a string here, it would be made into bytes again.
      definition,
      now,
    ],
  );
  return rows[0]!.version;
}

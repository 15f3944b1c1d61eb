import { zoneName, type LocalisedName, type Violation } from '@corral/domain';
import type { Queryable } from '@corral/database';
import type { AlertNaming } from './alert-names';

/** Zone sets whose names are kept in memory. */
const KEPT_VERSIONS = 50;

/**
 * Names from the fleet's vehicles and from the zone set the violation was decided by. A version never changes, so its names are read
 * once, and without its shapes, which are nearly all of it.
 */
export function postgresAlertNaming(): AlertNaming {
  const zonesOf = new Map<string, ReadonlyMap<string, string>>();

  async function zoneNames(
    tx: Queryable,
    { fleetId, zoneSetVersion }: Violation,
  ): Promise<ReadonlyMap<string, string>> {
    const key = `${fleetId} ${zoneSetVersion}`;
    const known = zonesOf.get(key);
    if (known) return known;
    const { rows } = await tx.query<{ zoneId: string; name: LocalisedName | null }>(
      `SELECT zone->>'zoneId' AS "zoneId", zone->'name' AS name FROM zone_set, json_array_elements(definition::json->'zones') AS zone
       WHERE fleet_id = $1 AND version = $2 AND zone->'name' IS NOT NULL`,
      [fleetId, zoneSetVersion],
    );
    const names = new Map(rows.map(({ zoneId, name }) => [zoneId, zoneName({ name: name ?? undefined }) ?? zoneId]));
    zonesOf.set(key, names);
    const [oldest] = zonesOf.keys();
    if (zonesOf.size > KEPT_VERSIONS && oldest !== undefined) zonesOf.delete(oldest);
    return names;
  }

  return async (tx, violations) => {
    // Only an alert that opens is given a title.
    const opening = violations.filter(({ status, retracted }) => status === 'open' && !retracted);
    if (opening.length === 0) return () => ({});
    const zones = new Map<Violation, string | undefined>();
    for (const violation of opening)
      if (violation.zoneId !== undefined) zones.set(violation, (await zoneNames(tx, violation)).get(violation.zoneId));
    const vehicles = await vehicleNames(tx, opening);
    return (violation) => ({
      zone: zones.get(violation),
      vehicle: vehicles.get(`${violation.fleetId}/${violation.vehicleId}`),
    });
  };
}

async function vehicleNames(tx: Queryable, violations: readonly Violation[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.query<{ key: string; name: string }>(
    `SELECT v.fleet_id || '/' || v.id AS key, v.name FROM unnest($1::text[], $2::text[]) AS w(fleet_id, id)
     JOIN vehicle v ON v.fleet_id = w.fleet_id AND v.id = w.id WHERE v.name IS NOT NULL`,
    [violations.map(({ fleetId }) => fleetId), violations.map(({ vehicleId }) => vehicleId)],
  );
  return new Map(rows.map(({ key, name }) => [key, name]));
}

import { listOf, problem, sayTime, zone, zonesQuery } from '@corral/contracts/http';
import { withFleet, type Database } from '@corral/database';
import { zoneName, type Zone } from '@corral/domain';
import { Problem } from '@corral/runtime';
import type { ZoneSetCache } from '../zones/zone-set-cache';
import { cursorsOf } from './cursor';
import { DEFAULT_LIMIT } from './page';
import { route, type Route } from './route';
import { versionOf } from './zone-sets';

interface Ports {
  readonly database: Database;
  readonly zoneSets: ZoneSetCache;
  readonly clock: () => number;
}

/** The zones of the set in force, one by one, in their order of precedence. */
export function zoneRoutes({ database, zoneSets, clock }: Ports): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/zones',
      summary: 'The zones in force, in the order of the set: the earlier wins',
      access: 'zones:read',
      query: zonesQuery,
      answers: {
        200: { description: 'Zones', schema: listOf(zone) },
        404: { description: 'No zone set is published, or there is no such version', schema: problem },
      },
      async handle({ caller, query }) {
        const { limit = DEFAULT_LIMIT } = query;
        const cursors = cursorsOf<[number, number]>(['integer', 'integer'], { list: 'zones', version: query.version });
        const after = cursors.read(query.cursor);
        return await withFleet(database, caller.fleetId, async (tx) => {
          // A list goes on in the version it began with, whatever is published meanwhile.
          const named = after?.[0] ?? query.version ?? 'current';
          const version = await versionOf(tx, zoneSets, caller.fleetId, String(named), clock());
          const set = await zoneSets.version(tx, caller.fleetId, version);
          if (set === undefined) throw new Problem(404, 'zone_set_not_found', `There is no zone set ${version}.`);
          const from = after?.[1] ?? 0;
          const items = set.definition.zones.slice(from, from + limit).map((each) => show(each, version));
          const more = from + limit < set.definition.zones.length;
          return { status: 200, body: { items, nextCursor: more ? cursors.write([version, from + limit]) : null } };
        });
      },
    }),
  ];
}

function show(each: Zone, version: number) {
  const { zoneId, index, geometry, rules, start, end, properties } = each;
  return {
    zoneId,
    index,
    name: zoneName(each) ?? null,
    version,
    rules,
    ...(start === undefined ? {} : { start: sayTime(start) }),
    ...(end === undefined ? {} : { end: sayTime(end) }),
    geometry,
    properties,
  };
}

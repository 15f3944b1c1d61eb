import { listOf, listQuery, problem, station, stationsPut } from '@corral/contracts/http';
import { withFleet, type Database } from '@corral/database';
import { importStations, zoneName, type Station } from '@corral/domain';
import { Problem } from '@corral/runtime';
import { z } from 'zod';
import { putStations, stationVersionOf } from '../zones/put-stations';
import { lockZoneSets } from '../zones/store-zone-set';
import type { ZoneSetCache } from '../zones/zone-set-cache';
import { cursorsOf } from './cursor';
import { DEFAULT_LIMIT } from './page';
import { parseJson } from './read-body';
import { route, type Route } from './route';

interface Ports {
  readonly database: Database;
  readonly zoneSets: ZoneSetCache;
  readonly clock: () => number;
}

const stationFile = z.looseObject({}).meta({ description: 'GBFS station_information, 2.x or 3.x, as it is' });

/** The stations of a fleet: said whole, listed one by one. */
export function stationRoutes({ database, zoneSets, clock }: Ports): readonly Route[] {
  return [
    route({
      method: 'PUT',
      path: '/v1/stations',
      summary:
        'Say where stations are: GBFS station_information, whole, from now on; with If-Match only over that version',
      access: 'zones:write',
      body: stationFile,
      // One bad text must not sink its neighbours, so the importer looks at each station, and nobody before it.
      readsBytes: true,
      // The largest systems' feeds are of 2 MB.
      bodyLimit: 10 * 1024 * 1024,
      answers: {
        200: { description: 'In force; what was refused is named. ETag is the version', schema: stationsPut },
        412: { description: 'Another version than If-Match names is in force', schema: problem },
        422: { description: 'Nothing usable: stations, refused and warnings stand in the problem', schema: problem },
      },
      async handle({ caller, bytes, http }) {
        const imported = importStations(parseJson(bytes));
        const { refused, warnings } = imported;
        if (imported.kind === 'refused')
          throw new Problem(422, imported.code, imported.detail, {
            ...(imported.field === undefined ? {} : { field: imported.field }),
            extra: { stations: 0, refused, warnings },
          });
        const { definition } = imported;
        const version = await withFleet(database, caller.fleetId, async (tx) => {
          await lockZoneSets(tx, caller.fleetId);
          checkMatches(http.headers['if-match'], await stationVersionOf(tx, caller.fleetId));
          return await putStations(tx, { fleetId: caller.fleetId, definition, now: clock() });
        });
        return {
          status: 200,
          headers: { etag: `"${version}"` },
          body: { version, stations: definition.stations.length, refused, warnings },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/stations',
      summary: 'The stations, in the order of the file',
      access: 'zones:read',
      query: z.strictObject(listQuery),
      answers: { 200: { description: 'Stations. ETag is the version', schema: listOf(station) } },
      async handle({ caller, query }) {
        const { limit = DEFAULT_LIMIT } = query;
        const cursors = cursorsOf<[number, number]>(['integer', 'integer'], { list: 'stations' });
        const after = cursors.read(query.cursor);
        return await withFleet(database, caller.fleetId, async (tx) => {
          // A list goes on in the version it began with, whatever is put meanwhile.
          const version = after?.[0] ?? (await stationVersionOf(tx, caller.fleetId));
          const set = await zoneSets.stations(tx, caller.fleetId, version);
          const stations = set?.definition.stations ?? [];
          const from = after?.[1] ?? 0;
          const more = from + limit < stations.length;
          return {
            status: 200,
            headers: { etag: `"${version}"` },
            body: {
              items: stations.slice(from, from + limit).map(show),
              nextCursor: more ? cursors.write([version, from + limit]) : null,
            },
          };
        });
      },
    }),
  ];
}

function checkMatches(wanted: string | undefined, version: number): void {
  if (wanted === undefined) return;
  const matches = wanted.trim() === '*' ? version > 0 : wanted.split(',').some((tag) => tag.trim() === `"${version}"`);
  if (matches) return;
  throw new Problem(412, 'version_changed', `The stations are at version ${version}.`, {
    field: 'If-Match',
    value: wanted.slice(0, 200),
  });
}

function show(each: Station) {
  const { stationId, index, position, area, properties } = each;
  return {
    stationId,
    index,
    name: zoneName(each) ?? null,
    ...(position === undefined ? {} : { lat: position[1], lng: position[0] }),
    ...(area === undefined ? {} : { area }),
    properties,
  };
}

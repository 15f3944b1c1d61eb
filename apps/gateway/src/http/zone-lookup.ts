import { problem, zoneAnswer, zoneQuestion, zoneQuestionQuery } from '@corral/contracts/http';
import { withFleet, type Database } from '@corral/database';
import { resolveRule, stationAt, zoneName, zonesAt, type StationSet, type ZoneSet } from '@corral/domain';
import { Problem } from '@corral/runtime';
import type { ZoneSetCache } from '../zones/zone-set-cache';
import { route, type Route } from './route';

interface Ports {
  readonly database: Database;
  readonly zoneSets: ZoneSetCache;
  readonly clock: () => number;
}

interface Question {
  readonly points: readonly (readonly [number, number])[];
  readonly vehicleTypeId?: string | undefined;
  readonly at?: number | undefined;
  readonly version?: number | undefined;
}

/** How it looks when there is nothing to look into. */
const NO_SET = { description: 'No zone set is published, or there is no such version', schema: problem };

/** Which zones and which rule at a place, by the very code that judges vehicles. */
export function zoneLookupRoutes({ database, zoneSets, clock }: Ports): readonly Route[] {
  async function answer(fleetId: string, question: Question) {
    const at = question.at ?? clock();
    const [set, stations] = await withFleet(database, fleetId, async (tx) => {
      const version = question.version ?? (await zoneSets.versionInForce(tx, fleetId, at));
      if (version === undefined) return [];
      return [await zoneSets.version(tx, fleetId, version), await zoneSets.stationsInForce(tx, fleetId, at)] as const;
    });
    if (set === undefined)
      throw new Problem(
        404,
        'zone_set_not_found',
        question.version === undefined ? 'No zone set is published yet.' : `There is no zone set ${question.version}.`,
      );
    return { status: 200, body: look(set, stations, question, at) };
  }

  return [
    route({
      method: 'POST',
      path: '/v1/zone-lookup',
      summary: 'Which zones, and which rule, at up to 10,000 places',
      access: 'zones:read',
      body: zoneQuestion,
      answers: { 200: { description: 'One result per point, in their order', schema: zoneAnswer }, 404: NO_SET },
      handle: ({ caller, body }) => answer(caller.fleetId, body),
    }),
    route({
      method: 'GET',
      path: '/v1/zone-lookup',
      summary: 'Which zones, and which rule, at one place',
      access: 'zones:read',
      query: zoneQuestionQuery,
      answers: { 200: { description: 'One result', schema: zoneAnswer }, 404: NO_SET },
      handle: ({ caller, query: { lng, lat, ...rest } }) => answer(caller.fleetId, { points: [[lng, lat]], ...rest }),
    }),
  ];
}

function look(set: ZoneSet, stations: StationSet | undefined, question: Question, at: number) {
  let missing = false;
  const results = question.points.map((point) => {
    const zones = zonesAt(set, point, at);
    // A place that is asked for is exactly there: nothing is allowed for errors of measurement.
    const station = stations && stationAt(stations, point, 0);
    const resolved = resolveRule(set, zones, question.vehicleTypeId, station);
    const { vehicleTypeMissing, maximumParkedMinutes, ...rule } = resolved;
    missing ||= vehicleTypeMissing;
    const parking = maximumParkedMinutes === null ? {} : { maximumParkedMinutes };
    return {
      zones: zones.map((position) => say(set, position)),
      ...(station ? { station: { stationId: station.stationId, name: zoneName(station) ?? null } } : {}),
      rule: { ...rule, ...parking },
    };
  });
  return { version: set.version, ...(missing ? { vehicleTypeMissing: true } : {}), results };
}

function say(set: ZoneSet, position: number) {
  const zone = set.definition.zones[position]!;
  return { zoneId: zone.zoneId, index: zone.index, name: zoneName(zone) ?? null };
}

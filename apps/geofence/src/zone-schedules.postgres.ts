import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadDefinition, loadSchedule, loadStations, type Queryable } from '@corral/database';
import {
  compileStationSetInPieces,
  compileZoneSetInPieces,
  withoutShapes,
  type ScheduleEntry,
  type StationSet,
  type ZoneSchedule,
  type ZoneSet,
} from '@corral/domain';
import type { ZoneSchedules } from './zone-schedules';

/** How many compiled sets of a fleet are kept beyond those its schedule names just now. */
const SPARE_SETS = 2;
/** How many earlier schedules of a fleet are kept: right after a publication every vehicle that is heard of asks for one. */
const SPARE_SCHEDULES = 2;

/** Schedules from `zone_schedule`, `zone_set` and `station_set`, compiled once per version and kept while they may be asked for. */
export function postgresZoneSchedules(): ZoneSchedules {
  const schedules = new Map<string, ZoneSchedule>();
  const earlier = new Map<string, readonly ZoneSchedule[]>();
  const sets = new Map<string, Map<number, ZoneSet>>();
  const stationSets = new Map<string, Map<number, StationSet>>();

  async function load(tx: Queryable, fleetId: string, revisionAtMost?: number): Promise<ZoneSchedule | undefined> {
    const { revision, rows } = await loadSchedule(tx, fleetId, revisionAtMost);
    if (rows.length === 0) return undefined;
    const zones = versionsOf(sets, fleetId);
    const stations = versionsOf(stationSets, fleetId);
    const entries: ScheduleEntry[] = [];
    for (const { version, stationVersion, effectiveAt } of rows) {
      const set = await once(zones, version, async () => {
        const definition = await loadDefinition(tx, fleetId, version);
        if (definition === undefined)
          throw new Error(`load zone set ${version} of fleet ${fleetId}: it is scheduled but not there`);
        // Ten thousand zones take half a second: whoever else lives in this process is answered meanwhile.
        return withoutShapes(await compileZoneSetInPieces(definition, { fleetId, version }, nextTurn), nextTurn);
      });
      if (stationVersion === undefined) {
        entries.push({ effectiveAt, set });
        continue;
      }
      const there = await once(stations, stationVersion, async () => {
        const definition = await loadStations(tx, fleetId, stationVersion);
        if (definition === undefined)
          throw new Error(`load stations ${stationVersion} of fleet ${fleetId}: they are scheduled but not there`);
        return compileStationSetInPieces(definition, stationVersion, nextTurn);
      });
      entries.push({ effectiveAt, set, stations: there });
    }
    if (revisionAtMost === undefined) {
      forgetUnused(zones, new Set(rows.map((row) => row.version)));
      forgetUnused(stations, new Set(rows.map((row) => row.stationVersion)));
    }
    return { revision, entries };
  }

  function keepEarlier(fleetId: string, schedule: ZoneSchedule): void {
    earlier.set(fleetId, [schedule, ...(earlier.get(fleetId) ?? [])].slice(0, SPARE_SCHEDULES));
  }

  return {
    async newest(tx, fleetIds) {
      const { rows } = await tx.query<{ fleet_id: string; revision: number }>(
        'SELECT fleet_id, max(revision) AS revision FROM zone_schedule WHERE fleet_id = ANY($1::text[]) GROUP BY fleet_id',
        [fleetIds],
      );
      const found = new Map<string, ZoneSchedule>();
      for (const { fleet_id: fleetId, revision } of rows) {
        const known = schedules.get(fleetId);
        const schedule = known?.revision === revision ? known : await load(tx, fleetId);
        if (schedule === undefined) continue;
        if (known !== undefined && known !== schedule) keepEarlier(fleetId, known);
        schedules.set(fleetId, schedule);
        found.set(fleetId, schedule);
      }
      return found;
    },
    async asOf(tx, fleetId, revision) {
      const kept = earlier.get(fleetId)?.find((schedule) => schedule.revision === revision);
      if (kept !== undefined) return kept;
      const schedule = await load(tx, fleetId, revision);
      if (schedule !== undefined) keepEarlier(fleetId, schedule);
      return schedule;
    },
  };
}

function versionsOf<Compiled>(all: Map<string, Map<number, Compiled>>, fleetId: string): Map<number, Compiled> {
  let versions = all.get(fleetId);
  if (versions === undefined) all.set(fleetId, (versions = new Map()));
  return versions;
}

async function once<Compiled>(
  compiled: Map<number, Compiled>,
  version: number,
  compile: () => Promise<Compiled>,
): Promise<Compiled> {
  const known = compiled.get(version) ?? (await compile());
  compiled.set(version, known);
  return known;
}

function forgetUnused(compiled: Map<number, unknown>, scheduled: ReadonlySet<number | undefined>): void {
  const unused = [...compiled.keys()].filter((version) => !scheduled.has(version)).sort((one, other) => other - one);
  for (const version of unused.slice(SPARE_SETS)) compiled.delete(version);
}

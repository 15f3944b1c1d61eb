import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  loadDefinition,
  loadSchedule,
  loadStations,
  type Queryable,
  type ScheduleRows,
  type ScheduleRowWithStations,
} from '@corral/database';
import { compileStationSetInPieces, compileZoneSetInPieces, type DrawnZoneSet, type StationSet } from '@corral/domain';

/** 10,000 compiled zones take about 30 MB; the set asked for last is kept whatever its size. */
const MOST_ZONES = 40_000;
const MOST_SCHEDULES = 1_000;
/** A station that is mostly a point takes a few hundred bytes. */
const MOST_STATIONS = 100_000;

/** The zone sets of fleets, compiled once per version: they never change once stored. */
export interface ZoneSetCache {
  /** That version; undefined if the fleet has none such. */
  version(tx: Queryable, fleetId: string, version: number): Promise<DrawnZoneSet | undefined>;
  /** The version in force at that time (epoch ms), as this transaction sees the schedule; undefined if nothing is published. */
  versionInForce(tx: Queryable, fleetId: string, at: number): Promise<number | undefined>;
  /** The stations of that version; undefined if the fleet has none such. */
  stations(tx: Queryable, fleetId: string, version: number): Promise<StationSet | undefined>;
  /** The stations in force at that time; undefined if nobody had said where they are, or no zones counted. */
  stationsInForce(tx: Queryable, fleetId: string, at: number): Promise<StationSet | undefined>;
}

/** Kept in memory, the least recently asked for forgotten first. */
export function createZoneSetCache(): ZoneSetCache {
  const sets = new Map<string, DrawnZoneSet>();
  const stationSets = new Map<string, StationSet>();
  const schedules = new Map<string, ScheduleRows<ScheduleRowWithStations>>();

  async function inForce(tx: Queryable, fleetId: string, at: number): Promise<ScheduleRowWithStations | undefined> {
    const { rows } = await tx.query<{ revision: number | null }>(
      'SELECT max(revision) AS revision FROM zone_schedule WHERE fleet_id = $1',
      [fleetId],
    );
    const revision = rows[0]?.revision ?? 0;
    let schedule = schedules.get(fleetId);
    if (schedule?.revision !== revision) {
      schedule = await loadSchedule(tx, fleetId);
      if (schedules.size >= MOST_SCHEDULES) schedules.clear();
      schedules.set(fleetId, schedule);
    }
    return schedule.rows.findLast((row) => row.effectiveAt <= at);
  }

  async function stations(tx: Queryable, fleetId: string, version: number): Promise<StationSet | undefined> {
    const name = `${fleetId}/${version}`;
    const known = stationSets.get(name);
    const definition = known ? undefined : await loadStations(tx, fleetId, version);
    const set = known ?? (definition && (await compileStationSetInPieces(definition, version, nextTurn)));
    if (set !== undefined) keep(stationSets, name, set, MOST_STATIONS, (each) => each.definition.stations.length);
    return set;
  }

  return {
    stations,
    async stationsInForce(tx, fleetId, at) {
      const version = (await inForce(tx, fleetId, at))?.stationVersion;
      return version === undefined ? undefined : await stations(tx, fleetId, version);
    },
    async version(tx, fleetId, version) {
      const name = `${fleetId}/${version}`;
      let set = sets.get(name);
      if (set === undefined) {
        const definition = await loadDefinition(tx, fleetId, version);
        // In pieces: whoever else is asking is answered meanwhile.
        set = definition && (await compileZoneSetInPieces(definition, { fleetId, version }, nextTurn));
      }
      if (set !== undefined) keep(sets, name, set, MOST_ZONES, (each) => each.definition.zones.length);
      return set;
    },
    versionInForce: async (tx, fleetId, at) => (await inForce(tx, fleetId, at))?.version,
  };
}

/** Makes a set the latest of all; those asked for the longest ago are forgotten while all together are larger than `most`. */
function keep<Kept>(
  all: Map<string, Kept>,
  name: string,
  set: Kept,
  most: number,
  sizeOf: (each: Kept) => number,
): void {
  // The order of a Map is that of its insertions: the latest stands last.
  all.delete(name);
  all.set(name, set);
  let size = [...all.values()].reduce((sum, each) => sum + sizeOf(each), 0);
  for (const [oldest, each] of all) {
    if (size <= most || oldest === name) return;
    size -= sizeOf(each);
    all.delete(oldest);
  }
}

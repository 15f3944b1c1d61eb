import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadDefinition, loadScheduleRows, type Queryable, type ScheduleRows } from '@corral/database';
import { compileZoneSetInPieces, type ZoneSet } from '@corral/domain';

/** 10,000 compiled zones take about 30 MB; the set asked for last is kept whatever its size. */
const MOST_ZONES = 40_000;
const MOST_SCHEDULES = 1_000;

/** The zone sets of fleets, compiled once per version: they never change once stored. */
export interface ZoneSetCache {
  /** That version; undefined if the fleet has none such. */
  version(tx: Queryable, fleetId: string, version: number): Promise<ZoneSet | undefined>;
  /** The version in force at that time (epoch ms), as this transaction sees the schedule; undefined if nothing is published. */
  versionInForce(tx: Queryable, fleetId: string, at: number): Promise<number | undefined>;
}

/** Kept in memory, the least recently asked for forgotten first. */
export function createZoneSetCache(): ZoneSetCache {
  const sets = new Map<string, ZoneSet>();
  const schedules = new Map<string, ScheduleRows>();

  function keep(name: string, set: ZoneSet): void {
    // The order of a Map is that of its insertions: the latest stands last.
    sets.delete(name);
    sets.set(name, set);
    let zones = [...sets.values()].reduce((sum, each) => sum + each.definition.zones.length, 0);
    for (const [oldest, each] of sets) {
      if (zones <= MOST_ZONES || oldest === name) return;
      zones -= each.definition.zones.length;
      sets.delete(oldest);
    }
  }

  return {
    async version(tx, fleetId, version) {
      const name = `${fleetId}/${version}`;
      let set = sets.get(name);
      if (set === undefined) {
        const definition = await loadDefinition(tx, fleetId, version);
        // In pieces: whoever else is asking is answered meanwhile.
        set = definition && (await compileZoneSetInPieces(definition, { fleetId, version }, nextTurn));
      }
      if (set !== undefined) keep(name, set);
      return set;
    },
    async versionInForce(tx, fleetId, at) {
      const { rows } = await tx.query<{ revision: number | null }>(
        'SELECT max(revision) AS revision FROM zone_schedule WHERE fleet_id = $1',
        [fleetId],
      );
      const revision = rows[0]?.revision ?? 0;
      let schedule = schedules.get(fleetId);
      if (schedule?.revision !== revision) {
        schedule = await loadScheduleRows(tx, fleetId);
        if (schedules.size >= MOST_SCHEDULES) schedules.clear();
        schedules.set(fleetId, schedule);
      }
      return schedule.rows.findLast((row) => row.effectiveAt <= at)?.version;
    },
  };
}

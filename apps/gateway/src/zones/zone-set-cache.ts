import { loadDefinition, loadScheduleRows, type Queryable, type ScheduleRows } from '@corral/database';
import { compileZoneSet, type ZoneSet } from '@corral/domain';

/** A compiled set of 10,000 zones takes about 30 MB. */
const MOST_SETS = 16;
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
  const sets = new Map<string, Promise<ZoneSet | undefined>>();
  const schedules = new Map<string, ScheduleRows>();

  async function load(tx: Queryable, fleetId: string, version: number): Promise<ZoneSet | undefined> {
    const definition = await loadDefinition(tx, fleetId, version);
    return definition && compileZoneSet(definition, { fleetId, version });
  }

  return {
    async version(tx, fleetId, version) {
      const name = `${fleetId}/${version}`;
      const loading = sets.get(name) ?? load(tx, fleetId, version);
      sets.delete(name);
      sets.set(name, loading);
      try {
        const set = await loading;
        // A version that is not there yet may be made at any moment.
        if (set === undefined) sets.delete(name);
        return set;
      } catch (error) {
        sets.delete(name);
        throw error;
      } finally {
        for (const oldest of sets.keys()) if (sets.size > MOST_SETS) sets.delete(oldest);
      }
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

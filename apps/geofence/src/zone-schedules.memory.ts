import type { ZoneSchedule } from '@corral/domain';
import type { ZoneSchedules } from './zone-schedules';

/** Schedules in a map that a test fills: of each fleet all there ever were, the newest last. */
export function memoryZoneSchedules(schedules: Map<string, readonly ZoneSchedule[]>): ZoneSchedules {
  return {
    newest: (_tx, fleetIds) => {
      const known = fleetIds.flatMap((fleetId) => {
        const schedule = schedules.get(fleetId)?.at(-1);
        return schedule === undefined ? [] : [[fleetId, schedule] as const];
      });
      return Promise.resolve(new Map(known));
    },
    asOf: (_tx, fleetId, revision) =>
      Promise.resolve(schedules.get(fleetId)?.find((schedule) => schedule.revision === revision)),
  };
}

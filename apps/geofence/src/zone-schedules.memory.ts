import type { ZoneSchedule } from '@corral/domain';
import type { ZoneSchedules } from './zone-schedules';

/** Schedules in a map that a test fills. */
export function memoryZoneSchedules(schedules: Map<string, ZoneSchedule>): ZoneSchedules {
  return {
    newest: (_tx, fleetIds) => {
      const known = fleetIds.flatMap((fleetId) => {
        const schedule = schedules.get(fleetId);
        return schedule === undefined ? [] : [[fleetId, schedule] as const];
      });
      return Promise.resolve(new Map(known));
    },
  };
}

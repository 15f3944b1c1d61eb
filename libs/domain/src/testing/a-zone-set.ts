import { compileZoneSet } from '../compile-zone-set';
import type { StationSet } from '../station-set';
import type { DrawnZoneSet, Zone, ZoneSchedule, ZoneSet, ZoneSetDefinition } from '../zone-set';
import { aSquare } from './a-square';

/** A zone of 1 km around the Dam in Amsterdam, without rules: what a test says, the rest made up. */
export function aZone(given: Partial<Zone> = {}): Zone {
  return { zoneId: 'centre', index: 0, geometry: aSquare(4.8932, 52.3731, 1_000), rules: [], properties: {}, ...given };
}

/** A zone set of the fleet `default`, version 1, with `aZone` in it: what a test says, the rest made up. */
export function aZoneSet(
  given: Partial<Omit<ZoneSetDefinition, 'zones'>> & {
    readonly zones?: readonly Partial<Zone>[];
    readonly fleetId?: string;
    readonly version?: number;
  } = {},
): DrawnZoneSet {
  const { fleetId = 'default', version = 1, zones = [{}], ...definition } = given;
  return compileZoneSet(
    {
      format: 1,
      origin: 'gbfs3',
      profile: 'immediate',
      globalRules: [],
      ...definition,
      zones: zones.map((zone, index) => aZone({ index, ...zone })),
    },
    { fleetId, version },
  );
}

/** A schedule of these sets: the first from the beginning of time, the others from the times given, with stations if they are given. */
export function aSchedule(
  first: ZoneSet,
  ...later: readonly (readonly [effectiveAt: number, set: ZoneSet, stations?: StationSet])[]
): ZoneSchedule {
  return {
    revision: 1 + later.length,
    entries: [
      { effectiveAt: -Infinity, set: first },
      ...later.map(([effectiveAt, set, stations]) => ({ effectiveAt, set, stations })),
    ],
  };
}

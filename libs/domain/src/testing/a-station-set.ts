import { compileStationSet, type StationSet } from '../station-set';
import type { Station } from '../station';

/** A station set, version 1: of each station what a test says, the rest made up. One without an area is on the Dam in Amsterdam. */
export function aStationSet(stations: readonly Partial<Station>[], version = 1): StationSet {
  const whole = stations.map((given, index) => ({
    stationId: `station-${index}`,
    index,
    properties: {},
    ...(given.area ? {} : { position: [4.8932, 52.3731] as const }),
    ...given,
  }));
  return compileStationSet({ format: 1, stations: whole }, version);
}

import {
  boundingBoxOf,
  boxAround,
  buildZoneIndex,
  buildZoneIndexInPieces,
  distanceToEdgeM,
  haversineM,
  partsOf,
  pointInMultiPolygon,
  type Geometry,
  type Position,
  type ZoneIndex,
} from '@corral/geo';
import type { Station, StationSetDefinition } from './station';
import type { ZoneSet } from './zone-set';

/** The stations of a fleet made ready to answer. */
export interface StationSet {
  readonly version: number;
  readonly definition: StationSetDefinition;
  /** Over a box for each station, by its place in the definition, that holds whatever can be at it. */
  readonly reaches: ZoneIndex;
}

/** Makes a stored definition ready to answer. */
export function compileStationSet(definition: StationSetDefinition, version: number): StationSet {
  return { version, definition, reaches: buildZoneIndex(definition.stations.map(reachOf)) };
}

/** The same in pieces, for a process that must answer others meanwhile: it waits for `pause` between them. */
export async function compileStationSetInPieces(
  definition: StationSetDefinition,
  version: number,
  pause: () => Promise<void>,
): Promise<StationSet> {
  return { version, definition, reaches: await buildZoneIndexInPieces(definition.stations.map(reachOf), pause) };
}

/**
 * At which station is the position? In its area, or no farther beside it than `allowanceM`; where a station is a point only, no farther from it
 * than 30 m. One with an area comes before one without, then the nearest, then the earlier in the file.
 */
export function stationAt(
  { definition, reaches }: StationSet,
  position: Position,
  allowanceM: number,
): Station | undefined {
  let found: Station | undefined;
  let nearestM = Infinity;
  for (const place of reaches.containing(position)) {
    const station = definition.stations[place]!;
    if (found?.area && !station.area) continue;
    const awayM = station.area ? distanceM(position, station.area) : haversineM(position, station.position!);
    if (awayM > (station.area ? allowanceM : POINT_REACH_M)) continue;
    if (awayM < nearestM || (station.area && !found?.area)) [found, nearestM] = [station, awayM];
  }
  return found;
}

/**
 * How far beside a station's area may a fix lie that is taken for one in it, metres? Where every fix decides, not at all. Otherwise twice its error,
 * which is 10 m at least, and never farther than 30 m: devices lie about theirs.
 */
export function stationAllowanceM(set: ZoneSet, accuracyM: number | undefined): number {
  if (set.definition.profile === 'immediate') return 0;
  return Math.min(2 * Math.max(accuracyM ?? 0, LEAST_ERROR_M), FARTHEST_ALLOWANCE_M);
}

/** Is the position so near a station's coordinate that noise alone would not bring it there from beside the station? */
export function isCloseTo({ position }: Station, there: Position): boolean {
  return position !== undefined && haversineM(there, position) <= POINT_REACH_M / 2;
}

/** A row of docks is some 20 m long with its coordinate at either end, and a fix beside it is off by another 8 m. */
const POINT_REACH_M = 30;
const LEAST_ERROR_M = 10;
const FARTHEST_ALLOWANCE_M = 30;

function reachOf({ area, position }: Station): Geometry {
  if (area) return boxAround(boundingBoxOf(area), FARTHEST_ALLOWANCE_M);
  const [lng, lat] = position!;
  return boxAround([lng, lat, lng, lat], POINT_REACH_M);
}

function distanceM(position: Position, area: Geometry): number {
  const parts = partsOf(area);
  return pointInMultiPolygon(position, parts) ? 0 : distanceToEdgeM(position, parts);
}

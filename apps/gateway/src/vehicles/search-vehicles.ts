import { Problem } from '@corral/runtime';
import { conditionsOf } from '../http/conditions';
import { VEHICLE_COLUMNS, VEHICLE_ID, VEHICLE_TABLES, type VehicleRow } from './vehicle-rows';

/** What vehicles can be narrowed to. */
export interface VehicleFilter {
  readonly bbox?: string | undefined;
  readonly near?: string | undefined;
  readonly zoneId?: string | undefined;
  readonly state?: readonly string[] | undefined;
  readonly q?: string | undefined;
}

/** A row of a search, and how far it is from the place asked about (0 without one). */
export type FoundVehicle = VehicleRow & { readonly distance_m: number };

/** Where a page of a search ended. */
export type VehiclePlace = readonly [distanceM: number, id: string];

const EARTH_RADIUS_M = 6_371_008.8;

/**
 * The statement that reads vehicles: nearest first if a place is asked about, else by id (which, unlike the time of the last report, does
 * not change while somebody turns pages). Throws the problem that refuses a malformed box or place.
 */
export function searchVehicles(
  fleetId: string,
  filter: VehicleFilter,
  page: { readonly after?: VehiclePlace | undefined; readonly limit: number; readonly onlyPlaced?: boolean },
): { text: string; values: readonly unknown[] } {
  const box = filter.bbox === undefined ? undefined : readBox(filter.bbox);
  const near = filter.near === undefined ? undefined : readNear(filter.near);
  const byPlace = box !== undefined || near !== undefined || filter.zoneId !== undefined || page.onlyPlaced === true;
  const where = conditionsOf(byPlace ? 's.fleet_id' : 'coalesce(s.fleet_id, v.fleet_id)', fleetId);
  where.and('v.archived_at IS NULL');
  if (byPlace && filter.zoneId === undefined) where.and('s.lng IS NOT NULL');
  for (const each of [box, near && boxAround(near)]) {
    if (each === undefined) continue;
    where.and('s.lat BETWEEN ? AND ?', each.south, each.north);
    where.and(each.west <= each.east ? 's.lng BETWEEN ? AND ?' : '(s.lng >= ? OR s.lng <= ?)', each.west, each.east);
    const bands = cellBands(each);
    if (bands.length > 0) where.and(`(${bands.map(() => 's.cell BETWEEN ? AND ?').join(' OR ')})`, ...bands.flat());
  }
  if (filter.zoneId !== undefined) where.and('s.zones @> ARRAY[?::text]', filter.zoneId);
  if (filter.state !== undefined) where.and('s.state = ANY(?::text[])', filter.state);
  if (filter.q !== undefined) {
    const pattern = `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`;
    where.and(`(${VEHICLE_ID} ILIKE ? OR v.name ILIKE ?)`, pattern, pattern);
  }
  const distance = near === undefined ? '0::float8' : distanceSql(where.value(near.lng), where.value(near.lat));
  const found = `SELECT ${VEHICLE_COLUMNS}, ${distance} AS distance_m FROM ${VEHICLE_TABLES[byPlace ? 'known' : 'all']} WHERE ${where.text}`;
  const rest = ['TRUE'];
  if (near !== undefined) rest.push(`distance_m <= ${where.value(near.metres)}::float8`);
  if (page.after !== undefined)
    rest.push(`(distance_m, id) > (${where.value(page.after[0])}::float8, ${where.value(page.after[1])})`);
  return {
    text: `SELECT * FROM (${found}) found WHERE ${rest.join(' AND ')} ORDER BY distance_m, id LIMIT ${where.value(page.limit)}`,
    values: where.values,
  };
}

interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

interface Near {
  readonly lng: number;
  readonly lat: number;
  readonly metres: number;
}

function readBox(text: string): Box {
  const numbers = readNumbers(text, 4);
  if (numbers !== undefined) {
    const [west, south, east, north] = numbers as [number, number, number, number];
    if (isLng(west) && isLng(east) && isLat(south) && isLat(north) && south <= north)
      return { west, south, east, north };
  }
  throw new Problem(400, 'bbox_invalid', 'bbox must be west,south,east,north in degrees.', {
    field: 'bbox',
    value: text,
  });
}

function readNear(text: string): Near {
  const numbers = readNumbers(text, 3);
  if (numbers !== undefined) {
    const [lng, lat, metres] = numbers as [number, number, number];
    if (isLng(lng) && isLat(lat) && metres > 0 && metres <= 1_000_000) return { lng, lat, metres };
  }
  throw new Problem(400, 'near_invalid', 'near must be lng,lat,metres, at most 1,000,000 of them.', {
    field: 'near',
    value: text,
  });
}

function readNumbers(text: string, count: number): number[] | undefined {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length !== count || !parts.every((part) => /^-?\d{1,12}(\.\d{1,20})?(e[+-]?\d{1,3})?$/i.test(part)))
    return undefined;
  return parts.map(Number);
}

function isLng(value: number): boolean {
  return value >= -180 && value <= 180;
}

function isLat(value: number): boolean {
  return value >= -90 && value <= 90;
}

/** A box that surely holds the circle; where meridians crowd together, all longitudes. */
function boxAround({ lng, lat, metres }: Near): Box {
  const latDegrees = (metres / EARTH_RADIUS_M) * (180 / Math.PI) * 1.001;
  const south = Math.max(-90, lat - latDegrees);
  const north = Math.min(90, lat + latDegrees);
  const narrowest = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180);
  const lngDegrees = narrowest > 0.01 ? latDegrees / narrowest : 180;
  if (lngDegrees >= 180) return { west: -180, south, east: 180, north };
  return { west: wrap(lng - lngDegrees), south, east: wrap(lng + lngDegrees), north };
}

function wrap(lng: number): number {
  return lng < -180 ? lng + 360 : lng > 180 ? lng - 360 : lng;
}

/** Cells are numbered row by row (0.01° each): a small box is a few stretches of numbers. A large one is read without them. */
function cellBands({ west, south, east, north }: Box): (readonly [number, number])[] {
  const first = Math.floor((south + 90) * 100);
  const last = Math.floor((north + 90) * 100);
  if (last - first > 40 || west > east) return [];
  const rows = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * 36_000);
  return rows.map((row) => [row + Math.floor((west + 180) * 100), row + Math.floor((east + 180) * 100)] as const);
}

/** The haversine formula on the mean sphere, as `haversineM` of libs/geo has it. */
function distanceSql(lng: string, lat: string): string {
  const half = (to: string, from: string) => `power(sin(radians(${to} - ${from}::float8) / 2), 2)`;
  const chord = `${half('s.lat', lat)} + cos(radians(${lat}::float8)) * cos(radians(s.lat)) * ${half('s.lng', lng)}`;
  return `${2 * EARTH_RADIUS_M} * asin(least(1, sqrt(${chord})))`;
}

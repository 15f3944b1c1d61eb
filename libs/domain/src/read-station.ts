import { checkGeometry, type Geometry, type Position } from '@corral/geo';
import { isId } from './check-text';
import { findUnstorable } from './find-unstorable';
import { readName } from './read-zone';
import { isObject } from './read-zone-document';
import type { Station } from './station';
import type { StationRefusalCode, StationWarningCode } from './station-import';

/** Why a station is not taken: a word, where, and a sentence. */
interface StationRefusal {
  readonly kind: 'refused';
  readonly code: StationRefusalCode;
  readonly path: string;
  readonly detail: string;
}

type Warn = (code: StationWarningCode, path: string, detail: string) => void;

/**
 * Is this one station of GBFS `station_information` (2.x or 3.x) whole and sound? Nothing is repaired: it is taken as it is, or refused with the
 * first reason found. A station whose area cannot be used is not taken for a mere point: it would be a station elsewhere.
 */
export function readStation(
  raw: unknown,
  index: number,
  warn: Warn,
): { readonly kind: 'ok'; readonly station: Station } | StationRefusal {
  const path = `stations/${index}`;
  if (!isObject(raw)) return refused('station_invalid', path, 'a station is a JSON object');
  const { station_id: id, name, lat, lon, station_area: area, ...properties } = raw;
  const unstorable = findUnstorable({ name, ...properties }, path);
  if (unstorable) return refused('property_invalid', unstorable.path, unstorable.detail);
  const stationId = typeof id === 'number' && Number.isFinite(id) ? String(id) : id;
  if (!isId(stationId)) {
    return refused('station_id_invalid', `${path}/station_id`, 'a station id is 1 to 128 printable characters');
  }
  const read = readArea(area, `${path}/station_area`, warn);
  if (read.kind === 'refused') return read;
  const place = readPosition(lon, lat, path);
  if (place.kind === 'refused') return place;
  if (!place.position && !read.area) {
    return refused('position_missing', path, 'a station has lat and lon, or a station_area at least');
  }
  if (!place.position) warn('position_missing', path, 'a station has lat and lon: only its area is known');
  const station = {
    stationId,
    index,
    name: readName(name, `${path}/name`, warn),
    position: place.position,
    area: read.area,
    properties,
  };
  return { kind: 'ok', station };
}

function readArea(
  value: unknown,
  path: string,
  warn: Warn,
): { readonly kind: 'ok'; readonly area?: Geometry } | StationRefusal {
  if (value === undefined || value === null) return { kind: 'ok' };
  const checked = checkGeometry(value, path);
  if (checked.kind === 'refused') return refused(checked.code, checked.path, checked.detail);
  const { type, coordinates } = value as Geometry;
  if (type !== 'MultiPolygon') warn('station_area_not_multipolygon', path, 'taken as a MultiPolygon of one part');
  return { kind: 'ok', area: { type, coordinates } as Geometry };
}

function readPosition(
  lng: unknown,
  lat: unknown,
  path: string,
): { readonly kind: 'ok'; readonly position?: Position } | StationRefusal {
  if ((lng ?? undefined) === undefined && (lat ?? undefined) === undefined) return { kind: 'ok' };
  const isNumber = typeof lng === 'number' && typeof lat === 'number';
  if (!isNumber) return refused('position_invalid', path, 'lat and lon are numbers, and come together');
  if (!(Math.abs(lat) <= 90)) return refused('latitude_out_of_range', `${path}/lat`, 'a latitude is -90 to 90 degrees');
  if (!(Math.abs(lng) <= 180)) {
    return refused('longitude_out_of_range', `${path}/lon`, 'a longitude is -180 to 180 degrees');
  }
  return { kind: 'ok', position: [lng, lat] };
}

function refused(code: StationRefusalCode, path: string, detail: string): StationRefusal {
  return { kind: 'refused', code, path, detail };
}

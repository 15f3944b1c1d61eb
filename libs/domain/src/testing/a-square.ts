import type { Geometry } from '@corral/geo';

/** A square around its centre with edges of so many metres along the meridians and parallels, near enough for a test. */
export function aSquare(lng: number, lat: number, sizeM: number): Geometry {
  const dLat = sizeM / 2 / METRES_PER_DEGREE;
  const dLng = dLat / Math.cos((lat * Math.PI) / 180);
  const [west, east, south, north] = [lng - dLng, lng + dLng, lat - dLat, lat + dLat];
  return {
    type: 'Polygon',
    coordinates: [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  };
}

/** So many metres further east and north, near enough for a test. */
export function movedBy(lng: number, lat: number, eastM: number, northM: number): { lng: number; lat: number } {
  const perLng = METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
  return { lng: lng + eastM / perLng, lat: lat + northM / METRES_PER_DEGREE };
}

const METRES_PER_DEGREE = 111_195;

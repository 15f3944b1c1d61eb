import type { BoundingBox } from './bounding-box';
import { metresPerDegreeAt } from './distance-to-edge';
import type { Geometry, PolygonCoordinates } from './geometry';

/**
 * Which shape holds every position that is nearer than so many metres to the box, and not much more? One box, or two where it reaches over
 * the antimeridian; all longitudes where it holds a pole.
 */
export function boxAround([west, south, east, north]: BoundingBox, metres: number): Geometry {
  const wanted = metres * SLACK;
  const { yScale } = metresPerDegreeAt(0);
  const low = Math.max(-90, south - wanted / yScale);
  const high = Math.min(90, north + wanted / yScale);
  // A degree of longitude is shortest where the box comes nearest to a pole.
  const { xScale } = metresPerDegreeAt(Math.max(Math.abs(low), Math.abs(high)));
  const left = west - wanted / xScale;
  const right = east + wanted / xScale;
  if (!(right - left < 360)) return { type: 'Polygon', coordinates: rectangle(-180, low, 180, high) };
  if (left >= -180 && right <= 180) return { type: 'Polygon', coordinates: rectangle(left, low, right, high) };
  const beyond = left < -180 ? rectangle(left + 360, low, 180, high) : rectangle(-180, low, right - 360, high);
  const within = rectangle(Math.max(left, -180), low, Math.min(right, 180), high);
  return { type: 'MultiPolygon', coordinates: [within, beyond] };
}

/** What flattening the earth is off by is far less. */
const SLACK = 1.01;

function rectangle(west: number, south: number, east: number, north: number): PolygonCoordinates {
  return [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ];
}

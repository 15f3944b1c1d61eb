import type { Position } from './geometry';

/** Mean radius of the earth (IUGG R1), metres. */
export const EARTH_RADIUS_M = 6_371_008.8;

/** How to get from degrees to radians. */
export const RADIANS_PER_DEGREE = Math.PI / 180;

/**
 * How far apart are two positions along the great circle, in metres? On a sphere (haversine formula, R. W. Sinnott, "Virtues
 * of the Haversine", 1984), so up to 0.56 % off the ellipsoid.
 */
export function haversineM(a: Position, b: Position): number {
  const halfLat = Math.sin(((b[1] - a[1]) * RADIANS_PER_DEGREE) / 2);
  const halfLng = Math.sin(((b[0] - a[0]) * RADIANS_PER_DEGREE) / 2);
  const h =
    halfLat * halfLat + Math.cos(a[1] * RADIANS_PER_DEGREE) * Math.cos(b[1] * RADIANS_PER_DEGREE) * halfLng * halfLng;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

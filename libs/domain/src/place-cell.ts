import type { Position } from '@corral/geo';

/** In which cell of 0.01° does a position lie? About a kilometre: the grain of area queries and of what happens in one place. */
export function placeCell([lng, lat]: Position): number {
  return Math.floor((lat + 90) * 100) * 36_000 + Math.floor((lng + 180) * 100);
}

import type { Position, Ring } from '../geometry';

/** The ring through these corners, closed. */
export function ring(...corners: readonly (readonly [number, number])[]): Ring {
  return [...corners, corners[0]!] as readonly Position[];
}

/** The square from a south-west corner, sides in degrees, counter-clockwise. */
export function square(west: number, south: number, side: number): Ring {
  return ring([west, south], [west + side, south], [west + side, south + side], [west, south + side]);
}

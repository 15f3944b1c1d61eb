import type { Position } from './geometry';
import { orientation } from './orientation';

/**
 * Seen from `apex`, where does the direction to `towards` lie to the wedge that a counter-clockwise turn from `from` to `to`
 * sweeps? 1: within, 0: on its rim, -1: outside. `from` and `to` lie in different directions. Exact.
 */
export function sideOfWedge(apex: Position, from: Position, to: Position, towards: Position): -1 | 0 | 1 {
  const opening = turn(apex, from, to);
  // Wider than a half turn: what the rest of the circle does not have.
  if (opening < 0) return opposite(sideOfWedge(apex, to, from, towards));
  return Math.min(turn(apex, from, towards), turn(apex, towards, to)) as -1 | 0 | 1;
}

/**
 * Do two lines that meet in `apex`, a → apex → b and c → apex → d, change sides there? Not if they leave it in the same
 * direction: they run along each other then, and other edges may tell. Exact.
 */
export function crossAt(apex: Position, a: Position, b: Position, c: Position, d: Position): boolean {
  return sideOfWedge(apex, a, b, c) * sideOfWedge(apex, a, b, d) < 0;
}

function opposite(side: -1 | 0 | 1): -1 | 0 | 1 {
  return side === 0 ? 0 : side === 1 ? -1 : 1;
}

function turn(apex: Position, from: Position, to: Position): -1 | 0 | 1 {
  return orientation(apex[0], apex[1], from[0], from[1], to[0], to[1]);
}

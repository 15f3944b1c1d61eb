import type { CheckedRing } from './check-ring';
import { betweenEnds } from './edge-contact';
import { samePlace, type Position } from './geometry';
import { orientation } from './orientation';
import { locateInRing } from './point-in-polygon';
import { sideOfWedge } from './wedge';

/** Does the first ring lie within the second? Of two rings that may touch, but neither cross nor share a stretch. Exact. */
export function ringWithin(ring: CheckedRing, around: CheckedRing): boolean {
  for (const corner of ring.corners) {
    const where = locateInRing(corner, around.ring);
    if (where !== 'boundary') return where === 'inside';
  }
  // All corners touch: as the rings do not cross, the way that leaves any of them speaks for the whole ring.
  const [at, next] = ring.corners as [Position, Position];
  const [before, after] = neighboursOf(at, around);
  const [from, to] = runsCounterClockwise(around) ? [after, before] : [before, after];
  return sideOfWedge(at, from, to, next) > 0;
}

// The corners next to a position on the ring, be it a corner itself or within an edge.
function neighboursOf(at: Position, { corners }: CheckedRing): [Position, Position] {
  const count = corners.length;
  const i = corners.findIndex((corner, k) => isOnEdge(at, corner, corners[(k + 1) % count]!));
  const from = corners[i]!;
  const to = corners[(i + 1) % count]!;
  if (samePlace(at, from)) return [corners.at(i - 1)!, to];
  if (samePlace(at, to)) return [from, corners[(i + 2) % count]!];
  return [from, to];
}

function isOnEdge(at: Position, from: Position, to: Position): boolean {
  return betweenEnds(from, to, at) && orientation(from[0], from[1], to[0], to[1], at[0], at[1]) === 0;
}

// At the westernmost (of these the southernmost) corner a ring turns as it runs, and truly: there is no spike.
function runsCounterClockwise({ corners }: CheckedRing): boolean {
  let k = 0;
  for (const [i, corner] of corners.entries()) {
    const lowest = corners[k]!;
    if (corner[0] < lowest[0] || (corner[0] === lowest[0] && corner[1] < lowest[1])) k = i;
  }
  const before = corners.at(k - 1)!;
  const at = corners[k]!;
  const after = corners[(k + 1) % corners.length]!;
  return orientation(before[0], before[1], at[0], at[1], after[0], after[1]) > 0;
}

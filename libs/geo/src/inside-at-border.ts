import { MORE_RUNS } from './cell-grid';
import { orientation } from './orientation';
import { perturbedSide } from './perturbed-side';

/**
 * Is (x, y) in a shape part, when (x0, y0) is the south-west corner of its piece of a cell, `cornerInside` says whether that
 * corner is in the part, and the runs of edges at `entries[at]` hold every edge that touches the cell?
 *
 * Going from the corner north along the western border to y, and from there east to x, one changes sides with each edge
 * crossed; all of that way lies in the piece, so no other edge can be crossed. A corner or bend that lies on an edge is taken
 * a hair to its east and a far smaller hair to its north (`perturbedSide`), so it never does. A position on an edge is inside.
 * Comparisons of doubles are exact, and where they do not decide, orientations do: the answer is that of `pointInPolygon`.
 */
export function insideAtBorder(
  coordinates: Float64Array,
  entries: Uint32Array,
  at: number,
  cornerInside: boolean,
  x: number,
  y: number,
  x0: number,
  y0: number,
): boolean {
  let inside = cornerInside;
  for (let run = at; ; run += 2) {
    const first = entries[run]!;
    const length = entries[run + 1]!;
    const end = 2 * (first + (length & ~MORE_RUNS));
    let ax = coordinates[2 * first]!;
    let ay = coordinates[2 * first + 1]!;
    for (let i = 2 * first + 2; i <= end; i += 2) {
      const bx = coordinates[i]!;
      const by = coordinates[i + 1]!;
      const meetsTheWay = !((ax > x && bx > x) || (ay > y && by > y) || (ax < x0 && bx < x0) || (ay < y0 && by < y0));
      if (meetsTheWay) {
        const crossed = crossings(ax, ay, bx, by, x, y, x0, y0);
        if (crossed === ON_EDGE) return true;
        if (crossed === 1) inside = !inside;
      }
      ax = bx;
      ay = by;
    }
    if (length < MORE_RUNS) return inside;
  }
}

const ON_EDGE = -1;

/** 0 or 2 crossings are 0, or `ON_EDGE`. The edge is known to lie neither beyond the position nor beyond the corner. */
function crossings(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  x: number,
  y: number,
  x0: number,
  y0: number,
): number {
  // Which end is where: of the row of the position, of the column of the corner. On the line is with those before it.
  const crossesRow = ay <= y !== by <= y;
  const crossesColumn = ax <= x0 !== bx <= x0;
  const reachesEast = ax >= x || bx >= x;
  const reachesNorth = ay >= y || by >= y;

  let isWestOfPosition = true;
  if (reachesEast && reachesNorth) {
    // The box of the edge holds the position.
    const side = orientation(ax, ay, bx, by, x, y);
    if (side === 0) return ON_EDGE;
    isWestOfPosition = by > ay ? side < 0 : side > 0;
  }
  if (!crossesRow && !crossesColumn) return 0;

  // At the bend of the way, (x0, y), the two meet: what both ask of it is answered alike.
  let crossed = 0;
  if (crossesRow && isWestOfPosition) {
    const isEastOfBend = (ax > x0 && bx > x0) || perturbedSide(ax, ay, bx, by, x0, y) > 0 === by > ay;
    if (isEastOfBend) crossed = 1;
  }
  if (crossesColumn) {
    const isBelowBend = !reachesNorth || perturbedSide(ax, ay, bx, by, x0, y) > 0 === bx > ax;
    const isAboveCorner = (ay > y0 && by > y0) || perturbedSide(ax, ay, bx, by, x0, y0) < 0 === bx > ax;
    if (isBelowBend && isAboveCorner) crossed ^= 1;
  }
  return crossed;
}

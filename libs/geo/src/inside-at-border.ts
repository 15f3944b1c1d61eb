import { MORE_RUNS } from './cell-grid';
import type { Position } from './geometry';
import { orientation, RELATIVE_ERROR } from './orientation';
import { perturbedSide } from './perturbed-side';

/**
 * Is the position in a shape part, when `corner` is the south-west corner of its piece of a cell, `cornerInside` says whether that
 * corner is in the part (1) or not (0), and the runs of edges at `words[at]` hold every edge that touches the cell?
 *
 * Going from the corner north along the western border to the position's y, and from there east to its x, one changes sides with each edge
 * crossed; all of that way lies in the piece, so no other edge can be crossed. Where three determinants are surely not 0 (`orientation`), they
 * tell on which sides of the edge lie the position, the bend of the way, and the corner. Where one is not, `crossings` decides: a corner or bend
 * that lies on an edge is taken a hair to its east and a far smaller hair to its north (`perturbedSide`), so it never does. A position on an
 * edge is inside. Comparisons of doubles are exact, so the answer is that of `pointInPolygon`.
 *
 * Numbers come in arrays, for V8 makes an object of each double that it hands to a function; and whether an edge matters is one question rather
 * than four, for processors guess the answers and lose more by a wrong guess than all three determinants take.
 */
export function insideAtBorder(
  coordinates: Float64Array,
  words: Uint32Array,
  at: number,
  cornerInside: number,
  position: Position,
  corner: Float64Array,
): boolean {
  const x = position[0];
  const y = position[1];
  const x0 = corner[0]!;
  const y0 = corner[1]!;
  let inside = cornerInside;
  for (let run = at; ; run += 2) {
    const first = words[run]!;
    const length = words[run + 1]!;
    const end = 2 * (first + (length & ~MORE_RUNS));
    let ax = coordinates[2 * first]!;
    let ay = coordinates[2 * first + 1]!;
    // Beyond what is the vertex? One bit each: north of the row, east of the position, west of the column, south of the corner.
    let aBeyond = +(ay > y) | (+(ax > x) << 1) | (+(ax < x0) << 2) | (+(ay < y0) << 3);
    for (let i = 2 * first + 2; i <= end; i += 2) {
      const bx = coordinates[i]!;
      const by = coordinates[i + 1]!;
      const bBeyond = +(by > y) | (+(bx > x) << 1) | (+(bx < x0) << 2) | (+(by < y0) << 3);
      // An edge with both ends beyond the same meets no part of the way.
      if ((aBeyond & bBeyond) === 0) {
        const left = (ax - x) * (by - y);
        const right = (ay - y) * (bx - x);
        const ofPosition = left - right;
        const leftOfBend = (ax - x0) * (by - y);
        const rightOfBend = (ay - y) * (bx - x0);
        const ofBend = leftOfBend - rightOfBend;
        const leftOfCorner = (ax - x0) * (by - y0);
        const rightOfCorner = (ay - y0) * (bx - x0);
        const ofCorner = leftOfCorner - rightOfCorner;
        if (
          Math.abs(ofPosition) > RELATIVE_ERROR * (Math.abs(left) + Math.abs(right)) + LEAST &&
          Math.abs(ofBend) > RELATIVE_ERROR * (Math.abs(leftOfBend) + Math.abs(rightOfBend)) + LEAST &&
          Math.abs(ofCorner) > RELATIVE_ERROR * (Math.abs(leftOfCorner) + Math.abs(rightOfCorner)) + LEAST
        ) {
          // The edge crosses a leg of the way when each has its ends on both sides of the other.
          inside ^= (aBeyond ^ bBeyond) & 1 & +(ofPosition * ofBend < 0);
          inside ^= (+(ax <= x0) ^ +(bx <= x0)) & +(ofBend * ofCorner < 0);
        } else {
          const crossed = crossings(ax, ay, bx, by, x, y, x0, y0);
          if (crossed === ON_EDGE) return true;
          inside ^= crossed;
        }
      }
      ax = bx;
      ay = by;
      aBeyond = bBeyond;
    }
    if (length < MORE_RUNS) return inside === 1;
  }
}

// Of smaller determinants the product could vanish.
const LEAST = 1e-150;
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

import { orientation } from './orientation';

/**
 * On which side of the edge a → b lies the position that is a hair east of c, and a far smaller hair north? 1: left, -1:
 * right; never on it, whatever c is (0 only for an edge without length). Exact: where c lies on the line, the hair decides
 * ("Simulation of Simplicity", Edelsbrunner and Mücke, 1990, in its simplest form).
 */
export function perturbedSide(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): -1 | 0 | 1 {
  const side = orientation(ax, ay, bx, by, cx, cy);
  if (side !== 0) return side;
  // East of a rising line is its right, east of a falling one its left; north of a level one depends on where it heads.
  if (by !== ay) return by > ay ? -1 : 1;
  return bx > ax ? 1 : bx < ax ? -1 : 0;
}

import { orient2d } from 'robust-predicates';

/**
 * A determinant of doubles has rounded by less than this part of its summed products: Shewchuk's bound is (3 + 16ε)ε ≈ 3.4e-16. What underflow can
 * swallow a relative bound does not see.
 */
export const RELATIVE_ERROR = 4e-16;
const ABSOLUTE_ERROR = 1e-300;

// The expansions of robust-predicates are exact as long as no product underflows. Doubles from 2^-200 up are multiples of
// 2^-252, so are their differences, and products of those are multiples of 2^-504: nothing is lost. Below, BigInt decides.
const SMALLEST_FOR_EXPANSIONS = 2 ** -200;

/**
 * On which side of the line a → b does c lie? 1: to the left, -1: to the right, 0: exactly on it. Exact for the doubles
 * given. A plain determinant answers when its rounding cannot matter (`surelySide`), else `robust-predicates` (Shewchuk, "Adaptive
 * Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997).
 */
export function orientation(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): -1 | 0 | 1 {
  const side = surelySide(ax, ay, bx, by, cx, cy);
  if (side !== 0) return side;
  if ([ax, ay, bx, by, cx, cy].some(underflows)) return orientationOfRationals(ax, ay, bx, by, cx, cy);
  // robust-predicates counts clockwise as positive (its y axis points down).
  const robust = orient2d(ax, ay, bx, by, cx, cy);
  return robust < 0 ? 1 : robust > 0 ? -1 : 0;
}

/** The same where a plain determinant decides; 0 where its rounding could matter. */
export function surelySide(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): -1 | 0 | 1 {
  const left = (ax - cx) * (by - cy);
  const right = (ay - cy) * (bx - cx);
  const determinant = left - right;
  const error = RELATIVE_ERROR * (Math.abs(left) + Math.abs(right)) + ABSOLUTE_ERROR;
  return determinant > error ? 1 : determinant < -error ? -1 : 0;
}

function underflows(coordinate: number): boolean {
  return coordinate !== 0 && Math.abs(coordinate) < SMALLEST_FOR_EXPANSIONS;
}

function orientationOfRationals(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): -1 | 0 | 1 {
  const [x, y] = [units(cx), units(cy)];
  const determinant = (units(ax) - x) * (units(by) - y) - (units(ay) - y) * (units(bx) - x);
  return determinant > 0n ? 1 : determinant < 0n ? -1 : 0;
}

// Every double is a whole number of 2^-1074. Doubling is exact, so the number is doubled until it is whole.
function units(coordinate: number): bigint {
  let whole = coordinate;
  let doublings = 0;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    doublings += 1;
  }
  return BigInt(whole) << BigInt(1074 - doublings);
}

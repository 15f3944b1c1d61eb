import type { Position } from './geometry';
import { orientation } from './orientation';

/** How two edges meet: not at all, crossing within both, along a stretch, or in one position which ends one of them. */
export type EdgeContact = 'none' | 'crossing' | 'stretch' | Position;

/** How do the edges a–b and c–d meet? Neither has length zero. Exact: a touch is always at one of the four positions. */
export function contactOfEdges(a: Position, b: Position, c: Position, d: Position): EdgeContact {
  const sideOfC = orientation(a[0], a[1], b[0], b[1], c[0], c[1]);
  const sideOfD = orientation(a[0], a[1], b[0], b[1], d[0], d[1]);
  if (sideOfC * sideOfD > 0) return 'none';
  const sideOfA = orientation(c[0], c[1], d[0], d[1], a[0], a[1]);
  const sideOfB = orientation(c[0], c[1], d[0], d[1], b[0], b[1]);
  if (sideOfA * sideOfB > 0) return 'none';
  if (sideOfC * sideOfD < 0 && sideOfA * sideOfB < 0) return 'crossing';
  if (sideOfC === 0 && sideOfD === 0) return contactOnOneLine(a, b, c, d);
  if (sideOfC === 0 && betweenEnds(a, b, c)) return c;
  if (sideOfD === 0 && betweenEnds(a, b, d)) return d;
  if (sideOfA === 0 && betweenEnds(c, d, a)) return a;
  if (sideOfB === 0 && betweenEnds(c, d, b)) return b;
  return 'none';
}

// On one line, the order by longitude, then latitude, is the order along it.
function contactOnOneLine(a: Position, b: Position, c: Position, d: Position): EdgeContact {
  const [from, to] = isBefore(a, b) ? [a, b] : [b, a];
  const [otherFrom, otherTo] = isBefore(c, d) ? [c, d] : [d, c];
  const start = isBefore(from, otherFrom) ? otherFrom : from;
  const end = isBefore(to, otherTo) ? to : otherTo;
  if (isBefore(start, end)) return 'stretch';
  return isBefore(end, start) ? 'none' : start;
}

function isBefore(a: Position, b: Position): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/** Is the position in the box around a–b? Of one on the line a–b: is it on the edge? */
export function betweenEnds(a: Position, b: Position, at: Position): boolean {
  return (
    Math.min(a[0], b[0]) <= at[0] &&
    at[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= at[1] &&
    at[1] <= Math.max(a[1], b[1])
  );
}

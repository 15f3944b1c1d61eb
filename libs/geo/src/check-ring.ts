import type { GeometryRules } from './check-geometry';
import { samePlace, type Position, type Ring } from './geometry';
import { refused, type GeometryRefusal } from './geometry-refusal';
import { orientation } from './orientation';

/** A ring that is good by itself, but for meeting itself. */
export interface CheckedRing {
  readonly kind: 'ok';
  /** Which part of the multipolygon it belongs to. */
  readonly part: number;
  readonly isShell: boolean;
  readonly path: string;
  /** As it came. */
  readonly ring: Ring;
  /** Its corners: without the closing position and without repeats; three or more. */
  readonly corners: readonly Position[];
  /** Where each corner stands in the ring as it came. */
  readonly positions: readonly number[];
}

/** Is this a ring: positions in range, closed, with an area and without spikes? Whether it meets itself is asked later. */
export function checkRing(
  ring: readonly unknown[],
  path: string,
  part: number,
  isShell: boolean,
  rules: GeometryRules,
): CheckedRing | GeometryRefusal {
  for (const [i, position] of ring.entries()) {
    const wrong = checkPosition(position, `${path}/${i}`, rules);
    if (wrong) return wrong;
  }
  const closed = ring as Ring;
  const first = closed[0];
  const last = closed.at(-1);
  if (!first || !last || closed.length < 4) {
    const detail = `a ring has at least 4 positions, the last repeating the first; this one has ${ring.length}`;
    return refused('ring_too_short', path, detail, ring.length);
  }
  if (!samePlace(first, last)) {
    return refused('ring_not_closed', path, `the last position should repeat the first, ${show(first)}`, last);
  }
  if (!rules.plane) {
    const jump = closed.findIndex((to, i) => i > 0 && Math.abs(to[0] - closed[i - 1]![0]) > 180);
    if (jump > 0) {
      const detail = `the edge from ${show(closed[jump - 1]!)} spans more than 180°: cut the shape at the antimeridian`;
      return refused('antimeridian_crossing', `${path}/${jump}`, detail, closed[jump]);
    }
  }
  return checkCorners(closed, path, part, isShell);
}

function checkPosition(position: unknown, path: string, rules: GeometryRules): GeometryRefusal | undefined {
  if (!Array.isArray(position) || position.length < 2 || !position.every((number) => Number.isFinite(number))) {
    return refused('position_invalid', path, 'a position should be [longitude, latitude], finite numbers', position);
  }
  if (rules.plane) return undefined;
  const [lng, lat] = position as [number, number];
  if (Math.abs(lng) > 180) {
    return refused('longitude_out_of_range', path, `longitude ${lng} is not within -180 and 180`, position);
  }
  if (Math.abs(lat) > 90) {
    const detail = `latitude ${lat} is not within -90 and 90 (longitude comes first)`;
    return refused('latitude_out_of_range', path, detail, position);
  }
  return undefined;
}

function checkCorners(ring: Ring, path: string, part: number, isShell: boolean): CheckedRing | GeometryRefusal {
  // Of repeats the last is kept: the edge starts there. The closing position never is: no edge starts there.
  const positions = [...ring.keys()].filter((i) => i + 1 < ring.length && !samePlace(ring[i]!, ring[i + 1]!));
  const corners = positions.map((i) => ring[i]!);
  const [a, b] = corners;
  if (!a || !b || corners.every((c) => orientation(a[0], a[1], b[0], b[1], c[0], c[1]) === 0)) {
    return refused('ring_no_area', path, 'all positions lie on one line', ring[0]);
  }
  const spike = corners.findIndex((at, i) => turnsBack(corners.at(i - 1)!, at, corners[(i + 1) % corners.length]!));
  if (spike >= 0) {
    const at = corners[spike]!;
    return refused('spike', `${path}/${positions[spike]}`, `the ring goes to ${show(at)} and back on itself`, at);
  }
  return { kind: 'ok', part, isShell, path, ring, corners, positions };
}

// Back over the same line: both neighbours lie on one line with the corner, and on the same side of it.
function turnsBack(before: Position, at: Position, after: Position): boolean {
  if (orientation(before[0], before[1], at[0], at[1], after[0], after[1]) !== 0) return false;
  const axis = before[0] !== at[0] ? 0 : 1;
  return before[axis] > at[axis] === after[axis] > at[axis];
}

function show(position: Position): string {
  return `[${position[0]}, ${position[1]}]`;
}

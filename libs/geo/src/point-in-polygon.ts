import type { MultiPolygonCoordinates, PolygonCoordinates, Position, Ring } from './geometry';
import { orientation } from './orientation';

/** Where a position lies relative to a shape. */
export type Location = 'inside' | 'boundary' | 'outside';

/**
 * Is the position in the polygon? Edges are straight in longitude and latitude; on the edge is inside, also on the edge of
 * a hole; winding means nothing. Exact for the doubles given.
 */
export function pointInPolygon(position: Position, polygon: PolygonCoordinates): boolean {
  return locateInPolygon(position, polygon) !== 'outside';
}

/** Is the position in one of the parts? Parts may touch and overlap: their union is meant. Exact, as `pointInPolygon`. */
export function pointInMultiPolygon(position: Position, multi: MultiPolygonCoordinates): boolean {
  return multi.some((polygon) => pointInPolygon(position, polygon));
}

/**
 * Inside, on the boundary or outside of the union of the parts? A position on the edge of one part and within another is
 * inside; on an edge that two parts share it is on the boundary.
 */
export function locate(position: Position, multi: MultiPolygonCoordinates): Location {
  let onBoundary = false;
  for (const polygon of multi) {
    const where = locateInPolygon(position, polygon);
    if (where === 'inside') return 'inside';
    onBoundary ||= where === 'boundary';
  }
  return onBoundary ? 'boundary' : 'outside';
}

/** Inside, on the boundary (of the shell or of a hole) or outside of one polygon? An empty polygon contains nothing. */
export function locateInPolygon(position: Position, polygon: PolygonCoordinates): Location {
  let where: Location = 'outside';
  for (let i = 0; i < polygon.length; i += 1) {
    const inRing = locateInRing(position, polygon[i]!);
    if (inRing === 'boundary') return 'boundary';
    const isShell = i === 0;
    if ((inRing === 'inside') !== isShell) return 'outside';
    where = 'inside';
  }
  return where;
}

/**
 * Inside, on or outside of one closed ring? Counts the edges that a ray eastwards crosses, as JTS's RayCrossingCounter
 * does. Comparisons of doubles are exact, so only an edge whose box holds the position needs `orientation`; an edge counts
 * when exactly one of its ends lies north of the ray, so a vertex on the ray is counted once or twice, as it should.
 */
export function locateInRing(position: Position, ring: Ring): Location {
  const x = position[0];
  const y = position[1];
  if (Number.isNaN(x) || Number.isNaN(y)) return 'outside';
  let inside = false;
  for (let i = 1; i < ring.length; i += 1) {
    const from = ring[i - 1]!;
    const to = ring[i]!;
    const ax = from[0];
    const ay = from[1];
    const bx = to[0];
    const by = to[1];
    if ((ay < y && by < y) || (ay > y && by > y) || (ax < x && bx < x)) continue;
    const rises = ay <= y && by > y;
    const falls = by <= y && ay > y;
    if (ax > x && bx > x) {
      if (rises || falls) inside = !inside;
      continue;
    }
    // The box of the edge holds the position: whatever is on its line is on the edge.
    const side = orientation(ax, ay, bx, by, x, y);
    if (side === 0) return 'boundary';
    if ((rises && side > 0) || (falls && side < 0)) inside = !inside;
  }
  return inside ? 'inside' : 'outside';
}

import type { Position } from './geometry';
import { orientation } from './orientation';
import type { PackedShapes } from './packed-shapes';
import type { Location } from './point-in-polygon';

/** What `locate` says of a position and the shape of that index, exactly; asked of shapes that were laid flat. */
export function locateInShape(shapes: PackedShapes, shape: number, position: Position): Location {
  const { shapeParts } = shapes;
  let onBoundary = false;
  for (let part = shapeParts[shape]!; part < shapeParts[shape + 1]!; part += 1) {
    const where = locateInPart(shapes, part, position);
    if (where === 'inside') return 'inside';
    onBoundary ||= where === 'boundary';
  }
  return onBoundary ? 'boundary' : 'outside';
}

// Holes lie within the shell and do not overlap: the sides of all rings together tell.
function locateInPart(
  { coordinates, ringVertices, partRings }: PackedShapes,
  part: number,
  [x, y]: Position,
): Location {
  let inside = false;
  for (let ring = partRings[part]!; ring < partRings[part + 1]!; ring += 1) {
    let ax = coordinates[2 * ringVertices[ring]!]!;
    let ay = coordinates[2 * ringVertices[ring]! + 1]!;
    for (let i = 2 * ringVertices[ring]! + 2; i < 2 * ringVertices[ring + 1]!; i += 2) {
      const bx = coordinates[i]!;
      const by = coordinates[i + 1]!;
      const isBeside = (ay < y && by < y) || (ay > y && by > y) || (ax < x && bx < x);
      if (!isBeside) {
        const rises = ay <= y && by > y;
        const falls = by <= y && ay > y;
        const side = ax > x && bx > x ? (rises ? 1 : -1) : orientation(ax, ay, bx, by, x, y);
        if (side === 0) return 'boundary';
        if ((rises && side > 0) || (falls && side < 0)) inside = !inside;
      }
      ax = bx;
      ay = by;
    }
  }
  return inside ? 'inside' : 'outside';
}

import type { PackedShapes } from './packed-shapes';

/** Of each part, what says how many cells it will touch. Degrees, and square degrees for `area`. */
export interface PartMeasures {
  readonly west: Float64Array;
  readonly south: Float64Array;
  readonly east: Float64Array;
  readonly north: Float64Array;
  /** How far its edges run eastwards or westwards, all together; every cell width of it enters a column. */
  readonly across: Float64Array;
  /** The same along the meridian. */
  readonly along: Float64Array;
  /** Of the shell: holes are small beside it. */
  readonly area: Float64Array;
  readonly rings: Uint32Array;
}

/** Measures every part once, so that sizes of cells can be compared without going through the vertices again. */
export function measureParts(shapes: PackedShapes): PartMeasures {
  const { coordinates, ringVertices, partRings } = shapes;
  const count = partRings.length - 1;
  const numbers = (): Float64Array => new Float64Array(count);
  const [west, south, east, north] = [numbers(), numbers(), numbers(), numbers()];
  const [across, along, area] = [numbers(), numbers(), numbers()];
  const rings = new Uint32Array(count);
  for (let part = 0; part < count; part += 1) {
    const shell = partRings[part]!;
    const end = partRings[part + 1]!;
    let [minX, minY, maxX, maxY, sumX, sumY] = [Infinity, Infinity, -Infinity, -Infinity, 0, 0];
    for (let ring = shell; ring < end; ring += 1) {
      for (let v = ringVertices[ring]!; v < ringVertices[ring + 1]!; v += 1) {
        const [x, y] = [coordinates[2 * v]!, coordinates[2 * v + 1]!];
        if (x < minX) minX = x;
        if (x > maxX) maxX = x;
        if (y < minY) minY = y;
        if (y > maxY) maxY = y;
        if (v === ringVertices[ring]) continue;
        sumX += Math.abs(x - coordinates[2 * v - 2]!);
        sumY += Math.abs(y - coordinates[2 * v - 1]!);
      }
    }
    west[part] = minX;
    south[part] = minY;
    east[part] = maxX;
    north[part] = maxY;
    across[part] = sumX;
    along[part] = sumY;
    area[part] = areaOf(coordinates, ringVertices[shell]!, ringVertices[shell + 1]!);
    rings[part] = end - shell;
  }
  return { west, south, east, north, across, along, area, rings };
}

function areaOf(coordinates: Float64Array, from: number, to: number): number {
  // Relative to its first vertex, or the difference of large products would drown a small ring.
  const [x0, y0] = [coordinates[2 * from]!, coordinates[2 * from + 1]!];
  let twice = 0;
  for (let v = from; v < to - 1; v += 1) {
    const [ax, ay] = [coordinates[2 * v]! - x0, coordinates[2 * v + 1]! - y0];
    const [bx, by] = [coordinates[2 * v + 2]! - x0, coordinates[2 * v + 3]! - y0];
    twice += ax * by - bx * ay;
  }
  return Math.abs(twice) / 2;
}

import type { CellGrid } from './cell-grid';
import { edgesNearWay } from './edges-near-way';
import type { Position } from './geometry';
import { locateInShape } from './locate-in-shape';
import type { PackedShapes } from './packed-shapes';
import type { Crossing, ZoneIndex } from './zone-index';

/**
 * Makes `crossedBetween` of an index. The cells along the way name the shapes with an edge near it, hardly ever one on a way of some metres.
 * Of each all edges are intersected with the way, which cuts it into stretches, and the middle of each stretch is inside or not. The
 * fractions are as good as double arithmetic: they are estimates of a way that nobody saw.
 */
export function crossedBetween(
  shapes: PackedShapes,
  grid: CellGrid,
  containing: ZoneIndex['containing'],
): ZoneIndex['crossedBetween'] {
  const { coordinates, ringVertices, partRings, shapeParts } = shapes;
  const visitNear = edgesNearWay(shapes, grid);

  return (from, to, wanted, containingEnd = containing(to)) => {
    if (Math.abs(from[0] - to[0]) >= 180) return NONE;
    const near: number[] = [];
    const take = (shape: number) => {
      if (!near.includes(shape) && wanted(shape)) near.push(shape);
    };
    visitNear(from, to, take);
    // What holds all of the way has no edge near it, and holds its end.
    for (const shape of containingEnd) take(shape);
    if (near.length === 0) return NONE;
    const found: Crossing[] = [];
    for (const index of near) {
      const stretch = stretchInside(from, to, index);
      if (stretch) found.push({ index, ...stretch });
    }
    return found.sort((a, b) => a.enter - b.enter || a.index - b.index);
  };

  function stretchInside(from: Position, to: Position, shape: number): { enter: number; exit: number } | undefined {
    const cuts = [0, 1];
    for (let ring = partRings[shapeParts[shape]!]!; ring < partRings[shapeParts[shape + 1]!]!; ring += 1)
      addCuts(from, to, 2 * ringVertices[ring]!, 2 * ringVertices[ring + 1]!, cuts);
    cuts.sort((a, b) => a - b);
    let enter: number | undefined;
    let exit = 0;
    for (let i = 1; i < cuts.length; i += 1) {
      const [start, end] = [cuts[i - 1]!, cuts[i]!];
      if (end - start < SHORTEST || locateInShape(shapes, shape, along(from, to, (start + end) / 2)) !== 'inside')
        continue;
      enter ??= start;
      exit = end;
    }
    return enter === undefined ? undefined : { enter, exit };
  }

  /** Adds where the way crosses edges of a ring, as fractions of the way. An edge along the way cuts nothing: its ends are of other edges. */
  function addCuts(from: Position, to: Position, begin: number, end: number, cuts: number[]): void {
    const [x, y] = from;
    const [dx, dy] = [to[0] - x, to[1] - y];
    const [west, east] = x < to[0] ? [x, to[0]] : [to[0], x];
    const [south, north] = y < to[1] ? [y, to[1]] : [to[1], y];
    let ax = coordinates[begin]!;
    let ay = coordinates[begin + 1]!;
    for (let i = begin + 2; i < end; i += 2) {
      const bx = coordinates[i]!;
      const by = coordinates[i + 1]!;
      // Nearly every edge lies wholly to one side of a way of fifty metres, which four comparisons tell.
      const mayMeet = !((ax < west && bx < west) || (ax > east && bx > east) || (ay < south && by < south) || (ay > north && by > north)); // prettier-ignore
      if (mayMeet) {
        const [ex, ey] = [bx - ax, by - ay];
        const across = dx * ey - dy * ex;
        const onWay = ((ax - x) * ey - (ay - y) * ex) / across;
        const onEdge = ((ax - x) * dy - (ay - y) * dx) / across;
        if (across !== 0 && onWay > 0 && onWay < 1 && onEdge >= 0 && onEdge <= 1) cuts.push(onWay);
      }
      ax = bx;
      ay = by;
    }
  }
}

const NONE: readonly Crossing[] = [];

function along([lng, lat]: Position, to: Position, fraction: number): Position {
  return [lng + (to[0] - lng) * fraction, lat + (to[1] - lat) * fraction];
}

/** Shorter is a corner that rounding has made two of. */
const SHORTEST = 1e-9;

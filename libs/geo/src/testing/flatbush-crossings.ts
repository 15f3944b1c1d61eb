import Flatbush from 'flatbush';
import { boundingBoxOfPolygon } from '../bounding-box';
import { partsOf, type Geometry, type MultiPolygonCoordinates, type Position } from '../geometry';
import { locate } from '../point-in-polygon';
import type { Crossing, ZoneIndex } from '../zone-index';

/**
 * The plain way to answer `ZoneIndex.crossedBetween`, its oracle in tests: a packed R-tree over the boxes of the parts leaves few
 * candidates; of each all edges are intersected with the way.
 */
export function flatbushCrossings(shapes: readonly Geometry[]): Pick<ZoneIndex, 'crossedBetween'> {
  const parts = shapes.map(partsOf);
  const boxes = parts.flatMap((multi, index) =>
    multi
      .filter(([shell]) => shell && shell.length > 0)
      .map((polygon) => ({ index, box: boundingBoxOfPolygon(polygon) })),
  );
  // flatbush throws on zero items.
  if (boxes.length === 0) return { crossedBetween: () => NONE };

  const tree = new Flatbush(boxes.length);
  for (const { box } of boxes) tree.add(...box);
  tree.finish();

  return {
    crossedBetween(from, to, wanted) {
      const [west, east] = from[0] < to[0] ? [from[0], to[0]] : [to[0], from[0]];
      const [south, north] = from[1] < to[1] ? [from[1], to[1]] : [to[1], from[1]];
      if (east - west >= 180) return [];
      const near: number[] = [];
      tree.search(west, south, east, north, (item) => {
        const { index } = boxes[item]!;
        if (!near.includes(index) && wanted(index)) near.push(index);
        return false;
      });
      if (near.length === 0) return NONE;
      const found: Crossing[] = [];
      for (const index of near) {
        const stretch = stretchInside(from, to, parts[index]!);
        if (stretch) found.push({ index, ...stretch });
      }
      return found.sort((a, b) => a.enter - b.enter || a.index - b.index);
    },
  };
}

function stretchInside(
  from: Position,
  to: Position,
  multi: MultiPolygonCoordinates,
): { enter: number; exit: number } | undefined {
  const cuts = [0, 1];
  for (const polygon of multi) {
    for (const ring of polygon) {
      for (let i = 1; i < ring.length; i += 1) addCuts(from, to, ring[i - 1]!, ring[i]!, cuts);
    }
  }
  if (cuts.length === 2 && locate(along(from, to, 0.5), multi) !== 'inside') return undefined;
  cuts.sort((a, b) => a - b);
  let enter: number | undefined;
  let exit = 0;
  for (let i = 1; i < cuts.length; i += 1) {
    const [start, end] = [cuts[i - 1]!, cuts[i]!];
    if (end - start < SHORTEST || locate(along(from, to, (start + end) / 2), multi) !== 'inside') continue;
    enter ??= start;
    exit = end;
  }
  return enter === undefined ? undefined : { enter, exit };
}

const NONE: readonly Crossing[] = [];

/** Adds where the way crosses this edge, as a fraction of the way. An edge along the way cuts nothing: its ends are of other edges. */
function addCuts(from: Position, to: Position, a: Position, b: Position, cuts: number[]): void {
  // Nearly every edge lies wholly to one side of a way of fifty metres, which four comparisons tell.
  if ((a[0] < from[0] && a[0] < to[0] && b[0] < from[0] && b[0] < to[0]) || (a[0] > from[0] && a[0] > to[0] && b[0] > from[0] && b[0] > to[0])) return; // prettier-ignore
  if ((a[1] < from[1] && a[1] < to[1] && b[1] < from[1] && b[1] < to[1]) || (a[1] > from[1] && a[1] > to[1] && b[1] > from[1] && b[1] > to[1])) return; // prettier-ignore
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const ex = b[0] - a[0];
  const ey = b[1] - a[1];
  const across = dx * ey - dy * ex;
  if (across === 0) return;
  const fx = a[0] - from[0];
  const fy = a[1] - from[1];
  const onWay = (fx * ey - fy * ex) / across;
  const onEdge = (fx * dy - fy * dx) / across;
  if (onWay > 0 && onWay < 1 && onEdge >= 0 && onEdge <= 1) cuts.push(onWay);
}

function along([lng, lat]: Position, to: Position, fraction: number): Position {
  return [lng + (to[0] - lng) * fraction, lat + (to[1] - lat) * fraction];
}

/** Shorter is a corner that rounding has made two of. */
const SHORTEST = 1e-9;

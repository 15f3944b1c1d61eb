import {
  AT_BORDER,
  cellOf,
  CORNER_INSIDE,
  firstSlot,
  FLAG_BITS,
  FREE,
  INLINE,
  MORE_RUNS,
  type CellGrid,
  type CellLevel,
} from './cell-grid';
import { edgeDistances } from './edge-distances';
import { insideAtBorder } from './inside-at-border';
import type { PackedShapes } from './packed-shapes';
import type { ZoneIndex } from './zone-index';

const NOTHING: readonly number[] = [];

/** Makes shapes and their grid answer. Cheap: nothing is copied, so each worker can have its own over the same memory. */
export function cellGridIndex(shapes: PackedShapes, grid: CellGrid): ZoneIndex {
  const { coordinates } = shapes;
  const { levels, entries } = grid;
  const distances = edgeDistances(shapes);
  return {
    size: shapes.size,
    bytes: bytesOf(shapes, grid) + distances.bytes,
    distanceToEdgeM: distances.distanceToEdgeM,
    containing([x, y]) {
      let found: number[] | undefined;
      let levelsWithAnswers = 0;
      for (let i = 0; i < levels.length; i += 1) {
        const level = levels[i]!;
        // Written so that a position that is no number is nowhere.
        if (!(x >= level.west && x <= level.east && y >= level.south && y <= level.north)) continue;
        const before = found === undefined ? 0 : found.length;
        found = gather(level, x, y, found);
        if (found !== undefined && found.length > before) levelsWithAnswers += 1;
      }
      if (found === undefined) return NOTHING;
      return levelsWithAnswers > 1 ? ascendingOnce(found) : found;
    },
  };

  /** Adds what contains the position on one level, ascending. */
  function gather(level: CellLevel, x: number, y: number, before: number[] | undefined): number[] | undefined {
    const { slots, columnsPerDegree, rowsPerDegree } = level;
    const column = cellOf(x, columnsPerDegree) | 0;
    const row = cellOf(y, rowsPerDegree) | 0;
    const slotCount = slots.length >> 2;
    let slot = firstSlot(column, row, slotCount) << 2;
    for (;;) {
      if (slots[slot + 3] === FREE) return before;
      if (slots[slot] === column && slots[slot + 1] === row) break;
      slot += 4;
      if (slot === slots.length) slot = 0;
    }

    let found = before;
    let at = slots[slot + 2]!;
    const to = slots[slot + 3]!;
    if (to === INLINE) {
      const shape = at >>> FLAG_BITS;
      if (found === undefined) return [shape];
      found.push(shape);
      return found;
    }
    const x0 = column / columnsPerDegree;
    const y0 = row / rowsPerDegree;
    let last = -1;
    while (at < to) {
      const word = entries[at]!;
      const shape = word >>> FLAG_BITS;
      const atBorder = (word & AT_BORDER) !== 0;
      at += 1;
      // Several parts of one shape may be here: once found is enough.
      if (
        shape !== last &&
        (!atBorder || insideAtBorder(coordinates, entries, at, (word & CORNER_INSIDE) !== 0, x, y, x0, y0))
      ) {
        last = shape;
        if (found === undefined) found = [shape];
        else found.push(shape);
      }
      if (atBorder) {
        while (entries[at + 1]! >= MORE_RUNS) at += 2;
        at += 2;
      }
    }
    return found;
  }
}

function ascendingOnce(found: number[]): number[] {
  found.sort((a, b) => a - b);
  return found.filter((shape, i) => shape !== found[i - 1]);
}

function bytesOf(shapes: PackedShapes, grid: CellGrid): number {
  const arrays = [shapes.coordinates, shapes.ringVertices, shapes.partRings, shapes.shapeParts, grid.entries];
  return [...arrays, ...grid.levels.map(({ slots }) => slots)].reduce((sum, array) => sum + array.byteLength, 0);
}

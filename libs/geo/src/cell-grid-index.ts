import { AT_BORDER, cellOf, cellWord, FLAG_BITS, LAST, MORE_RUNS, SPLIT, type CellGrid } from './cell-grid';
import { crossedBetween } from './crossed-between';
import { edgeDistances } from './edge-distances';
import type { Position } from './geometry';
import { insideAtBorder } from './inside-at-border';
import type { PackedShapes } from './packed-shapes';
import type { ZoneIndex } from './zone-index';

const BOX = 6;
const NOTHING: readonly number[] = [];

/** Makes shapes and their grid answer. Cheap: nothing is copied, so each worker can have its own over the same memory. */
export function cellGridIndex(shapes: PackedShapes, grid: CellGrid): ZoneIndex {
  const { coordinates } = shapes;
  const { levels, entries } = grid;
  // What every question asks for lies in arrays: as fields of objects these numbers would lie scattered on the heap.
  const slots = levels.map((level) => level.slots);
  const cells = levels.map((level) => level.cells);
  const boxes = Float64Array.from(
    levels.flatMap((l) => [l.west, l.south, l.east, l.north, l.columnsPerDegree, l.rowsPerDegree]),
  );
  // Gathered here and copied once their number is known: an array that grows while it is filled costs more than the search.
  const found: number[] = [];
  return {
    size: shapes.size,
    bytes: bytesOf(shapes, grid),
    distanceToEdgeM: edgeDistances(shapes),
    containing,
    crossedBetween: crossedBetween(shapes, grid, containing),
  };

  function containing(position: Position): readonly number[] {
    const x = position[0];
    const y = position[1];
    let count = 0;
    let levelsWithAnswers = 0;
    for (let i = 0; i < levels.length; i += 1) {
      const box = i * BOX;
      // Written so that a position that is no number is nowhere.
      if (!(x >= boxes[box]! && x <= boxes[box + 2]! && y >= boxes[box + 1]! && y <= boxes[box + 3]!)) continue;
      const before = count;
      count = gather(slots[i]!, cells[i]!, boxes[box + 4]!, boxes[box + 5]!, x, y, count);
      if (count > before) levelsWithAnswers += 1;
    }
    if (count === 0) return NOTHING;
    if (count === 1) return [found[0]!];
    if (count === 2 && levelsWithAnswers === 1) return [found[0]!, found[1]!];
    const all = found.slice(0, count);
    return levelsWithAnswers > 1 ? ascendingOnce(all) : all;
  }

  /** Adds what contains the position on one level, ascending, from that place in `found` on. Answers the place behind. */
  function gather(
    table: Int32Array,
    pages: Uint32Array,
    columnsPerDegree: number,
    rowsPerDegree: number,
    x: number,
    y: number,
    from: number,
  ): number {
    const pieceColumn = cellOf(x, columnsPerDegree * SPLIT) | 0;
    const pieceRow = cellOf(y, rowsPerDegree * SPLIT) | 0;
    const cell = cellWord(table, pages, pieceColumn >> 2, pieceRow >> 2);
    if (cell === 0) return from;

    let count = from;
    if ((cell & 1) === 1) {
      found[count] = cell >>> 1;
      return count + 1;
    }
    const pieceShift = 2 * ((pieceColumn & 3) + 4 * (pieceRow & 3));
    let last = -1;
    for (let at = cell >>> 1; ;) {
      const word = entries[at]!;
      const shape = word >>> FLAG_BITS;
      at += 1;
      let inside = true;
      if ((word & AT_BORDER) !== 0) {
        const piece = (entries[at]! >>> pieceShift) & 3;
        at += 1;
        inside = (piece & 1) === 1;
        // Several parts of one shape may be here: once found is enough.
        if (piece >= 2 && shape !== last) {
          const x0 = pieceColumn / (columnsPerDegree * SPLIT);
          const y0 = pieceRow / (rowsPerDegree * SPLIT);
          inside = insideAtBorder(coordinates, entries, at, inside, x, y, x0, y0);
        }
      }
      if (inside && shape !== last) {
        last = shape;
        found[count] = shape;
        count += 1;
      }
      if ((word & LAST) !== 0) return count;
      if ((word & AT_BORDER) !== 0) {
        while (entries[at + 1]! >= MORE_RUNS) at += 2;
        at += 2;
      }
    }
  }
}

function ascendingOnce(found: number[]): number[] {
  found.sort((a, b) => a - b);
  return found.filter((shape, i) => shape !== found[i - 1]);
}

function bytesOf(shapes: PackedShapes, grid: CellGrid): number {
  const { coordinates, ringVertices, partRings, shapeParts, ringChunks, reaches } = shapes;
  const arrays = [coordinates, ringVertices, partRings, shapeParts, ringChunks, reaches, grid.entries];
  return [...arrays, ...grid.levels.flatMap(({ slots, cells }) => [slots, cells])].reduce(
    (sum, array) => sum + array.byteLength,
    0,
  );
}

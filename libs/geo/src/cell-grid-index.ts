import {
  cellOf,
  endOfRuns,
  LAST,
  MANY_RUNS,
  PAGE_BITS,
  pageInBox,
  pageInSlots,
  placeInPage,
  RUN_WORDS,
  SHAPE_SHIFT,
  SPLIT,
  SPLIT_BITS,
  type CellGrid,
} from './cell-grid';
import { crossedBetween } from './crossed-between';
import { edgeDistances } from './edge-distances';
import type { Position } from './geometry';
import { insideAtBorder } from './inside-at-border';
import type { PackedShapes } from './packed-shapes';
import type { ZoneIndex } from './zone-index';

const NUMBERS = 6;
const PLACES = 3;
const NOTHING: readonly number[] = [];

/** Makes shapes and their grid answer. Cheap: nothing is copied, so each worker can have its own over the same memory. */
export function cellGridIndex(shapes: PackedShapes, grid: CellGrid): ZoneIndex {
  const { coordinates } = shapes;
  const { words } = grid;
  // What every question asks of the levels lies in arrays: as fields of objects these numbers would lie scattered on the heap.
  const levels = grid.levels.length;
  const numbers = Float64Array.from(
    grid.levels.flatMap((l) => [l.west, l.south, l.east, l.north, l.columnsPerDegree * SPLIT, l.rowsPerDegree * SPLIT]),
  );
  const places = Int32Array.from(grid.levels.flatMap(({ table, pagesAcross, slots }) => [table, pagesAcross, slots]));
  // Gathered here and copied once their number is known: no part can be found twice.
  const found = new Uint32Array(shapes.partRings.length);
  const corner = new Float64Array(2);
  return {
    size: shapes.size,
    bytes: bytesOf(shapes, grid),
    distanceToEdgeM: edgeDistances(shapes),
    containing,
    crossedBetween: crossedBetween(shapes, grid, containing),
  };

  // One function, but for the judgement at the border: V8 makes an object of each double that is handed from one to another.
  function containing(position: Position): readonly number[] {
    const x = position[0];
    const y = position[1];
    let count = 0;
    let levelsWithAnswers = 0;
    for (let level = 0; level < levels; level += 1) {
      const n = level * NUMBERS;
      // Written so that a position that is no number is nowhere.
      if (!(x >= numbers[n]! && x <= numbers[n + 2]! && y >= numbers[n + 1]! && y <= numbers[n + 3]!)) continue;
      const pieceColumn = cellOf(x, numbers[n + 4]!) | 0;
      const pieceRow = cellOf(y, numbers[n + 5]!) | 0;
      const pageColumn = pieceColumn >> (SPLIT_BITS + PAGE_BITS);
      const pageRow = pieceRow >> (SPLIT_BITS + PAGE_BITS);
      const table = places[level * PLACES]!;
      const pagesAcross = places[level * PLACES + 1]!;
      const page =
        pagesAcross > 0
          ? words[pageInBox(table, pagesAcross, pageColumn, pageRow)]!
          : pageInSlots(words, table, places[level * PLACES + 2]!, pageColumn, pageRow);
      if (page === 0) continue;
      const cell = words[page + placeInPage(pieceColumn >> SPLIT_BITS, pieceRow >> SPLIT_BITS)]!;
      if (cell === 0) continue;
      const before = count;
      if ((cell & 1) === 1) {
        found[count] = cell >>> 1;
        count += 1;
      } else {
        const pieceShift = 2 * ((pieceColumn & (SPLIT - 1)) + SPLIT * (pieceRow & (SPLIT - 1)));
        let last = -1;
        for (let at = cell >>> 1; ;) {
          const word = words[at]!;
          const piece = (words[at + 1]! >>> pieceShift) & 3;
          const shape = word >>> SHAPE_SHIFT;
          at += 2;
          // Several parts of one shape may be here: once found is enough.
          if (piece !== 0 && shape !== last) {
            let inside = piece === 1;
            if (!inside) {
              corner[0] = pieceColumn / numbers[n + 4]!;
              corner[1] = pieceRow / numbers[n + 5]!;
              inside = insideAtBorder(coordinates, words, at, piece & 1, position, corner);
            }
            if (inside) {
              last = shape;
              found[count] = shape;
              count += 1;
            }
          }
          if ((word & LAST) !== 0) break;
          const runWords = word & RUN_WORDS;
          at = runWords === 2 * MANY_RUNS ? endOfRuns(words, at) : at + runWords;
        }
      }
      if (count > before) levelsWithAnswers += 1;
    }
    if (count === 0) return NOTHING;
    if (count === 1) return [found[0]!];
    if (levelsWithAnswers > 1) return ascendingOnce(Array.from(found.subarray(0, count)));
    if (count === 2) return [found[0]!, found[1]!];
    if (count === 3) return [found[0]!, found[1]!, found[2]!];
    // Not `Array.from`, which takes longer than all of the above.
    const all = [found[0]!, found[1]!, found[2]!, found[3]!];
    for (let i = 4; i < count; i += 1) all.push(found[i]!);
    return all;
  }
}

function ascendingOnce(found: number[]): number[] {
  found.sort((a, b) => a - b);
  return found.filter((shape, i) => shape !== found[i - 1]);
}

function bytesOf(shapes: PackedShapes, grid: CellGrid): number {
  const { coordinates, ringVertices, partRings, shapeParts, ringChunks, reaches } = shapes;
  const arrays = [coordinates, ringVertices, partRings, shapeParts, ringChunks, reaches, grid.words];
  return arrays.reduce((sum, array) => sum + array.byteLength, 0);
}

import {
  cellOf,
  cellWord,
  endOfRuns,
  LAST,
  MANY_RUNS,
  MORE_RUNS,
  RUN_WORDS,
  SHAPE_SHIFT,
  SPLIT,
  type CellGrid,
  type CellLevel,
} from './cell-grid';
import type { Position } from './geometry';
import { surelySide } from './orientation';
import type { PackedShapes } from './packed-shapes';
import { ROUNDING } from './rounding';

/**
 * Names every shape that has an edge on the straight way, some of them more than once, and a few that have one only in the box around the way. On
 * each level one goes through the cells of the way, and in each of them asks only the edges of shapes whose border runs through the pieces that
 * the way runs through. So it costs what lies along the way, and a way that leaves the city costs no more than the part within.
 */
export function edgesNearWay(
  { coordinates, size }: PackedShapes,
  { levels, words }: CellGrid,
): (from: Position, to: Position, visit: (shape: number) => void) => void {
  const vertices = coordinates.length / 2;
  return (from, to, visit) => {
    // From one continent to another, where both have zones, there are more cells on the way than there are edges to be asked.
    const most = Math.max(LEAST_CELLS, vertices);
    for (const level of levels) {
      if (cellsAlong(level, from, to) > most) {
        for (let shape = 0; shape < size; shape += 1) visit(shape);
        return;
      }
      visitLevel(level, from, to, visit);
    }
  };

  function visitLevel(level: CellLevel, from: Position, to: Position, visit: (shape: number) => void): void {
    const [fromX, fromY] = from;
    const [toX, toY] = to;
    const west = Math.max(Math.min(fromX, toX), level.west);
    const east = Math.min(Math.max(fromX, toX), level.east);
    const south = Math.max(Math.min(fromY, toY), level.south);
    const north = Math.min(Math.max(fromY, toY), level.north);
    // Written so that a position that is no number is nowhere.
    if (!(west <= east && south <= north)) return;
    const { columnsPerDegree, rowsPerDegree } = level;
    const firstColumn = cellOf(west, columnsPerDegree);
    const lastColumn = cellOf(east, columnsPerDegree);
    const firstRow = cellOf(south, rowsPerDegree);
    const lastRow = cellOf(north, rowsPerDegree);
    const isSlanted = firstColumn !== lastColumn && firstRow !== lastRow;
    const slope = (toY - fromY) / (toX - fromX);
    const pad = ROUNDING * Math.max(1, Math.abs(fromX), Math.abs(toX), Math.abs(fromY), Math.abs(toY));
    for (let column = firstColumn; column <= lastColumn; column += 1) {
      const left = Math.max(west, column / columnsPerDegree);
      const right = Math.min(east, (column + 1) / columnsPerDegree);
      let low = south;
      let high = north;
      if (isSlanted) {
        const yLeft = fromY + (left - fromX) * slope;
        const yRight = fromY + (right - fromX) * slope;
        low = Math.max(south, Math.min(yLeft, yRight) - pad);
        high = Math.min(north, Math.max(yLeft, yRight) + pad);
      }
      for (let row = cellOf(low, rowsPerDegree); row <= cellOf(high, rowsPerDegree); row += 1) {
        const cell = cellWord(words, level, column, row);
        if (cell === 0 || (cell & 1) === 1) continue;
        const firstPieceColumn = pieceOf(left, columnsPerDegree, column);
        const lastPieceColumn = pieceOf(right, columnsPerDegree, column);
        const rowMask = (TOUCHED << (2 * firstPieceColumn)) & (0xff >>> (2 * (SPLIT - 1 - lastPieceColumn)));
        let mask = 0;
        for (let y = pieceOf(low, rowsPerDegree, row); y <= pieceOf(high, rowsPerDegree, row); y += 1)
          mask |= rowMask << (2 * SPLIT * y);
        visitCell(cell >>> 1, mask, fromX, fromY, toX, toY, visit);
      }
    }
  }

  function visitCell(
    firstEntry: number,
    pieces: number,
    fromX: number,
    fromY: number,
    toX: number,
    toY: number,
    visit: (shape: number) => void,
  ): void {
    for (let at = firstEntry; ;) {
      const word = words[at]!;
      const touched = words[at + 1]! & pieces;
      at += 2;
      if (touched !== 0 && hasEdgeOn(at, fromX, fromY, toX, toY)) visit(word >>> SHAPE_SHIFT);
      if ((word & LAST) !== 0) return;
      const runWords = word & RUN_WORDS;
      at = runWords === 2 * MANY_RUNS ? endOfRuns(words, at) : at + runWords;
    }
  }

  /** Does one of these edges meet the way, or may it, as far as rounding can tell? */
  function hasEdgeOn(at: number, fromX: number, fromY: number, toX: number, toY: number): boolean {
    const west = Math.min(fromX, toX);
    const east = Math.max(fromX, toX);
    const south = Math.min(fromY, toY);
    const north = Math.max(fromY, toY);
    for (let run = at; ; run += 2) {
      const first = words[run]!;
      const length = words[run + 1]!;
      const end = 2 * (first + (length & ~MORE_RUNS));
      let ax = coordinates[2 * first]!;
      let ay = coordinates[2 * first + 1]!;
      for (let i = 2 * first + 2; i <= end; i += 2) {
        const bx = coordinates[i]!;
        const by = coordinates[i + 1]!;
        const mayMeet = !((ax < west && bx < west) || (ax > east && bx > east) || (ay < south && by < south) || (ay > north && by > north)); // prettier-ignore
        // A box of an edge is large beside a way of some metres: nearly always all of the way lies on one side of the edge.
        if (mayMeet && surelySide(ax, ay, bx, by, fromX, fromY) * surelySide(ax, ay, bx, by, toX, toY) <= 0)
          return true;
        ax = bx;
        ay = by;
      }
      if (length < MORE_RUNS) return false;
    }
  }
}

/** Of so many cells one need not think. */
const LEAST_CELLS = 4_096;

/** At most about so many cells of the level are on the way; of a way past its box perhaps fewer. */
function cellsAlong(
  { west, south, east, north, columnsPerDegree, rowsPerDegree }: CellLevel,
  from: Position,
  to: Position,
) {
  const width = Math.min(Math.max(from[0], to[0]), east) - Math.max(Math.min(from[0], to[0]), west);
  const height = Math.min(Math.max(from[1], to[1]), north) - Math.max(Math.min(from[1], to[1]), south);
  return width * columnsPerDegree + height * rowsPerDegree;
}

// The upper bit of each of a row's four pieces: an edge touches it.
const TOUCHED = 0xaa;

/** In which piece of the cell do so many degrees lie, or which is nearest? */
function pieceOf(degrees: number, cellsPerDegree: number, cell: number): number {
  return Math.max(0, Math.min(SPLIT - 1, cellOf(degrees, cellsPerDegree * SPLIT) - cell * SPLIT));
}

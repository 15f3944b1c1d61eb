import { cellOf } from './cell-grid';
import type { PackedShapes } from './packed-shapes';
import { perturbedSide } from './perturbed-side';

/** The cells of one size around one part, row by row from the south-west: a rectangle of `columns` by `rows`. */
export interface CellsOfPart {
  readonly firstColumn: number;
  readonly firstRow: number;
  readonly columns: number;
  readonly rows: number;
  /** 1 where the cell's south-west corner, a hair inside of the cell, is in the part. */
  readonly cornerInside: Uint8Array;
  /** Where the edges of each cell begin in `edges`, and behind the last cell where they end. */
  readonly edgeStarts: Uint32Array;
  /** Every edge that touches the cell, ascending; one that only nearly touches it may be among them. */
  readonly edges: Uint32Array;
}

// Where an edge crosses a line is computed to some 5 roundings of its own length: this many times the largest coordinate.
const ROUNDING = 2 ** -46;

/** Which cells does a part touch, with which edges, and which of their corners are in it? Cells per degree: powers of two. */
export function cellsOfPart(
  shapes: PackedShapes,
  part: number,
  columnsPerDegree: number,
  rowsPerDegree: number,
): CellsOfPart {
  const { coordinates, ringVertices, partRings } = shapes;
  const firstRing = partRings[part]!;
  const endRing = partRings[part + 1]!;

  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let v = ringVertices[firstRing]!; v < ringVertices[endRing]!; v += 1) {
    west = Math.min(west, coordinates[2 * v]!);
    east = Math.max(east, coordinates[2 * v]!);
    south = Math.min(south, coordinates[2 * v + 1]!);
    north = Math.max(north, coordinates[2 * v + 1]!);
  }
  const firstColumn = cellOf(west, columnsPerDegree);
  const firstRow = cellOf(south, rowsPerDegree);
  const lastColumn = cellOf(east, columnsPerDegree);
  const lastRow = cellOf(north, rowsPerDegree);
  const columns = lastColumn - firstColumn + 1;
  const rows = lastRow - firstRow + 1;
  const pad = ROUNDING * Math.max(1, -west, -south, east, north);

  const cornerInside = new Uint8Array(columns * rows);
  const edgeStarts = new Uint32Array(columns * rows + 1);
  // Two rounds: the first counts the edges of each cell (one place further on), the second puts them in their places.
  let edges: Uint32Array | undefined;
  for (let round = 0; round < 2; round += 1) {
    if (round === 1) edges = placeFor(edgeStarts);
    for (let ring = firstRing; ring < endRing; ring += 1) {
      const lastVertex = ringVertices[ring + 1]! - 1;
      for (let edge = ringVertices[ring]!; edge < lastVertex; edge += 1) {
        touch(edge);
        if (round === 0) cross(edge);
      }
    }
  }
  // Filling has moved each start to the next cell's: back by one.
  edgeStarts.copyWithin(1, 0);
  edgeStarts[0] = 0;
  sumUpFromTheEast();
  return { firstColumn, firstRow, columns, rows, cornerInside, edgeStarts, edges: edges! };

  /** Notes the edge in every cell it touches: column by column, the rows between where it enters and leaves. */
  function touch(edge: number): void {
    const ax = coordinates[2 * edge]!;
    const ay = coordinates[2 * edge + 1]!;
    const bx = coordinates[2 * edge + 2]!;
    const by = coordinates[2 * edge + 3]!;
    const [minX, maxX] = ax < bx ? [ax, bx] : [bx, ax];
    const [minY, maxY] = ay < by ? [ay, by] : [by, ay];
    const fromColumn = cellOf(minX, columnsPerDegree);
    const toColumn = cellOf(maxX, columnsPerDegree);
    const fromRow = cellOf(minY, rowsPerDegree);
    const toRow = cellOf(maxY, rowsPerDegree);
    for (let column = fromColumn; column <= toColumn; column += 1) {
      let [low, high] = [fromRow, toRow];
      if (fromColumn !== toColumn && fromRow !== toRow) {
        const left = Math.max(minX, column / columnsPerDegree);
        const right = Math.min(maxX, (column + 1) / columnsPerDegree);
        const yLeft = ay + ((left - ax) / (bx - ax)) * (by - ay);
        const yRight = ay + ((right - ax) / (bx - ax)) * (by - ay);
        low = Math.floor(Math.max(minY, Math.min(yLeft, yRight) - pad) * rowsPerDegree);
        high = Math.floor(Math.min(maxY, Math.max(yLeft, yRight) + pad) * rowsPerDegree);
      }
      for (let row = low; row <= high; row += 1) {
        const cell = (row - firstRow) * columns + (column - firstColumn);
        if (edges === undefined) edgeStarts[cell]! += 1;
        else {
          edges[edgeStarts[cell]!] = edge;
          edgeStarts[cell]! += 1;
        }
      }
    }
  }

  /**
   * On each southern border of a row that the edge crosses, toggles the easternmost corner that lies west of it. Which corner
   * that is, is computed, and asked exactly where a corner is as near as rounding.
   */
  function cross(edge: number): void {
    const ax = coordinates[2 * edge]!;
    const ay = coordinates[2 * edge + 1]!;
    const bx = coordinates[2 * edge + 2]!;
    const by = coordinates[2 * edge + 3]!;
    // Rows whose southern border lies in [lower end, upper end): half-open, as in point-in-polygon. (-cellOf(-y) rounds up.)
    const fromRow = -cellOf(-Math.min(ay, by), rowsPerDegree);
    const toRow = -cellOf(-Math.max(ay, by), rowsPerDegree) - 1;
    for (let row = fromRow; row <= toRow; row += 1) {
      const y = row / rowsPerDegree;
      const x = ax + ((y - ay) / (by - ay)) * (bx - ax);
      const surely = Math.floor((x - pad) * columnsPerDegree);
      let column = Math.floor((x + pad) * columnsPerDegree);
      while (column > surely) {
        const side = perturbedSide(ax, ay, bx, by, column / columnsPerDegree, y);
        const isWest = by > ay ? side > 0 : side < 0;
        if (isWest) break;
        column -= 1;
      }
      if (column < firstColumn) continue;
      const cell = (row - firstRow) * columns + (Math.min(column, lastColumn) - firstColumn);
      cornerInside[cell]! ^= 1;
    }
  }

  /** A corner is inside when an odd number of edges lies east of it. */
  function sumUpFromTheEast(): void {
    for (let row = 0; row < rows; row += 1) {
      for (let cell = (row + 1) * columns - 2; cell >= row * columns; cell -= 1) {
        cornerInside[cell]! ^= cornerInside[cell + 1]!;
      }
    }
  }
}

// Turns counts into starts and makes room for all.
function placeFor(counts: Uint32Array): Uint32Array {
  let sum = 0;
  for (let cell = 0; cell < counts.length; cell += 1) {
    const count = counts[cell]!;
    counts[cell] = sum;
    sum += count;
  }
  return new Uint32Array(sum);
}

import { cellOf, SPLIT } from './cell-grid';
import type { PackedShapes } from './packed-shapes';
import { perturbedSide } from './perturbed-side';
import { ROUNDING } from './rounding';
import { Uint32List } from './uint32-list';

const CORNER_INSIDE = 1;
const TOUCHED = 2;

/**
 * Which cells does a part touch, with which edges, and which quarters of quarters of them are in it? One raster serves part after
 * part, so that its memory is asked for once. Cells are numbered row by row from the south-west of a rectangle of `columns` by
 * `rows` around the part.
 */
export class PartRaster {
  firstColumn = 0;
  firstRow = 0;
  columns = 0;
  rows = 0;
  /** Where the edges of each cell begin in `edges`, and behind the last cell where they end. */
  edgeStarts = new Uint32Array(256);
  /** Every edge that touches the cell, ascending; one that only nearly touches it may be among them. */
  edges = new Uint32Array(256);

  // Of each piece of a cell: is its south-west corner (a hair inside of the piece) in the part, and does an edge touch it?
  private pieces = new Uint8Array(4096);
  private pieceColumns = 0;
  // Cell and edge, one pair after another, in the order of the edges.
  private readonly touching = new Uint32List();
  private lastEdgeOfCell = new Int32Array(256);
  private columnsPerDegree = 1;
  private rowsPerDegree = 1;
  private pad = 0;

  constructor(private readonly shapes: PackedShapes) {}

  /** Draws a part in cells of that size; so many per degree, powers of two. */
  draw(part: number, columnsPerDegree: number, rowsPerDegree: number): void {
    const { ringVertices, partRings } = this.shapes;
    this.columnsPerDegree = columnsPerDegree * SPLIT;
    this.rowsPerDegree = rowsPerDegree * SPLIT;
    const firstRing = partRings[part]!;
    const endRing = partRings[part + 1]!;
    this.lieAround(ringVertices[firstRing]!, ringVertices[endRing]!, columnsPerDegree, rowsPerDegree);
    for (let ring = firstRing; ring < endRing; ring += 1) {
      const lastVertex = ringVertices[ring + 1]! - 1;
      for (let edge = ringVertices[ring]!; edge < lastVertex; edge += 1) this.drawEdge(edge);
    }
    this.sortByCell();
    this.sumUpFromTheEast();
  }

  /** Is the cell wholly in the part? Asked only of cells that no edge touches: any of its corners knows. */
  isInside(column: number, row: number): boolean {
    return this.pieces[row * SPLIT * this.pieceColumns + column * SPLIT] === CORNER_INSIDE;
  }

  /** The pieces of a cell as the grid's entries have them: two bits each, row by row from the south-west. */
  piecesOf(column: number, row: number): number {
    let word = 0;
    for (let y = SPLIT - 1; y >= 0; y -= 1) {
      const start = (row * SPLIT + y) * this.pieceColumns + column * SPLIT;
      for (let x = SPLIT - 1; x >= 0; x -= 1) word = (word << 2) | this.pieces[start + x]!;
    }
    return word;
  }

  private lieAround(from: number, to: number, columnsPerDegree: number, rowsPerDegree: number): void {
    const { coordinates } = this.shapes;
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 2 * from; i < 2 * to; i += 2) {
      const x = coordinates[i]!;
      const y = coordinates[i + 1]!;
      if (x < west) west = x;
      if (x > east) east = x;
      if (y < south) south = y;
      if (y > north) north = y;
    }
    this.firstColumn = cellOf(west, columnsPerDegree);
    this.firstRow = cellOf(south, rowsPerDegree);
    this.columns = cellOf(east, columnsPerDegree) - this.firstColumn + 1;
    this.rows = cellOf(north, rowsPerDegree) - this.firstRow + 1;
    this.pieceColumns = this.columns * SPLIT;
    this.pad = ROUNDING * Math.max(1, -west, -south, east, north);

    const cells = this.columns * this.rows;
    if (this.pieces.length < cells * SPLIT * SPLIT) {
      this.pieces = new Uint8Array(2 * cells * SPLIT * SPLIT);
      this.lastEdgeOfCell = new Int32Array(2 * cells);
      this.edgeStarts = new Uint32Array(2 * cells + 1);
    }
    this.pieces.fill(0, 0, cells * SPLIT * SPLIT);
    this.lastEdgeOfCell.fill(-1, 0, cells);
    this.edgeStarts.fill(0, 0, cells + 1);
    this.touching.length = 0;
  }

  private drawEdge(edge: number): void {
    const { coordinates } = this.shapes;
    const ax = coordinates[2 * edge]!;
    const ay = coordinates[2 * edge + 1]!;
    const bx = coordinates[2 * edge + 2]!;
    const by = coordinates[2 * edge + 3]!;
    this.touchPieces(edge, ax, ay, bx, by);
    this.toggleCorners(ax, ay, bx, by);
  }

  /** Notes the edge in every piece it touches: column by column, the rows between where it enters and leaves. */
  private touchPieces(edge: number, ax: number, ay: number, bx: number, by: number): void {
    const { columnsPerDegree, rowsPerDegree, pad } = this;
    const minX = ax < bx ? ax : bx;
    const maxX = ax < bx ? bx : ax;
    const minY = ay < by ? ay : by;
    const maxY = ay < by ? by : ay;
    const fromColumn = cellOf(minX, columnsPerDegree);
    const toColumn = cellOf(maxX, columnsPerDegree);
    const fromRow = cellOf(minY, rowsPerDegree);
    const toRow = cellOf(maxY, rowsPerDegree);
    const isSlanted = fromColumn !== toColumn && fromRow !== toRow;
    for (let column = fromColumn; column <= toColumn; column += 1) {
      let low = fromRow;
      let high = toRow;
      if (isSlanted) {
        const left = Math.max(minX, column / columnsPerDegree);
        const right = Math.min(maxX, (column + 1) / columnsPerDegree);
        const yLeft = ay + ((left - ax) / (bx - ax)) * (by - ay);
        const yRight = ay + ((right - ax) / (bx - ax)) * (by - ay);
        low = cellOf(Math.max(minY, Math.min(yLeft, yRight) - pad), rowsPerDegree);
        high = cellOf(Math.min(maxY, Math.max(yLeft, yRight) + pad), rowsPerDegree);
      }
      for (let row = low; row <= high; row += 1) this.touchPiece(edge, column, row);
    }
  }

  private touchPiece(edge: number, pieceColumn: number, pieceRow: number): void {
    const x = pieceColumn - this.firstColumn * SPLIT;
    const y = pieceRow - this.firstRow * SPLIT;
    this.pieces[y * this.pieceColumns + x]! |= TOUCHED;
    const cell = Math.floor(y / SPLIT) * this.columns + Math.floor(x / SPLIT);
    if (this.lastEdgeOfCell[cell] === edge) return;
    this.lastEdgeOfCell[cell] = edge;
    this.edgeStarts[cell]! += 1;
    this.touching.push(cell);
    this.touching.push(edge);
  }

  /**
   * On each southern border of a row of pieces that the edge crosses, toggles the easternmost corner that lies west of it. Which
   * corner that is, is computed, and asked exactly where a corner is as near as rounding.
   */
  private toggleCorners(ax: number, ay: number, bx: number, by: number): void {
    const { columnsPerDegree, rowsPerDegree, pad } = this;
    const firstColumn = this.firstColumn * SPLIT;
    const lastColumn = firstColumn + this.pieceColumns - 1;
    // Rows whose southern border lies in [lower end, upper end): half-open, as in point-in-polygon. (-cellOf(-y) rounds up.)
    const fromRow = -cellOf(-Math.min(ay, by), rowsPerDegree);
    const toRow = -cellOf(-Math.max(ay, by), rowsPerDegree) - 1;
    for (let row = fromRow; row <= toRow; row += 1) {
      const y = row / rowsPerDegree;
      const x = ax + ((y - ay) / (by - ay)) * (bx - ax);
      const surely = cellOf(x - pad, columnsPerDegree);
      let column = cellOf(x + pad, columnsPerDegree);
      while (column > surely && !isWestOf(ax, ay, bx, by, column / columnsPerDegree, y)) column -= 1;
      if (column < firstColumn) continue;
      const piece = (row - this.firstRow * SPLIT) * this.pieceColumns + Math.min(column, lastColumn) - firstColumn;
      this.pieces[piece]! ^= CORNER_INSIDE;
    }
  }

  private sortByCell(): void {
    const cells = this.columns * this.rows;
    const { edgeStarts } = this;
    let sum = 0;
    for (let cell = 0; cell <= cells; cell += 1) {
      const count = edgeStarts[cell]!;
      edgeStarts[cell] = sum;
      sum += count;
    }
    if (this.edges.length < sum) this.edges = new Uint32Array(2 * sum);
    const { values, length } = this.touching;
    for (let i = 0; i < length; i += 2) {
      const cell = values[i]!;
      this.edges[edgeStarts[cell]!] = values[i + 1]!;
      edgeStarts[cell]! += 1;
    }
    // Filling has moved each start to the next cell's: back by one.
    edgeStarts.copyWithin(1, 0, cells);
    edgeStarts[0] = 0;
  }

  /** A corner is inside when an odd number of edges lies east of it. */
  private sumUpFromTheEast(): void {
    const { pieces, pieceColumns } = this;
    for (let row = 0; row < this.rows * SPLIT; row += 1) {
      for (let piece = (row + 1) * pieceColumns - 2; piece >= row * pieceColumns; piece -= 1) {
        pieces[piece]! ^= pieces[piece + 1]! & CORNER_INSIDE;
      }
    }
  }
}

function isWestOf(ax: number, ay: number, bx: number, by: number, x: number, y: number): boolean {
  return perturbedSide(ax, ay, bx, by, x, y) > 0 === by > ay;
}

import { buildCellGrid, startCellGrid } from './build-cell-grid';
import { cellGridIndex } from './cell-grid-index';
import type { Geometry, Position } from './geometry';
import { packShapes } from './packed-shapes';

/** Answers, for many shapes at once, which of them contain a position. */
export interface ZoneIndex {
  /** How many shapes were given, empty ones counted. */
  readonly size: number;
  /** How much memory it holds beside the shapes that were given. */
  readonly bytes: number;
  /** The indices (in the list given to `buildZoneIndex`) of all shapes that contain the position, ascending = file order. */
  containing(position: Position): readonly number[];
  /** What `distanceToEdgeM` answers for the shape of that index, metres, without going through all of its edges. */
  distanceToEdgeM(shape: number, position: Position): number;
  /**
   * The shapes, of those wanted, that the straight way from one position to the other leads through; in the order in which it gets
   * to them. One that is only touched, at a corner or along an edge, is not led through. A way of 180 degrees of longitude or more
   * leads nobody knows where: through none. Who has asked already which shapes contain the end says so, and spares asking again.
   */
  crossedBetween(
    from: Position,
    to: Position,
    wanted: (shape: number) => boolean,
    containingEnd?: readonly number[],
  ): readonly Crossing[];
}

/** Where a straight way leads through a shape, in fractions of the way: 0 is its start, 1 its end. */
export interface Crossing {
  /** Which shape, by its place in the list given. */
  readonly index: number;
  /** Where it first gets inside. */
  readonly enter: number;
  /** Where it last gets outside. */
  readonly exit: number;
}

/**
 * Which shapes contain a position, without asking each? A grid of cells knows what lies wholly in a shape and which edges cross
 * the rest; there the position is judged exactly, as `pointInPolygon` does. Edges count as inside. Shapes are those that
 * `checkGeometry` takes: the holes of a part lie within its shell and do not overlap. Throws a RangeError for coordinates
 * that are not finite.
 */
export function buildZoneIndex(shapes: readonly Geometry[]): ZoneIndex {
  const packed = packShapes(shapes);
  return cellGridIndex(packed, buildCellGrid(packed));
}

/**
 * The same, made in pieces for a process that must answer others meanwhile: after every so many shapes it waits for `pause`. The
 * index is whole when it is answered, never before.
 */
export async function buildZoneIndexInPieces(
  shapes: readonly Geometry[],
  pause: () => Promise<void>,
  shapesInPiece = SHAPES_IN_PIECE,
): Promise<ZoneIndex> {
  const packed = packShapes(shapes);
  await pause();
  const build = startCellGrid(packed);
  while (build.add(shapesInPiece)) await pause();
  await pause();
  return cellGridIndex(packed, build.finish());
}

// Some 5 ms of work: 30 to 50 µs a zone.
const SHAPES_IN_PIECE = 128;

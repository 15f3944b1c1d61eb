/**
 * Which shapes concern which cell of the map, as typed arrays.
 *
 * A cell is the half-open rectangle [i / columnsPerDegree, (i + 1) / columnsPerDegree) × [j / rowsPerDegree, …). Both numbers
 * are powers of two, so a coordinate times one of them is exact, and so is every border of a cell: no position is ever
 * taken for one of the neighbouring cell. Large shapes live on levels of larger cells, each shape part on one level, so that
 * a country does not fill a grid made for parking spots.
 */
export interface CellGrid {
  /** Small cells first; only levels that hold something. */
  readonly levels: readonly CellLevel[];
  /**
   * What lies in the cells, in words that the levels' slots name, ascending by shape. The first word of an entry is the shape
   * (its index times 2) plus a flag. Without `AT_BORDER` the whole cell is surely inside and the entry ends.
   *
   * With it the second word tells the 4 × 4 pieces of the cell apart, two bits each, row by row from the south-west: 0 wholly
   * outside, 1 wholly inside, 2 and 3 touched by an edge, with the piece's south-west corner (a hair inside of it) outside or
   * inside. Then follow runs of edges, two words each: the first edge, and how many there are plus `MORE_RUNS` if another run
   * follows. Every edge of the part that touches the cell is among them.
   */
  readonly entries: Uint32Array;
}

/** The cells of one size that hold something. */
export interface CellLevel {
  readonly columnsPerDegree: number;
  readonly rowsPerDegree: number;
  /** The box of everything on this level, degrees: outside of it no slot need be asked. */
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
  /**
   * A hash table with open addressing, four words a slot: column, row, and the words [from, to) of `entries`. A cell wholly in
   * one shape, the most frequent case, has its entry in the slot itself: `to` is then `INLINE`. A free slot's `to` is `FREE`.
   */
  readonly slots: Int32Array;
}

/** Into how many pieces is a cell at the border split, each way? */
export const SPLIT = 4;
/** Flag of an entry: an edge of the shape runs through the cell. */
export const AT_BORDER = 1;
/** The shape is the entry's first word without this many bits of flags. */
export const FLAG_BITS = 1;
/** Flag of a run's length: another run of the same shape part follows. */
export const MORE_RUNS = 0x8000_0000;
/** In place of a slot's `to`. */
export const FREE = -1;
/** In place of a slot's `to`: the third word is not a place in `entries` but the only entry. */
export const INLINE = -2;

/** In which slot of so many does the search for a cell begin? The others follow, the first after the last. */
export function firstSlot(column: number, row: number, slotCount: number): number {
  // Multiplications spread neighbours over the table (constants of xxHash32); the upper bits are the well-mixed ones.
  let hash = Math.imul(column, 0x9e3779b1) + Math.imul(row, 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae3d);
  return Math.floor((hash >>> 0) * 2 ** -32 * slotCount);
}

/**
 * In which column or row do so many degrees lie, exactly? Below one cell a degree (whole degrees decide there) the product
 * could underflow: -5e-324 / 4 is -0, which is in the cell east of it.
 */
export function cellOf(degrees: number, cellsPerDegree: number): number {
  return Math.floor(cellsPerDegree < 1 ? Math.floor(degrees) * cellsPerDegree : degrees * cellsPerDegree);
}

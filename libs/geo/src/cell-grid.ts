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
   * What lies in the cells, in words that the levels' cells name, ascending by shape. The first word of an entry is the shape
   * (its index times 4) plus flags. Without `AT_BORDER` the whole cell is surely inside and the entry ends. `LAST` is set in a cell's
   * last entry.
   *
   * With `AT_BORDER` the second word tells the 4 × 4 pieces of the cell apart, two bits each, row by row from the south-west: 0 wholly
   * outside, 1 wholly inside, 2 and 3 touched by an edge, with the piece's south-west corner (a hair inside of it) outside or
   * inside. Then follow runs of edges, two words each: the first edge, and how many there are plus `MORE_RUNS` if another run
   * follows. Every edge of the part that touches the cell is among them. Word 0 is no entry.
   */
  readonly entries: Uint32Array;
}

/**
 * The cells of one size that hold something. They lie in pages of 8 × 8, and only pages are looked up by a hash: the table of pages is small
 * enough for the nearest cache, and a cell takes one word.
 */
export interface CellLevel {
  readonly columnsPerDegree: number;
  readonly rowsPerDegree: number;
  /** The box of everything on this level, degrees: outside of it no cell need be asked. */
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
  /**
   * A hash table with open addressing, four words a slot, so that none lies across two lines of a cache: column and row of the page, and its
   * place among the pages plus 1; 0 in a free slot. It has a power of two of slots.
   */
  readonly slots: Int32Array;
  /**
   * 64 words a page, row by row from the south-west. 0: nothing is here. Odd: the cell is wholly in one shape, the most frequent case, and in
   * nothing else; the shape is the word without its last bit. Even: its entries begin at half of it.
   */
  readonly cells: Uint32Array;
}

/** Into how many pieces is a cell at the border split, each way? */
export const SPLIT = 4;
/** Flags of an entry: an edge of the shape runs through the cell; no other entry of the cell follows. */
export const AT_BORDER = 1;
export const LAST = 2;
/** The shape is the entry's first word without this many bits of flags. */
export const FLAG_BITS = 2;
/** Flag of a run's length: another run of the same shape part follows. */
export const MORE_RUNS = 0x8000_0000;
/** A page is so many cells wide and high, as a power of two. */
export const PAGE_BITS = 3;
export const CELLS_PER_PAGE = 1 << (2 * PAGE_BITS);
export const WORDS_PER_SLOT = 4;

/** What does the level say of a cell? A word of its `cells`, 0 where it has none. */
export function cellWord(slots: Int32Array, cells: Uint32Array, column: number, row: number): number {
  const pageColumn = column >> PAGE_BITS;
  const pageRow = row >> PAGE_BITS;
  const last = slots.length - 1;
  let slot = WORDS_PER_SLOT * firstSlot(pageColumn, pageRow, slots.length >>> 2);
  for (;;) {
    const page = slots[slot + 2]!;
    if (page === 0) return 0;
    if (slots[slot] === pageColumn && slots[slot + 1] === pageRow)
      return cells[(page - 1) * CELLS_PER_PAGE + placeInPage(column, row)]!;
    slot = (slot + WORDS_PER_SLOT) & last;
  }
}

/** Where in its page does a cell lie? */
export function placeInPage(column: number, row: number): number {
  return ((row & (2 ** PAGE_BITS - 1)) << PAGE_BITS) | (column & (2 ** PAGE_BITS - 1));
}

/** In which slot of so many, a power of two and at least 2, does the search for a page begin? The others follow, the first after the last. */
export function firstSlot(column: number, row: number, slotCount: number): number {
  // Multiplications spread neighbours over the table (constants of xxHash32); the upper bits are the well-mixed ones.
  const hash = Math.imul(column, 0x9e3779b1) + Math.imul(row, 0x85ebca77);
  return Math.imul(hash ^ (hash >>> 15), 0xc2b2ae3d) >>> (Math.clz32(slotCount) + 1);
}

/**
 * In which column or row do so many degrees lie, exactly? Below one cell a degree (whole degrees decide there) the product
 * could underflow: -5e-324 / 4 is -0, which is in the cell east of it.
 */
export function cellOf(degrees: number, cellsPerDegree: number): number {
  return Math.floor(cellsPerDegree < 1 ? Math.floor(degrees) * cellsPerDegree : degrees * cellsPerDegree);
}

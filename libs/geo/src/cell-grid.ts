/**
 * Which shapes concern which cell of the map, as plain numbers.
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
   * Everything that the levels point into, in one array, so that a question has the address and the length of only one to find. Word 0 is
   * 0; every place is an index of this array.
   *
   * **Pages.** Cells lie in pages of 8 × 8, and only pages are looked up. Where most pages of a level's box hold something, its table has a
   * word for each of them, row by row from the south-west: where the page's cells begin, 0 where it has none. Elsewhere it is a hash table
   * with open addressing and a power of two of slots of four words, so that none lies across two lines of a cache: column and row of the
   * page, and where its cells begin, 0 in a free slot.
   *
   * **Cells**, 64 words a page, row by row from the south-west. 0: nothing is here. Odd: the cell is wholly in one shape, the most frequent
   * case, and in nothing else; the shape is the word without its last bit. Even: its entries begin at half of it.
   *
   * **Entries** of a cell, ascending by shape. The first word is the shape, how many runs of edges follow (`MANY_RUNS` of them or more: as
   * many as it takes), and in the last bit, `LAST`, whether no other entry follows. The second word tells the 4 × 4 pieces of the cell apart,
   * two bits each, row by row from the south-west: 0 wholly outside, 1 wholly inside, 2 and 3 touched by an edge, with the piece's south-west
   * corner (a hair inside of it) outside or inside. A run of edges takes two words: the first edge, and how many there are plus `MORE_RUNS`
   * if another run follows. Every edge of the part that touches the cell is among them.
   */
  readonly words: Uint32Array;
}

/** The cells of one size that hold something. */
export interface CellLevel {
  readonly columnsPerDegree: number;
  readonly rowsPerDegree: number;
  /** The box of everything on this level, degrees: outside of it no cell need be asked. */
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
  /**
   * Where the page in column 0 and row 0 would have its word in a table of all pages of the box, modulo 2^32: that page may be far away. Of a
   * hash table: where it begins.
   */
  readonly table: number;
  /** How many pages the box is wide; 0: the table is a hash table. */
  readonly pagesAcross: number;
  /** How many slots a hash table has. */
  readonly slots: number;
}

/** Into how many pieces is a cell at the border split, each way, as a power of two? */
export const SPLIT_BITS = 2;
export const SPLIT = 1 << SPLIT_BITS;
/** All pieces of a cell are inside. */
export const ALL_INSIDE = 0x5555_5555;
/** Flag of an entry: no other entry of the cell follows. */
export const LAST = 1;
/** The shape is the entry's first word without this many bits. */
export const SHAPE_SHIFT = 6;
/** These bits of it are the number of words that the runs take, two each. */
export const RUN_WORDS = 0x3e;
/** So many runs are not counted but gone through. */
export const MANY_RUNS = RUN_WORDS / 2;
/** Flag of a run's length: another run of the same shape part follows. */
export const MORE_RUNS = 0x8000_0000;
/** A page is so many cells wide and high, as a power of two. */
export const PAGE_BITS = 3;
export const CELLS_PER_PAGE = 1 << (2 * PAGE_BITS);
export const WORDS_PER_SLOT = 4;

/** Where do the cells of a page begin, of those of a hash table? 0: there is no such page. */
export function pageInSlots(words: Uint32Array, table: number, slots: number, column: number, row: number): number {
  for (let slot = firstSlot(column, row, slots); ; slot = (slot + 1) & (slots - 1)) {
    const at = table + WORDS_PER_SLOT * slot;
    const page = words[at + 2]!;
    if (page === 0 || ((words[at]! | 0) === column && (words[at + 1]! | 0) === row)) return page;
  }
}

/** What does the grid say of a cell of the level, one within its box? A word, 0 where it says nothing. */
export function cellWord(words: Uint32Array, level: CellLevel, column: number, row: number): number {
  const { table, pagesAcross, slots } = level;
  const [pageColumn, pageRow] = [column >> PAGE_BITS, row >> PAGE_BITS];
  const page =
    pagesAcross > 0
      ? words[pageInBox(table, pagesAcross, pageColumn, pageRow)]!
      : pageInSlots(words, table, slots, pageColumn, pageRow);
  return page === 0 ? 0 : words[page + placeInPage(column, row)]!;
}

/** Where is the word of a page, in a table of all pages of a box? */
export function pageInBox(table: number, pagesAcross: number, column: number, row: number): number {
  return (table + Math.imul(row, pagesAcross) + column) >>> 0;
}

/** Where do the runs of an entry end that begin there, when its first word does not tell? */
export function endOfRuns(words: Uint32Array, at: number): number {
  let run = at;
  while (words[run + 1]! >= MORE_RUNS) run += 2;
  return run + 2;
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

import {
  CELLS_PER_PAGE,
  cellOf,
  firstSlot,
  LAST,
  PAGE_BITS,
  pageInBox,
  placeInPage,
  SHAPE_SHIFT,
  WORDS_PER_SLOT,
  type CellLevel,
} from './cell-grid';
import { Uint32List } from './uint32-list';

// Of the slots in use: fewer would save memory, and make searches for what is not there long.
const FILLED = 0.6;
// An entry of fewer words has no edges.
const WORDS_OF_INNER = 2;

/** Gathers the entries of one level as they come, shape by shape, and lays them flat page by page, cell by cell. */
export class LevelBuilder {
  private west = Infinity;
  private south = Infinity;
  private east = -Infinity;
  private north = -Infinity;
  // Pages in the order in which they were first met: column and row of each.
  private readonly pages = new Uint32List();
  // Of each cell of each page: how many words its entries take.
  private wordCounts = new Uint32Array(1024);
  // Slot → page number + 1.
  private table = new Uint32Array(256);
  // Every entry as it came: its cell, how many words follow, the words.
  private readonly stream = new Uint32List();
  private lengthAt = 0;

  constructor(
    readonly columnsPerDegree: number,
    readonly rowsPerDegree: number,
  ) {}

  /** Makes the level's box hold this one. */
  widen(west: number, south: number, east: number, north: number): void {
    this.west = Math.min(this.west, west);
    this.south = Math.min(this.south, south);
    this.east = Math.max(this.east, east);
    this.north = Math.max(this.north, north);
  }

  /** Begins the next entry of a cell. */
  begin(column: number, row: number): void {
    const page = this.pageAt(column >> PAGE_BITS, row >> PAGE_BITS);
    this.stream.push(page * CELLS_PER_PAGE + placeInPage(column, row));
    this.lengthAt = this.stream.length;
    this.stream.push(0);
  }

  /** Adds a word to the entry begun. */
  word(word: number): void {
    this.stream.push(word);
  }

  /** Ends the entry begun. */
  end(): void {
    const words = this.stream.length - this.lengthAt - 1;
    const cell = this.stream.values[this.lengthAt - 1]!;
    this.stream.values[this.lengthAt] = words;
    this.wordCounts[cell]! += words;
  }

  /** How many words this level needs. What is alone in its cell and inside lies in the cell's word. */
  words(): number {
    let sum = this.pageCount() * CELLS_PER_PAGE + this.tableWords();
    for (const words of this.wordCounts) if (words > WORDS_OF_INNER) sum += words;
    return sum;
  }

  /** Writes all of it from there on and answers the level that points there. */
  layInto(words: Uint32Array, from: number): CellLevel {
    const table = from;
    const firstCell = table + this.tableWords();
    const cells = this.pageCount() * CELLS_PER_PAGE;
    let end = firstCell + cells;
    for (let cell = 0; cell < cells; cell += 1) {
      const count = this.wordCounts[cell]!;
      if (count <= WORDS_OF_INNER) continue;
      words[firstCell + cell] = 2 * end;
      end += count;
    }
    // Where the next entry of each cell goes, and where its last one went.
    const next = new Uint32Array(cells);
    const { values, length } = this.stream;
    for (let i = 0; i < length;) {
      const cell = values[i]!;
      const count = values[i + 1]!;
      i += 2;
      if (this.wordCounts[cell] === WORDS_OF_INNER) {
        words[firstCell + cell] = 2 * (values[i]! >>> SHAPE_SHIFT) + 1;
        i += count;
        continue;
      }
      const at = words[firstCell + cell]! / 2 + next[cell]!;
      for (let word = 0; word < count; word += 1) words[at + word] = values[i + word]!;
      i += count;
      next[cell]! += count;
      if (next[cell] === this.wordCounts[cell]) words[at]! |= LAST;
    }
    const { columnsPerDegree, rowsPerDegree, west, south, east, north } = this;
    return { columnsPerDegree, rowsPerDegree, west, south, east, north, ...this.layTable(words, table, firstCell) };
  }

  private layTable(
    words: Uint32Array,
    from: number,
    firstCell: number,
  ): Pick<CellLevel, 'table' | 'pagesAcross' | 'slots'> {
    const box = this.pagesOfBox();
    const slots = this.slotCount();
    if (!this.fillsItsBox()) {
      this.forEachPage((column, row, page) => {
        let slot = firstSlot(column, row, slots);
        while (words[from + slot * WORDS_PER_SLOT + 2] !== 0) slot = (slot + 1) & (slots - 1);
        words.set([column, row, firstCell + page * CELLS_PER_PAGE], from + slot * WORDS_PER_SLOT);
      });
      return { table: from, pagesAcross: 0, slots };
    }
    const table = (from - Math.imul(box.firstRow, box.across) - box.firstColumn) | 0;
    this.forEachPage((column, row, page) => {
      words[pageInBox(table, box.across, column, row)] = firstCell + page * CELLS_PER_PAGE;
    });
    return { table, pagesAcross: box.across, slots: 0 };
  }

  private tableWords(): number {
    const { across, along } = this.pagesOfBox();
    return this.fillsItsBox() ? across * along : this.slotCount() * WORDS_PER_SLOT;
  }

  /** Does a word for each page of the box take no more than a hash table of those that there are? */
  private fillsItsBox(): boolean {
    const { across, along } = this.pagesOfBox();
    return across * along <= this.slotCount() * WORDS_PER_SLOT;
  }

  private slotCount(): number {
    return 2 ** Math.ceil(Math.log2(Math.max(2, this.pageCount() / FILLED)));
  }

  private pagesOfBox() {
    const firstColumn = cellOf(this.west, this.columnsPerDegree) >> PAGE_BITS;
    const firstRow = cellOf(this.south, this.rowsPerDegree) >> PAGE_BITS;
    const across = (cellOf(this.east, this.columnsPerDegree) >> PAGE_BITS) - firstColumn + 1;
    const along = (cellOf(this.north, this.rowsPerDegree) >> PAGE_BITS) - firstRow + 1;
    return { firstColumn, firstRow, across, along };
  }

  private forEachPage(visit: (column: number, row: number, page: number) => void): void {
    const { values } = this.pages;
    for (let page = 0; page < this.pageCount(); page += 1)
      visit(values[2 * page]! | 0, values[2 * page + 1]! | 0, page);
  }

  private pageCount(): number {
    return this.pages.length / 2;
  }

  private pageAt(column: number, row: number): number {
    const { table } = this;
    let slot = firstSlot(column, row, table.length);
    for (; ; slot = slot + 1 === table.length ? 0 : slot + 1) {
      const page = table[slot]! - 1;
      if (page < 0) break;
      const pages = this.pages.values;
      if ((pages[2 * page]! | 0) === column && (pages[2 * page + 1]! | 0) === row) return page;
    }
    const page = this.pageCount();
    this.pages.push(column);
    this.pages.push(row);
    table[slot] = page + 1;
    if (page + 1 > table.length / 2) this.growTable();
    if ((page + 1) * CELLS_PER_PAGE > this.wordCounts.length) this.growCounts();
    return page;
  }

  private growCounts(): void {
    const larger = new Uint32Array(2 * this.wordCounts.length);
    larger.set(this.wordCounts);
    this.wordCounts = larger;
  }

  private growTable(): void {
    const table = new Uint32Array(this.table.length * 2);
    for (let page = 0; page < this.pageCount(); page += 1) {
      const [column, row] = [this.pages.values[2 * page]! | 0, this.pages.values[2 * page + 1]! | 0];
      let slot = firstSlot(column, row, table.length);
      while (table[slot] !== 0) slot = slot + 1 === table.length ? 0 : slot + 1;
      table[slot] = page + 1;
    }
    this.table = table;
  }
}

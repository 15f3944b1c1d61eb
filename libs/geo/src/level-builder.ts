import {
  CELLS_PER_PAGE,
  firstSlot,
  LAST,
  PAGE_BITS,
  placeInPage,
  WORDS_PER_SLOT,
  FLAG_BITS,
  type CellLevel,
} from './cell-grid';
import { Uint32List } from './uint32-list';

// Of the slots in use: fewer would save memory, and make searches for what is not there long.
const FILLED = 0.6;

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

  /** How many words this level needs in the grid's `entries`: what is alone in its cell and inside lies in the cell's word. */
  words(): number {
    let sum = 0;
    for (const words of this.wordCounts) if (words > 1) sum += words;
    return sum;
  }

  /** Writes the entries from there on and answers the level that names them. */
  layInto(entries: Uint32Array, from: number): CellLevel {
    const cells = new Uint32Array(this.pageCount() * CELLS_PER_PAGE);
    let end = from;
    for (let cell = 0; cell < cells.length; cell += 1) {
      const words = this.wordCounts[cell]!;
      if (words < 2) continue;
      cells[cell] = 2 * end;
      end += words;
    }
    // Where the next entry of each cell goes, and where its last one went.
    const next = new Uint32Array(cells.length);
    const { values, length } = this.stream;
    for (let i = 0; i < length;) {
      const cell = values[i]!;
      const words = values[i + 1]!;
      i += 2;
      if (this.wordCounts[cell] === 1) {
        cells[cell] = 2 * (values[i]! >>> FLAG_BITS) + 1;
        i += 1;
        continue;
      }
      const at = cells[cell]! / 2 + next[cell]!;
      for (let word = 0; word < words; word += 1) entries[at + word] = values[i + word]!;
      i += words;
      next[cell]! += words;
      if (next[cell] === this.wordCounts[cell]) entries[at]! |= LAST;
    }
    const { columnsPerDegree, rowsPerDegree, west, south, east, north } = this;
    return { columnsPerDegree, rowsPerDegree, west, south, east, north, slots: this.laySlots(), cells };
  }

  private laySlots(): Int32Array {
    const count = this.pageCount();
    const slotCount = 2 ** Math.ceil(Math.log2(Math.max(2, count / FILLED)));
    const slots = new Int32Array(slotCount * WORDS_PER_SLOT);
    for (let page = 0; page < count; page += 1) {
      const column = this.pages.values[2 * page]! | 0;
      const row = this.pages.values[2 * page + 1]! | 0;
      let slot = firstSlot(column, row, slotCount);
      while (slots[slot * WORDS_PER_SLOT + 2] !== 0) slot = slot + 1 === slotCount ? 0 : slot + 1;
      slots.set([column, row, page + 1], slot * WORDS_PER_SLOT);
    }
    return slots;
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

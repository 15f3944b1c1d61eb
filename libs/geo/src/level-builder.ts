import { firstSlot, FREE, INLINE, type CellLevel } from './cell-grid';
import { Uint32List } from './uint32-list';

// Of the slots in use: fewer would save memory, and make searches for what is not there long.
const FILLED = 0.6;
const WORDS_PER_SLOT = 4;

/** Gathers the entries of one level as they come, shape by shape, and lays them flat cell by cell. */
export class LevelBuilder {
  private west = Infinity;
  private south = Infinity;
  private east = -Infinity;
  private north = -Infinity;
  // Cells in the order in which they were first met: column and row of each, and how many words their entries take.
  private readonly cells = new Uint32List();
  private readonly wordCounts = new Uint32List();
  // Slot → cell number + 1.
  private table = new Uint32Array(1024);
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
    this.stream.push(this.cellAt(column, row));
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
    this.wordCounts.values[cell]! += words;
  }

  /** How many words this level needs in the grid's `entries`: what is alone in its cell and inside lies in the slot. */
  outsideSlots(): number {
    let sum = 0;
    for (let cell = 0; cell < this.wordCounts.length; cell += 1) {
      const words = this.wordCounts.values[cell]!;
      if (words > 1) sum += words;
    }
    return sum;
  }

  /** Writes the entries from there on and answers the level that names them. */
  layInto(entries: Uint32Array, from: number): CellLevel {
    const count = this.wordCounts.length;
    const slotCount = Math.ceil(count / FILLED) + 1;
    const slots = new Int32Array(slotCount * WORDS_PER_SLOT);
    for (let slot = 0; slot < slotCount; slot += 1) slots[slot * WORDS_PER_SLOT + 3] = FREE;

    const slotOfCell = new Uint32Array(count);
    let at = from;
    for (let cell = 0; cell < count; cell += 1) {
      const column = this.cells.values[2 * cell]! | 0;
      const row = this.cells.values[2 * cell + 1]! | 0;
      let slot = firstSlot(column, row, slotCount);
      while (slots[slot * WORDS_PER_SLOT + 3] !== FREE) slot = slot + 1 === slotCount ? 0 : slot + 1;
      const words = this.wordCounts.values[cell]!;
      slotOfCell[cell] = slot;
      slots[slot * WORDS_PER_SLOT] = column;
      slots[slot * WORDS_PER_SLOT + 1] = row;
      slots[slot * WORDS_PER_SLOT + 2] = at;
      // `to` begins at the start and grows while entries are put in.
      slots[slot * WORDS_PER_SLOT + 3] = words === 1 ? INLINE : at;
      if (words > 1) at += words;
    }

    const stream = this.stream.values;
    for (let i = 0; i < this.stream.length; i += 2 + stream[i + 1]!) {
      const words = stream[i + 1]!;
      const slot = slotOfCell[stream[i]!]! * WORDS_PER_SLOT;
      if (slots[slot + 3] === INLINE) {
        slots[slot + 2] = stream[i + 2]!;
        continue;
      }
      entries.set(stream.subarray(i + 2, i + 2 + words), slots[slot + 3]!);
      slots[slot + 3]! += words;
    }
    const { columnsPerDegree, rowsPerDegree, west, south, east, north } = this;
    return { columnsPerDegree, rowsPerDegree, west, south, east, north, slots };
  }

  private cellAt(column: number, row: number): number {
    const { table } = this;
    let slot = firstSlot(column, row, table.length);
    for (; ; slot = slot + 1 === table.length ? 0 : slot + 1) {
      const cell = table[slot]! - 1;
      if (cell < 0) break;
      const cells = this.cells.values;
      if ((cells[2 * cell]! | 0) === column && (cells[2 * cell + 1]! | 0) === row) return cell;
    }
    const cell = this.wordCounts.length;
    this.cells.push(column);
    this.cells.push(row);
    this.wordCounts.push(0);
    table[slot] = cell + 1;
    if (cell + 1 > table.length / 2) this.grow();
    return cell;
  }

  private grow(): void {
    const table = new Uint32Array(this.table.length * 2);
    for (let cell = 0; cell < this.wordCounts.length; cell += 1) {
      const [column, row] = [this.cells.values[2 * cell]! | 0, this.cells.values[2 * cell + 1]! | 0];
      let slot = firstSlot(column, row, table.length);
      while (table[slot] !== 0) slot = slot + 1 === table.length ? 0 : slot + 1;
      table[slot] = cell + 1;
    }
    this.table = table;
  }
}

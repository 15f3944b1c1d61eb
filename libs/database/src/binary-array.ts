import { fittingRoom } from './fitting-room';

/** How one element of a type is written: its object id in PostgreSQL (they never change), and its bytes. */
interface ElementType {
  readonly oid: number;
  write(to: ArrayBytes, value: unknown): void;
}

/** The element types {@link binaryArray} knows. */
export type ElementTypeName = 'text' | 'int' | 'bigint' | 'float8' | 'boolean' | 'bytea' | 'date' | 'timestamptz';

/** Seconds and days from 1970, where our time begins, to 2000, where PostgreSQL's does. */
const EPOCH_S = 946_684_800;
const EPOCH_DAYS = EPOCH_S / 86_400;
const DAY_MS = 86_400_000;
const TWO_32 = 2 ** 32;

/**
 * A list of values as PostgreSQL's binary form of a one-dimensional array (`array_recv`): what a parameter of type `text[]`, `float8[]` and so on is
 * sent as. Nothing is quoted here or parsed there, which is half of the work of both sides. `null` and `undefined` are NULL; `date` is
 * 'YYYY-MM-DD', `timestamptz` epoch milliseconds (±Infinity too). Throws for what the type cannot hold.
 */
export function binaryArray<Row>(type: ElementTypeName, rows: readonly Row[], of: (row: Row) => unknown): Buffer {
  bytes.clear();
  const array = arrayIn(bytes, type);
  for (const row of rows) array.add(of(row));
  array.end();
  return bytes.copy();
}

/** The same of values that come one by one, and need not be kept until all of them are there. */
export interface GrowingArray {
  add(value: unknown): void;
  /** Nothing is added after it. No copy: what is added after {@link clear} is written over it. */
  end(): Buffer;
  /** Begins anew, in the room there is, or in less when that was far too large for long. */
  clear(): void;
}

/** One that is empty. */
export function growingArray(type: ElementTypeName): GrowingArray {
  const to = new ArrayBytes(1_024);
  let array = arrayIn(to, type);
  return {
    add: (value) => array.add(value),
    end() {
      array.end();
      return to.written();
    },
    clear() {
      to.clear();
      array = arrayIn(to, type);
    },
  };
}

/** The elements of such an array as they were written, one after the other; none of them may be NULL. No copies. */
export function* elementsOf(array: Buffer): Iterable<Buffer> {
  for (let at = 20; at < array.length;) {
    const begin = at + 4;
    at = begin + array.readInt32BE(at);
    yield array.subarray(begin, at);
  }
}

/** Begins an array in bytes that are empty. */
function arrayIn(to: ArrayBytes, type: ElementTypeName): { add(value: unknown): void; end(): void } {
  const { oid, write } = types[type];
  let count = 0;
  let nulls = 0;
  // One dimension, whether there are nulls, the element's type, how many, counted from one.
  for (const word of [1, 0, oid, 0, 1]) to.int32(word);
  return {
    add(value) {
      count += 1;
      if (value === undefined || value === null) {
        nulls = 1;
        to.int32(-1);
      } else write(to, value);
    },
    end() {
      to.int32At(4, nulls);
      to.int32At(12, count);
      if (count > 0) return;
      // What is empty has no dimension.
      to.int32At(0, 0);
      to.length = 12;
    },
  };
}

const COPY_SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/**
 * Rows in the form of `COPY … FROM STDIN (FORMAT binary)`: https://www.postgresql.org/docs/current/sql-copy.html. Values are what {@link binaryArray}
 * takes, and lists of strings.
 */
export function binaryRows<Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, readonly [type: ElementTypeName | 'text[]', of: (row: Row) => unknown]>>,
): Buffer {
  const to = bytes;
  to.clear();
  to.raw(COPY_SIGNATURE);
  to.int32(0);
  to.int32(0);
  const writers = Object.values(columns).map(
    ([type, of]) => [type === 'text[]' ? writeTexts : types[type].write, of] as const,
  );
  for (const row of rows) {
    to.int16(writers.length);
    for (const [write, of] of writers) {
      const value = of(row);
      if (value === undefined || value === null) to.int32(-1);
      else write(to, value);
    }
  }
  to.int16(-1);
  return to.copy();
}

/** A list of strings as a field of its own. */
function writeTexts(to: ArrayBytes, value: unknown): void {
  const texts = value as readonly string[];
  const begin = to.length;
  to.int32(0);
  to.int32(texts.length === 0 ? 0 : 1);
  to.int32(0);
  to.int32(types.text.oid);
  if (texts.length > 0) {
    to.int32(texts.length);
    to.int32(1);
    for (const text of texts) to.text(text);
  }
  to.int32At(begin, to.length - begin - 4);
}

/** Bytes written one after the other, in network order. */
class ArrayBytes {
  length = 0;
  #bytes: Buffer;
  #view: DataView;
  readonly #fit = fittingRoom();

  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafeSlow(room);
    this.#view = viewOf(this.#bytes);
  }

  clear(): void {
    const room = this.#fit(this.#bytes.length, this.length);
    this.length = 0;
    if (room < this.#bytes.length) this.#move(room);
  }

  int32(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.length, value);
    this.length += 4;
  }

  int32At(at: number, value: number): void {
    this.#view.setInt32(at, value);
  }

  int16(value: number): void {
    this.#room(2);
    this.#view.setInt16(this.length, value);
    this.length += 2;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length++] = value;
  }

  float64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.length, value);
    this.length += 8;
  }

  /** A whole number that may need 64 bits. */
  int64(value: number): void {
    this.int32(Math.floor(value / TWO_32));
    this.int32((value % TWO_32) | 0);
  }

  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.length);
    this.length += value.length;
  }

  /** UTF-8, its length before it. */
  text(value: string): void {
    // No character takes more.
    this.#room(4 + 3 * value.length);
    const begin = this.length + 4;
    let end = begin;
    if (value.length <= 40)
      for (let i = 0; i < value.length; i++) {
        const code = value.charCodeAt(i);
        if (code > 127) break;
        this.#bytes[end++] = code;
      }
    // What is short and ASCII, as nearly everything is, is written without asking Node.
    if (end - begin < value.length) end = begin + this.#bytes.write(value, begin);
    this.#view.setInt32(this.length, end - begin);
    this.length = end;
  }

  copy(): Buffer {
    return Buffer.from(this.written());
  }

  /** No copy: what is written after the next {@link clear} is written over it. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  #room(wanted: number): void {
    if (this.length + wanted > this.#bytes.length) this.#move(2 * (this.length + wanted));
  }

  /** What is written goes on in a buffer of that size. */
  #move(room: number): void {
    const bytes = Buffer.allocUnsafeSlow(room);
    bytes.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Serves all that is written at once: it is copied out when done. */
const bytes = new ArrayBytes(65_536);

const types: Readonly<Record<ElementTypeName, ElementType>> = {
  text: { oid: 25, write: (to, value) => to.text(String(value)) },
  int: {
    oid: 23,
    write(to, value) {
      if ((Number(value) | 0) !== value) throw new RangeError(`not an int: ${String(value)}`);
      to.int32(4);
      to.int32(value);
    },
  },
  bigint: {
    oid: 20,
    write(to, value) {
      if (!Number.isSafeInteger(value))
        throw new RangeError(`not a bigint that a number holds exactly: ${String(value)}`);
      to.int32(8);
      to.int64(value as number);
    },
  },
  float8: {
    oid: 701,
    write(to, value) {
      if (typeof value !== 'number') throw new TypeError(`not a number: ${String(value)}`);
      to.int32(8);
      to.float64(value);
    },
  },
  boolean: {
    oid: 16,
    write(to, value) {
      to.int32(1);
      to.byte(value ? 1 : 0);
    },
  },
  bytea: {
    oid: 17,
    write(to, value) {
      if (!(value instanceof Uint8Array)) throw new TypeError(`not bytes: ${String(value)}`);
      to.int32(value.length);
      to.raw(value);
    },
  },
  date: {
    oid: 1082,
    write(to, value) {
      const days = Date.parse(`${String(value)}T00:00:00Z`) / DAY_MS - EPOCH_DAYS;
      if (!Number.isInteger(days)) throw new RangeError(`not a date: ${String(value)}`);
      to.int32(4);
      to.int32(days);
    },
  },
  timestamptz: {
    oid: 1184,
    write(to, value) {
      if (typeof value !== 'number' || Number.isNaN(value)) throw new TypeError(`not a time: ${String(value)}`);
      to.int32(8);
      if (Number.isFinite(value)) writeMicroseconds(to, value);
      else {
        // The greatest and the least int64 stand for ±infinity.
        to.int32(value > 0 ? 0x7fffffff : -0x80000000);
        to.int32(value > 0 ? -1 : 0);
      }
    },
  },
};

/** Microseconds since 2000: beyond the year 2285 they are more than a number holds exactly. */
function writeMicroseconds(to: ArrayBytes, epochMs: number): void {
  const micros = Math.round((epochMs - EPOCH_S * 1_000) * 1_000);
  if (Number.isSafeInteger(micros)) to.int64(micros);
  else {
    const exact = BigInt(Math.round(epochMs) - EPOCH_S * 1_000) * 1_000n;
    to.int32(Number(exact >> 32n));
    to.int32(Number(BigInt.asIntN(32, exact)));
  }
}

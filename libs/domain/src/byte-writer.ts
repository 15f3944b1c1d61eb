/**
 * Bytes written one after the other into one growing buffer, for values that are written with every heartbeat. Whole numbers are
 * little-endian base 128 (LEB128), signed ones zigzag, as in Protocol Buffers. What it writes, {@link ByteReader} reads.
 */
export class ByteWriter {
  length = 0;
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);

  /** Forgets what was written, keeps the room. */
  clear(): this {
    this.length = 0;
    return this;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length++] = value;
  }

  /** A whole number from 0 to 2^53 − 1. */
  whole(value: number): void {
    this.#room(8);
    let rest = value;
    // Bit operations know 32 bits only.
    while (rest > 0x7fffffff) {
      this.#bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.#bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.length++] = rest;
  }

  /** A whole number from −2^52 to 2^52. */
  signed(value: number): void {
    this.whole(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** Any number, exactly: few bytes where it has few decimals, nine otherwise. */
  number(value: number): void {
    for (let decimals = 0; decimals < SCALES.length; decimals += 1) {
      const scale = SCALES[decimals]!;
      const scaled = Math.round(value * scale);
      // Division is correctly rounded, so this proves that the number comes back as it was.
      if (scaled / scale === value && scaled <= LARGEST_SCALED && scaled >= -LARGEST_SCALED) {
        this.signed(scaled * 8 + decimals);
        return;
      }
    }
    this.signed(RAW_NUMBER);
    this.double(value);
  }

  double(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  int32(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.length, value, true);
    this.length += 4;
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** All that another one has written. */
  append(other: ByteWriter): void {
    this.#room(other.length);
    this.#bytes.set(other.#bytes.subarray(0, other.length), this.length);
    this.length += other.length;
  }

  /** What was written. No copy: it is written over after the next {@link clear}. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** A text of plain characters, one byte each; answers whether it is one. Writes nothing otherwise. */
  plainText(text: string): boolean {
    this.#room(text.length);
    const bytes = this.#bytes;
    const begin = this.length;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[begin + i] = code;
    }
    this.length = begin + text.length;
    return true;
  }

  #room(wanted: number): void {
    if (this.length + wanted <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + wanted));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Ten to the power of the decimals a number is tried with. */
export const SCALES = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] as const;
/** In the place of a scaled number (whose last three bits are at most 6): eight bytes follow. */
export const RAW_NUMBER = 7;
const LARGEST_SCALED = 2 ** 40;

import { RAW_NUMBER, SCALES } from './byte-writer';

/** Reads what a `ByteWriter` wrote, in the order in which it was written. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #view: DataView | undefined;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    if (this.at >= this.#bytes.length) throw new Error(`read byte ${this.at} of ${this.#bytes.length}`);
    return this.#bytes[this.at++]!;
  }

  whole(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  signed(): number {
    const value = this.whole();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  number(): number {
    const value = this.signed();
    const decimals = ((value % 8) + 8) % 8;
    return decimals === RAW_NUMBER ? this.double() : (value - decimals) / 8 / SCALES[decimals]!;
  }

  double(): number {
    this.at += 8;
    return this.#viewed().getFloat64(this.at - 8, true);
  }

  int32(): number {
    const bytes = this.#bytes;
    const { at } = this;
    this.at += 4;
    if (this.at > bytes.length) throw new Error(`read 4 bytes at ${at} of ${bytes.length}`);
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  /** The next bytes, not copied. */
  raw(length: number): Uint8Array {
    if (this.at + length > this.#bytes.length)
      throw new Error(`read ${length} bytes at ${this.at} of ${this.#bytes.length}`);
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** All that is left, not copied. */
  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.at);
  }

  // Mostly nobody asks for eight bytes.
  #viewed(): DataView {
    return (this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength));
  }
}

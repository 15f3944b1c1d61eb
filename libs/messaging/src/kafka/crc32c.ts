/**
 * CRC-32C (Castagnoli), as every Kafka record batch carries it. Sixteen bytes a step ("slicing": Kounavis and Berry, Intel, 2008) through one
 * table: a third of what kafkajs takes, and half of eight tables with eight bytes a step.
 */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  const table = TABLE;
  let crc = -1;
  let at = from;
  for (; at + STEP <= to; at += STEP) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      table[0xf00 | (crc & 255)]! ^
      table[0xe00 | ((crc >>> 8) & 255)]! ^
      table[0xd00 | ((crc >>> 16) & 255)]! ^
      table[0xc00 | (crc >>> 24)]! ^
      table[0xb00 | bytes[at + 4]!]! ^
      table[0xa00 | bytes[at + 5]!]! ^
      table[0x900 | bytes[at + 6]!]! ^
      table[0x800 | bytes[at + 7]!]! ^
      table[0x700 | bytes[at + 8]!]! ^
      table[0x600 | bytes[at + 9]!]! ^
      table[0x500 | bytes[at + 10]!]! ^
      table[0x400 | bytes[at + 11]!]! ^
      table[0x300 | bytes[at + 12]!]! ^
      table[0x200 | bytes[at + 13]!]! ^
      table[0x100 | bytes[at + 14]!]! ^
      table[bytes[at + 15]!]!;
  }
  for (; at < to; at++) crc = table[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

const STEP = 16;

/** The usual table of 256; behind it one for each place further from the end of a step. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(STEP * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256]!;
    table[at] = table[before & 255]! ^ (before >>> 8);
  }
  return table;
}

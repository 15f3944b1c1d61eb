const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** MurmurHash2 (Austin Appleby) with the seed and byte order of Kafka's Java client (`Utils.murmur2`), as a signed 32-bit integer. Of a part, when told. */
export function murmur2(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  const left = (to - from) & 3;
  const tail = to - left;
  let hash = SEED ^ (to - from);
  for (let at = from; at < tail; at += 4) {
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(k, M);
  }
  if (left === 3) hash ^= bytes[tail + 2]! << 16;
  if (left >= 2) hash ^= bytes[tail + 1]! << 8;
  if (left >= 1) hash = Math.imul(hash ^ bytes[tail]!, M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return (hash ^ (hash >>> 15)) | 0;
}

// One buffer for all short keys: this runs once per heartbeat.
const scratch = Buffer.allocUnsafe(512);

/** The partition of a key, as Kafka's default partitioner has it: `toPositive(murmur2(utf8(key))) % partitions`. */
export function partitionOf(key: string, partitions: number): number {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (key.length * 3 > scratch.length) {
    const bytes = Buffer.from(key);
    return partitionOfBytes(bytes, 0, bytes.length, partitions);
  }
  return partitionOfBytes(scratch, 0, scratch.write(key), partitions);
}

/** The same of a key that stands in a buffer. */
export function partitionOfBytes(bytes: Uint8Array, from: number, to: number, partitions: number): number {
  return (murmur2(bytes, from, to) & 0x7fffffff) % partitions;
}

/** Where a record goes: the partition it names, else its key's. Throws for a record with neither, and for a partition that is not there. */
export function partitionFor(
  record: { readonly key: string | null; readonly partition?: number },
  partitions: number,
): number {
  if (record.partition === undefined) {
    if (record.key === null) throw new Error('a record without a key must name its partition');
    return partitionOf(record.key, partitions);
  }
  if (!Number.isInteger(record.partition) || record.partition < 0 || record.partition >= partitions)
    throw new Error(`partition ${record.partition} is not one of the ${partitions} there are`);
  return record.partition;
}

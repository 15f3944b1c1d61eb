/** The vehicles' memories, as they are stored, that are known under a claim of a partition. */
export interface MemoriesByClaim {
  /** What was committed last under this claim; undefined: it must be read. */
  get(claim: object, key: string): Uint8Array | undefined;
  /** This is committed. */
  set(claim: object, key: string, memory: Uint8Array): void;
}

/** What an entry takes beside its bytes: the key, its place in the map. */
const ENTRY_BYTES = 150;

/**
 * Under a claim nobody else writes a partition's states, or our next fence fails: what we committed is what there is. So it need not be
 * read again, as long as the claim's own object lives; with it everything goes. Of each claim the `mostBytes` written last are kept.
 */
export function memoriesByClaim(mostBytes: number): MemoriesByClaim {
  const claims = new WeakMap<object, { readonly memories: Map<string, string>; bytes: number }>();
  return {
    get(claim, key) {
      const memory = claims.get(claim)?.memories.get(key);
      return memory === undefined ? undefined : Buffer.from(memory, 'latin1');
    },
    set(claim, key, memory) {
      const kept = claims.get(claim) ?? { memories: new Map<string, string>(), bytes: 0 };
      claims.set(claim, kept);
      const { memories } = kept;
      const before = memories.get(key);
      if (before !== undefined) {
        kept.bytes -= before.length + ENTRY_BYTES;
        // Written anew it is the newest again.
        memories.delete(key);
      }
      memories.set(key, asText(memory));
      kept.bytes += memory.length + ENTRY_BYTES;
      for (const [oldest, { length }] of memories) {
        if (kept.bytes <= mostBytes) break;
        memories.delete(oldest);
        kept.bytes -= length + ENTRY_BYTES;
      }
    },
  };
}

/** A byte a character: a string of them takes half the room of an array of bytes, and nothing outside of the heap. */
function asText({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}

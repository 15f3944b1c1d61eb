/** The vehicles' memories, as they are stored, that are known under a claim of a partition. */
export interface MemoriesByClaim {
  /** What was committed last under this claim; undefined: it must be read. No copy: the next `set` of the same vehicle writes over it. */
  get(claim: object, key: string): Uint8Array | undefined;
  /** This is committed. */
  set(claim: object, key: string, memory: Uint8Array): void;
  /** Nothing is known any more under this claim. */
  forget(claim: object): void;
}

/** What is kept of one vehicle: the bytes of its memory, in a room in which it can grow. */
interface Kept {
  readonly room: Uint8Array;
  readonly length: number;
  /** By the clock of the process, whole milliseconds. */
  readonly writtenAt: number;
}

/** What is kept under one claim, the one written longest ago first. */
interface OfClaim {
  readonly memories: Map<string, Kept>;
  bytes: number;
}

/** What an entry takes beside its room: the key, its place in the map, the objects around a buffer of its own. */
const ENTRY_BYTES = 600;
/** Memories grow by a report at a time: so they are seldom moved. */
const ROOM_STEP = 256;
/** A vehicle that was not written for so long makes room for one that is. */
const QUIET_MS = 60_000;

/**
 * Under a claim nobody else writes a partition's states, or our next fence fails: what we committed is what there is. So it need not be
 * read again, as long as the claim's own object lives; with it everything goes. Of each claim at most `mostBytes` are kept.
 *
 * When these are full, vehicles that are quiet make room, and for the others there is none: a fleet reports in turns, so whoever made room for the
 * newest would throw out each vehicle just before its turn, and know nobody (as here where a fleet too large for its room reports less than once a
 * minute: then there is time to read them). Bytes are written over in place: what lives long and is replaced often is
 * the garbage that costs most.
 */
export function memoriesByClaim(mostBytes: number, now: () => number = () => performance.now()): MemoriesByClaim {
  const claims = new WeakMap<object, OfClaim>();
  return {
    get(claim, key) {
      const memory = claims.get(claim)?.memories.get(key);
      return memory?.room.subarray(0, memory.length);
    },
    set(claim, key, memory) {
      const kept = claims.get(claim) ?? { memories: new Map<string, Kept>(), bytes: 0 };
      claims.set(claim, kept);
      const { length } = memory;
      const writtenAt = Math.floor(now());
      const before = kept.memories.get(key);
      // Written anew it is the newest again.
      kept.memories.delete(key);
      let room = before?.room;
      if (!room || room.length < length || room.length > length + 2 * ROOM_STEP) {
        if (room) kept.bytes -= room.length + ENTRY_BYTES;
        if (!makeRoom(kept, mostBytes - roomFor(length) - ENTRY_BYTES, writtenAt)) return;
        room = new Uint8Array(roomFor(length));
        kept.bytes += room.length + ENTRY_BYTES;
      }
      room.set(memory);
      kept.memories.set(key, { room, length, writtenAt });
    },
    forget: (claim) => void claims.delete(claim),
  };
}

/** Lets quiet vehicles go until no more than so many bytes are kept; answers whether that is so. */
function makeRoom(kept: OfClaim, most: number, now: number): boolean {
  for (const [oldest, { room, writtenAt }] of kept.memories) {
    if (kept.bytes <= most || now - writtenAt < QUIET_MS) break;
    kept.memories.delete(oldest);
    kept.bytes -= room.length + ENTRY_BYTES;
  }
  return kept.bytes <= most;
}

function roomFor(length: number): number {
  return Math.ceil(length / ROOM_STEP) * ROOM_STEP;
}

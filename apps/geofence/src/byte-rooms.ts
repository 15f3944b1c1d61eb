/** Rooms for bytes, cut from large buffers: a buffer of its own takes some 600 bytes more of the process for each. */
export interface ByteRooms {
  /** One that is large enough. What stood in it before is still there. */
  take(length: number): Uint8Array;
  /** It may be taken again. */
  giveBack(room: Uint8Array): void;
}

/** How large a room for so many bytes is. */
export function roomFor(length: number): number {
  return Math.max(1, Math.ceil(length / STEP)) * STEP;
}

/** Memories grow by a report at a time, so few moves are needed; and few sizes, so that a room which was given back is wanted again. */
const STEP = 256;
const BUFFER_BYTES = 65_536;

/** None taken yet. */
export function byteRooms(): ByteRooms {
  const free = new Map<number, Uint8Array[]>();
  let buffer = new Uint8Array(0);
  let at = 0;
  return {
    take(length) {
      const size = roomFor(length);
      const again = free.get(size)?.pop();
      if (again) return again;
      if (at + size > buffer.length) {
        buffer = new Uint8Array(Math.max(size, BUFFER_BYTES));
        at = 0;
      }
      return buffer.subarray(at, (at += size));
    },
    giveBack(room) {
      const others = free.get(room.length);
      if (others) others.push(room);
      else free.set(room.length, [room]);
    },
  };
}

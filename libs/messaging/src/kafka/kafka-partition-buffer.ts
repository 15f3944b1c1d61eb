import type { PartitionBounds, StoredRecord } from '../event-log';
import type { PartitionSource } from '../partition-reader';

/** What a buffer does with its partition in kafkajs. Only `bounds` fails: while nothing is fetched (it crashed, it rejoins) the others do nothing. */
export interface PartitionFetching {
  bounds(signal: AbortSignal): Promise<PartitionBounds>;
  /** Drops what is being fetched and fetches from an offset on. */
  startAt(offset: number): void;
  pause(): void;
  resume(): void;
}

/** What was fetched of one partition and not taken yet: kafkajs puts in, the partition's reader takes out. */
export interface PartitionBuffer extends PartitionSource {
  /** Takes a fetched batch in; false when it is not wanted (no place to read from yet), so that it must be fetched again. */
  offer(records: readonly StoredRecord[]): boolean;
  /** Records that nobody has taken yet. */
  waiting(): number;
}

/** Enough for the next batch while one is being handled: 48 such buffers stay below 20 MB when the database is away. */
const PAUSE_BYTES = 256 * 1024;
const BOUNDS_LIMIT_MS = 5_000;

/** An empty buffer. `wake` tells the reader that something arrived. */
export function createPartitionBuffer(fetching: PartitionFetching, wake: () => void): PartitionBuffer {
  let buffered: StoredRecord[] = [];
  let bytes = 0;
  let paused = false;
  /** What the reader asks for next; unknown until it has claimed the partition. */
  let next: number | undefined;
  let timesBehind = 0;

  function take(max: number): readonly StoredRecord[] {
    // Up to a gap: the reader looks at the first offset of what it is given.
    let count = Math.min(1, buffered.length);
    while (count < Math.min(max, buffered.length) && buffered[count]!.offset === buffered[count - 1]!.offset + 1)
      count++;
    const records = buffered.slice(0, count);
    buffered = buffered.slice(count);
    for (const record of records) bytes -= sizeOf(record);
    if (paused && bytes < PAUSE_BYTES / 2) {
      paused = false;
      fetching.resume();
    }
    return records;
  }

  /**
   * Nothing but records we already have: a fetch from before the seek, or kafkajs found its offset out of range and went to the
   * beginning by itself. Then the log may end before what we want, and what is appended there now would never be seen: so a record of
   * the past is handed to the reader, which parks.
   */
  function fellBehind(record: StoredRecord, wanted: number): void {
    if (++timesBehind === 1) return fetching.startAt(wanted);
    fetching.pause();
    fetching.bounds(AbortSignal.timeout(BOUNDS_LIMIT_MS)).then(
      ({ end }) => {
        if (end >= wanted) return fetching.startAt(wanted);
        buffered.push(record);
        wake();
      },
      () => fetching.startAt(wanted),
    );
  }

  return {
    bounds: (signal) => fetching.bounds(signal),
    async read(from, max) {
      if (next !== from) {
        buffered = [];
        bytes = 0;
        paused = false;
        fetching.startAt(from);
        next = from;
        return [];
      }
      const records = take(max);
      if (records.length > 0) next = records.at(-1)!.offset + 1;
      return records;
    },
    offer(records) {
      if (next === undefined) return false;
      const wanted = buffered.length > 0 ? buffered.at(-1)!.offset + 1 : next;
      const fresh = (records[0]?.offset ?? 0) >= wanted ? records : records.filter(({ offset }) => offset >= wanted);
      if (fresh.length === 0) {
        if (records.length > 0) fellBehind(records.at(-1)!, wanted);
        return false;
      }
      timesBehind = 0;
      buffered.push(...fresh);
      for (const record of fresh) bytes += sizeOf(record);
      if (!paused && bytes > PAUSE_BYTES) {
        paused = true;
        fetching.pause();
      }
      wake();
      return true;
    },
    waiting: () => buffered.length,
  };
}

function sizeOf({ value }: StoredRecord): number {
  return (value?.length ?? 0) + 100;
}

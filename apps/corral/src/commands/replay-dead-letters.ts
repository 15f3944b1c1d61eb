import { markReplayed, readDeadLetters, type DeadLetterFilter, type StoredDeadLetter } from '@corral/database';
import { sleep } from '@corral/runtime';
import type { Storage } from './reach-storage';

/** What was done, or with `dryRun` would be. */
export interface ReplayedDeadLetters {
  /** Records appended again; one that several consumers set aside counts once. */
  readonly records: number;
  /** Tombstones: there are no bytes to append. */
  readonly withoutContent: number;
  readonly dryRun: boolean;
}

/** Records in one append; at least one append a second. */
const CHUNK = 500;

/**
 * Appends the raw bytes of dead letters to their topic again, under the same key and in the same partition, in the order of the log, then marks them.
 * Whoever dies in between appends some twice, which changes nothing: all consumers know a report, a fact or an alert by its id. The records go to every
 * consumer of the topic, not only to the one that could not use them.
 */
export async function replayDeadLetters(
  { database, log }: Storage,
  filter: DeadLetterFilter,
  options: {
    /** Records a second. */
    readonly rate: number;
    readonly dryRun: boolean;
    readonly signal: AbortSignal;
    readonly progress?: (records: number) => void;
  },
): Promise<ReplayedDeadLetters> {
  const { rate, dryRun, signal, progress } = options;
  const size = Math.max(1, Math.min(CHUNK, rate));
  let records = 0;
  let withoutContent = 0;
  let last: StoredDeadLetter | undefined;
  for (;;) {
    signal.throwIfAborted();
    const began = performance.now();
    const page = await readDeadLetters(database, filter, size, last);
    const fresh = page.filter((letter, at) => !isSameRecord(letter, at === 0 ? last : page[at - 1]));
    const full = fresh.filter(({ value }) => value !== null);
    withoutContent += fresh.length - full.length;
    records += full.length;
    last = page.at(-1) ?? last;
    if (!dryRun && full.length > 0) {
      for (const [topic, letters] of Map.groupBy(full, (letter) => letter.topic)) {
        const appended = letters.map(({ key, value, partition }) => ({
          key,
          value: value!,
          partition,
          timestamp: Date.now(),
        }));
        await log.append(topic, appended, signal);
      }
      await markReplayed(database, full);
      progress?.(records);
    }
    if (page.length < size) return { records, withoutContent, dryRun };
    if (!dryRun) await sleep(Math.max(0, (full.length / rate) * 1_000 - (performance.now() - began)), signal);
  }
}

function isSameRecord(letter: StoredDeadLetter, other: StoredDeadLetter | undefined): boolean {
  return (
    other !== undefined &&
    letter.topic === other.topic &&
    letter.partition === other.partition &&
    letter.offset === other.offset
  );
}

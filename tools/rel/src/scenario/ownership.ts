import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RelFolder } from '../rel-folder';

/** Somebody took a partition, or let it go, or fell asleep with it. Time is epoch milliseconds. */
export interface OwnershipMark {
  readonly at: number;
  readonly partition: number;
  readonly what: 'claimed' | 'left';
  /** Of the claim; one that is let go after a later one was made was nobody's loss. */
  readonly epoch: number;
}

/** A stretch of time in which nobody owned a partition. */
export interface OwnerlessTime {
  readonly partition: number;
  readonly from: number;
  readonly ms: number;
}

interface LogLine {
  readonly time: string;
  readonly msg: string;
  readonly consumer?: string;
  readonly partition?: number;
  readonly epoch?: number;
}

/** What the logs of some instances say about a consumer's partitions, in order of time. */
export function readOwnership(folder: RelFolder, instances: readonly string[], consumer: string): OwnershipMark[] {
  return readLogs(folder, instances)
    .flatMap(({ time, msg, consumer: whose, partition, epoch }): OwnershipMark[] => {
      if (whose !== consumer || partition === undefined || epoch === undefined) return [];
      const what = msg === 'claimed a partition' ? 'claimed' : msg === 'let a partition go' ? 'left' : undefined;
      return what === undefined ? [] : [{ at: Date.parse(time), partition, what, epoch }];
    })
    .sort((a, b) => a.at - b.at);
}

/** How often instances said that the fence refused them, from a moment on. */
export function countRefusals(folder: RelFolder, instances: readonly string[], since: number): number {
  return readLogs(folder, instances).filter(({ time, msg }) => /^FENCED/.test(msg) && Date.parse(time) >= since).length;
}

/** When did nobody own a partition, between two moments? Before its first mark it had an owner. */
export function ownerlessTimes(
  marks: readonly OwnershipMark[],
  { from, to }: { from: number; to: number },
): OwnerlessTime[] {
  const leftAt = new Map<number, number>();
  const epochs = new Map<number, number>();
  const times: OwnerlessTime[] = [];
  const add = (partition: number, since: number, until: number) => {
    const began = Math.max(since, from);
    if (Math.min(until, to) > began) times.push({ partition, from: began, ms: Math.min(until, to) - began });
  };
  for (const { at, partition, what, epoch } of marks) {
    const since = leftAt.get(partition);
    if (what === 'left') {
      if (epoch >= (epochs.get(partition) ?? 0)) leftAt.set(partition, since ?? at);
      continue;
    }
    epochs.set(partition, epoch);
    if (since !== undefined) add(partition, since, at);
    leftAt.delete(partition);
  }
  for (const [partition, since] of leftAt) add(partition, since, to);
  return times;
}

/** For people: how often, how long at most, and which share of all partitions' time. */
export function showOwnerless(times: readonly OwnerlessTime[], partitions: number, spanMs: number): string {
  if (times.length === 0) return 'every partition had an owner all the time';
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
  const total = sorted.reduce((sum, ms) => sum + ms, 0);
  const share = ((100 * total) / (partitions * spanMs)).toFixed(1);
  return `a partition was without an owner ${times.length} times, ${sorted[sorted.length >> 1]} ms in the median, ${sorted.at(-1)} ms at most, ${share} % of ${Math.round(spanMs / 1_000)} s`;
}

function readLogs(folder: RelFolder, instances: readonly string[]): LogLine[] {
  return instances.flatMap((name) => {
    const file = join(folder.log, `${name}.log`);
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        // A process that was killed may have left half a line.
        try {
          return [JSON.parse(line) as LogLine];
        } catch {
          return [];
        }
      });
  });
}

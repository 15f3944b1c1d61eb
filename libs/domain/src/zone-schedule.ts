import type { ZoneSchedule, ZoneSet } from './zone-set';

/** Which set is in force at that time (epoch ms)? The latest that took effect; none before the first. */
export function setInForce(schedule: ZoneSchedule | undefined, at: number): ZoneSet | undefined {
  if (!schedule) return undefined;
  // Asked several times for every report: a plain loop, and nearly always its first turn answers.
  for (let i = schedule.entries.length - 1; i >= 0; i -= 1) {
    const { effectiveAt, set } = schedule.entries[i]!;
    if (effectiveAt <= at) return set;
  }
  return undefined;
}

/**
 * When did what is in force change after one time and up to and at another (epoch ms, ascending, each once)? A set taking
 * effect; a start or end of a zone of the set in force then.
 */
export function changePointsBetween(schedule: ZoneSchedule, after: number, upTo: number): readonly number[] {
  const last = schedule.entries.at(-1);
  // Nearly always: the last set took effect long ago and its zones have no times.
  if (!last || (last.effectiveAt <= after && last.set.changePoints.length === 0)) return NONE;
  const points = new Set<number>();
  for (const [i, { effectiveAt, set }] of schedule.entries.entries()) {
    const replacedAt = schedule.entries[i + 1]?.effectiveAt ?? Infinity;
    if (replacedAt <= after || effectiveAt > upTo) continue;
    if (effectiveAt > after) points.add(effectiveAt);
    for (const point of set.changePoints) {
      if (point > after && point <= upTo && point > effectiveAt && point < replacedAt) points.add(point);
    }
  }
  return points.size < 2 ? [...points] : [...points].sort((a, b) => a - b);
}

const NONE: readonly number[] = [];

/** Is the very same in force under both schedules at every moment from one time up to and at another (epoch ms)? */
export function sameInForce(
  one: ZoneSchedule | undefined,
  other: ZoneSchedule | undefined,
  from: number,
  upTo: number,
): boolean {
  const [a, b] = [inForceDuring(one, from, upTo), inForceDuring(other, from, upTo)];
  return a.length === b.length && a.every(([at, set], i) => at === b[i]![0] && set.version === b[i]![1].version);
}

function inForceDuring(schedule: ZoneSchedule | undefined, from: number, upTo: number): [from: number, set: ZoneSet][] {
  const first = setInForce(schedule, from);
  const later = (schedule?.entries ?? []).filter(({ effectiveAt }) => effectiveAt > from && effectiveAt <= upTo);
  return [
    ...(first ? [[from, first] as [number, ZoneSet]] : []),
    ...later.map((entry): [number, ZoneSet] => [entry.effectiveAt, entry.set]),
  ];
}

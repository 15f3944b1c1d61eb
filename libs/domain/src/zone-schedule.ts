import type { ScheduleEntry, ZoneSchedule, ZoneSet } from './zone-set';

/** Which set is in force at that time (epoch ms)? The latest that took effect; none before the first. */
export function setInForce(schedule: ZoneSchedule | undefined, at: number): ZoneSet | undefined {
  return entryInForce(schedule, at)?.set;
}

/** What is in force at that time (epoch ms), stations included? */
export function entryInForce(schedule: ZoneSchedule | undefined, at: number): ScheduleEntry | undefined {
  if (!schedule) return undefined;
  // Asked several times for every report: a plain loop, and nearly always its first turn answers.
  for (let i = schedule.entries.length - 1; i >= 0; i -= 1) {
    const entry = schedule.entries[i]!;
    if (entry.effectiveAt <= at) return entry;
  }
  return undefined;
}

/**
 * When did what is in force change after one time and up to and at another (epoch ms, ascending, each once)? A set of zones or
 * stations taking effect; a start or end of a zone of the set in force then.
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
  return a.length === b.length && a.every((entry, i) => isSame(entry, b[i]!));
}

function isSame(one: ScheduleEntry, other: ScheduleEntry): boolean {
  return (
    one.effectiveAt === other.effectiveAt &&
    one.set.version === other.set.version &&
    one.stations?.version === other.stations?.version
  );
}

function inForceDuring(schedule: ZoneSchedule | undefined, from: number, upTo: number): readonly ScheduleEntry[] {
  const first = entryInForce(schedule, from);
  const later = (schedule?.entries ?? []).filter(({ effectiveAt }) => effectiveAt > from && effectiveAt <= upTo);
  return first ? [{ ...first, effectiveAt: from }, ...later] : later;
}

import type { Shape } from './inside';

/** A rule as stored in a zone set. */
export interface BookRule {
  readonly vehicleTypeIds?: readonly string[];
  readonly rideStartAllowed?: boolean;
  readonly rideEndAllowed?: boolean;
  readonly rideThroughAllowed?: boolean;
  readonly maximumSpeedKph?: number;
  readonly stationParking?: boolean;
}

/** A zone as stored. Times are epoch milliseconds. */
export interface BookZone {
  readonly zoneId: string;
  readonly geometry: Shape;
  readonly rules: readonly BookRule[];
  readonly start?: number;
  readonly end?: number;
}

/** A published zone set. The order of zones is precedence. */
export interface BookSet {
  readonly version: number;
  readonly zones: readonly BookZone[];
  readonly globalRules: readonly BookRule[];
  /** How late a report may come, where the set says so. */
  readonly latenessMs?: number;
}

/** A line of `zone_schedule`: from when (epoch ms; -Infinity: always) which version counts. */
export interface ScheduleLine {
  readonly revision: number;
  readonly version: number;
  readonly effectiveAt: number;
}

/** What was in force when, for one fleet. */
export interface ZoneBook {
  setAt(at: number): BookSet | undefined;
  /** Every moment at which what is in force may change, ascending. */
  readonly changes: readonly number[];
}

/** The book of a fleet's published sets. Of two lines for one moment the later revision counts. */
export function zoneBook(lines: readonly ScheduleLine[], sets: ReadonlyMap<number, BookSet>): ZoneBook {
  const inOrder = [...lines].sort((a, b) => a.effectiveAt - b.effectiveAt || a.revision - b.revision);
  const setAt = (at: number) => sets.get(inOrder.findLast((line) => line.effectiveAt <= at)?.version ?? -1);

  const moments = new Set<number>(inOrder.map((line) => line.effectiveAt));
  for (const set of sets.values()) {
    for (const { start, end } of set.zones)
      for (const moment of [start, end]) if (moment !== undefined) moments.add(moment);
  }
  // A start or end counts only while its set does; a change from one version to the same one is none.
  const changes = [...moments].filter((at) => {
    const before = setAt(at - 1);
    const now = setAt(at);
    if (before?.version !== now?.version) return true;
    return now?.zones.some((zone) => zone.start === at || zone.end === at) ?? false;
  });
  return { setAt, changes: changes.filter(Number.isFinite).sort((a, b) => a - b) };
}

/** How much may be set aside before somebody has to look (handbook: delivery 7). */
export interface DeadLetterLimits {
  /** So many in a row, from at least `rowVehicles` vehicles, park the partition. */
  readonly row: number;
  readonly rowVehicles: number;
  /** More than so many of the last `window` records park it too. */
  readonly share: number;
  readonly window: number;
  /** A vehicle with more than so many in a row is set aside alone. */
  readonly ofOneVehicle: number;
}

/** 100 in a row, 1 % of 10,000, 20 of one vehicle. A bad release must not discard a day; one sick bike must not stop everybody. */
export const DEAD_LETTER_LIMITS: DeadLetterLimits = {
  row: 100,
  rowVehicles: 5,
  share: 100,
  window: 10_000,
  ofOneVehicle: 20,
};

/** What the judge has to know of a record. */
export interface JudgedRecord {
  readonly offset: number;
  /** The vehicle. A record that was set aside without one counts as its own; a good one without says nothing (ticks). */
  readonly key: string | null;
}

/** What one partition has shown of itself since it was claimed. Immutable: a flush that is rolled back leaves no trace. */
export interface Suspicion {
  /** Records judged so far. */
  readonly seen: number;
  /** The vehicles of the records that were set aside one after another, up to now. */
  readonly row: readonly string[];
  /** What was set aside among the last records of the window. */
  readonly recent: readonly { readonly at: number; readonly vehicle: string }[];
  /** By vehicle: how many of its records in a row were set aside. */
  readonly runs: ReadonlyMap<string, number>;
  /** Vehicles set aside: their records go straight to the table and do not count. */
  readonly setAside: ReadonlySet<string>;
}

/** A partition that was just claimed: nothing is held against it. */
export const NO_SUSPICION: Suspicion = { seen: 0, row: [], recent: [], runs: new Map(), setAside: new Set() };

/** What follows from a flush. */
export type Verdict =
  | { readonly kind: 'go_on'; readonly suspicion: Suspicion; readonly newlySetAside: readonly string[] }
  /** The record at `keep` is one too many: those before it may be written, it and all after it not. */
  | { readonly kind: 'park'; readonly keep: number; readonly reason: string };

/** Vehicles whose runs are remembered at most; beyond it the oldest run is forgotten. */
const RUNS = 10_000;

/** Judges records in offset order, of which some were set aside. Pure; the limits are those of DESIGN unless others are given. */
export function judgeDeadLetters(
  before: Suspicion,
  records: readonly JudgedRecord[],
  isDead: (record: JudgedRecord) => boolean,
  limits: DeadLetterLimits = DEAD_LETTER_LIMITS,
): Verdict {
  const dead = records.map(isDead);
  if (before.row.length === 0 && before.runs.size === 0 && !dead.includes(true))
    return { kind: 'go_on', suspicion: { ...before, seen: before.seen + records.length }, newlySetAside: [] };

  let { seen } = before;
  let row = [...before.row];
  let recent = [...before.recent];
  const runs = new Map(before.runs);
  const setAside = new Set(before.setAside);
  const newlySetAside: string[] = [];
  for (const [index, { offset, key }] of records.entries()) {
    if (key !== null && setAside.has(key)) continue;
    seen += 1;
    if (!dead[index]) {
      if (key === null) continue;
      row = [];
      runs.delete(key);
      continue;
    }
    const vehicle = key ?? `offset ${offset}`;
    if (key !== null) {
      const run = (runs.get(key) ?? 0) + 1;
      runs.delete(key);
      if (run > limits.ofOneVehicle) {
        setAside.add(key);
        newlySetAside.push(key);
        // Its earlier ones are its own fault as well.
        row = row.filter((one) => one !== key);
        recent = recent.filter((one) => one.vehicle !== key);
        continue;
      }
      runs.set(key, run);
      if (runs.size > RUNS) runs.delete(runs.keys().next().value!);
    }
    row.push(vehicle);
    recent = recent.filter(({ at }) => at > seen - limits.window);
    recent.push({ at: seen, vehicle });
    const reason = tooMany(row, recent.length, limits);
    if (reason !== undefined) return { kind: 'park', keep: index, reason: `${reason}, the last at offset ${offset}` };
  }
  return { kind: 'go_on', suspicion: { seen, row, recent, runs, setAside }, newlySetAside };
}

function tooMany(row: readonly string[], recent: number, limits: DeadLetterLimits): string | undefined {
  const vehicles = new Set(row).size;
  if (row.length >= limits.row && vehicles >= limits.rowVehicles)
    return `${row.length} records in a row, of ${vehicles} vehicles, cannot be used`;
  if (recent > limits.share) return `${recent} of the last ${limits.window} records cannot be used`;
  return undefined;
}

import fc from 'fast-check';
import { decodeMemory, encodeMemory } from './encode-memory';
import { evaluate } from './evaluate';
import type { Fact } from './fact';
import { foldReport, foldTime } from './fold-report';
import { passTime } from './pass-time';
import { VEHICLE_STATES, type Report } from './report';
import type { StationSet } from './station-set';
import { aReport, aSquare, aStationSet, aZoneSet, movedBy, NOON } from './testing';
import type { VehicleLine } from './vehicle-line';
import { LARGEST_MEMORY_BYTES, LATENESS_MS, type VehicleMemory } from './vehicle-memory';
import type { ZoneRule, ZoneSchedule, ZoneSet } from './zone-set';

/**
 * Rule 10 of DESIGN 5.2: for any log, any delivery in which nothing arrives after something W or more newer, at most 64 reports
 * within W, any batch cuts, timers and crashes, zone sets learned late: the facts that are not taken back are those of the sorted log, and of the
 * time that passed after it. `FC_RUNS` says how many logs, `FC_SEED` which.
 */
const RUNS = Number(process.env.FC_RUNS ?? 2_000);
const SEED = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
const [LNG, LAT] = [4.8932, 52.3731];

const squareAt = (eastM: number, northM: number, sizeM: number) => {
  const { lng, lat } = movedBy(LNG, LAT, eastM, northM);
  return aSquare(lng, lat, sizeM);
};
const forbidden: ZoneRule = { rideThroughAllowed: false, rideEndAllowed: false, stationParking: true };
const allowed: ZoneRule = { rideThroughAllowed: true, rideEndAllowed: true, stationParking: true };
const global: ZoneRule = {
  rideThroughAllowed: false,
  rideEndAllowed: false,
  maximumSpeedKph: 25,
  maximumParkedMinutes: 5,
};
/** Silence is a fact of receipt, outside of this promise. */
const silenceLimits = [{ onTripS: null, otherwiseS: null }];

/** Sets of both profiles, with every kind of rule, zones that overlap, change, come, go, start and end. */
const SETS: readonly ZoneSet[] = [
  aZoneSet({
    version: 1,
    zones: [
      {
        zoneId: 'slow',
        geometry: squareAt(200, 0, 300),
        rules: [{ maximumSpeedKph: 10, maximumParkedMinutes: 1.5 }],
        start: NOON + 200_000,
      },
      { zoneId: 'park', geometry: squareAt(-300, 0, 250), rules: [{ ...forbidden, rideStartAllowed: false }] },
      { zoneId: 'city', geometry: squareAt(0, 0, 800), rules: [allowed] },
    ],
    globalRules: [global],
    silenceLimits,
  }),
  aZoneSet({
    version: 2,
    profile: 'confirmed',
    zones: [
      { zoneId: 'park', geometry: squareAt(-250, 100, 300), rules: [{ ...forbidden, maximumParkedMinutes: 3 }] },
      { zoneId: 'city', geometry: squareAt(100, 0, 600), rules: [allowed], end: NOON + 400_000 },
    ],
    silenceLimits,
  }),
  aZoneSet({
    version: 3,
    profile: 'confirmed',
    zones: [{ zoneId: 'new', geometry: squareAt(0, 0, 400), rules: [{ ...forbidden, maximumParkedMinutes: 0.5 }] }],
    silenceLimits,
  }),
  aZoneSet({ version: 4, zones: [], silenceLimits }),
];

/** Before anybody said where stations are; some; others. They change with the zones, without them, and not at all. */
const STATIONS: readonly (StationSet | undefined)[] = [
  undefined,
  aStationSet([{ area: squareAt(-300, 0, 200) }, { position: [LNG, LAT] }]),
  aStationSet([{ area: squareAt(100, 0, 300) }, { area: squareAt(-300, 200, 100) }], 2),
];

/** A revision of the schedule and when it was published, in the time of receipt. */
interface Publication {
  readonly publishedAt: number;
  readonly schedule: ZoneSchedule;
}

const publications: fc.Arbitrary<Publication[]> = fc
  .array(
    fc.record({
      publishedAt: fc.integer({ min: 0, max: 600_000 }),
      leadMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90_000 })),
      set: fc.integer({ min: 0, max: SETS.length - 1 }),
      stations: fc.integer({ min: 0, max: STATIONS.length - 1 }),
      withdraws: fc.boolean(),
    }),
    { maxLength: 4, size: 'max' },
  )
  .map((acts) => {
    let entries: ZoneSchedule['entries'] = [{ effectiveAt: -Infinity, set: SETS[0]!, stations: STATIONS[1] }];
    const all: Publication[] = [{ publishedAt: -Infinity, schedule: { revision: 1, entries } }];
    for (const { publishedAt, leadMs, set, stations, withdraws } of acts.sort(
      (a, b) => a.publishedAt - b.publishedAt,
    )) {
      const now = NOON + publishedAt;
      const pending = entries.findIndex(({ effectiveAt }) => effectiveAt >= now);
      entries =
        withdraws && pending > 0
          ? entries.filter((_, i) => i !== pending)
          : [
              ...entries.filter((entry) => entry.effectiveAt !== now + leadMs),
              { effectiveAt: now + leadMs, set: SETS[set]!, stations: STATIONS[stations] },
            ].sort((a, b) => a.effectiveAt - b.effectiveAt);
      all.push({ publishedAt: now, schedule: { revision: all.length + 1, entries } });
    }
    return all;
  });

const values = fc.record({
  // Most fixes can be reached from one another; some cannot.
  eastM: fc.option(
    fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: -600, max: 600 }) },
      { weight: 1, arbitrary: fc.integer({ min: 3_000, max: 3_050 }) },
    ),
    { nil: undefined, freq: 6 },
  ),
  northM: fc.integer({ min: -300, max: 300 }),
  speedMps: fc.option(
    fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 12 }) }, { weight: 1, arbitrary: fc.constant(90) }),
    { nil: undefined },
  ),
  accuracyM: fc.option(fc.constantFrom(0.1, 8, 12.5, 1 / 3), { nil: undefined }),
  state: fc.option(fc.constantFrom(...VEHICLE_STATES), { nil: undefined, freq: 2 }),
  tripId: fc.option(fc.constantFrom('t-1', 't-2'), { nil: undefined, freq: 2 }),
  vehicleTypeId: fc.option(fc.constantFrom('bike', 'moped'), { nil: undefined, freq: 2 }),
});
/** How long after it was measured a report is received, and how much later it is delivered: together less than the window. */
const delays = fc.oneof(
  { weight: 3, arbitrary: fc.constant([0, 0] as const) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: LATENESS_MS - 1 }), fc.integer({ min: 0, max: 100 }))
      .map(([allMs, percent]) => [allMs, Math.floor((allMs * percent) / 100)] as const),
  },
);

/** A log in the order of its delivery. */
const aLog: fc.Arbitrary<Report[]> = fc
  .record({
    clockAheadMs: fc.constantFrom(0, 0, 700, 59_000),
    items: fc.array(
      fc.record({
        gapMs: fc.oneof(fc.integer({ min: 2_000, max: 15_000 }), fc.integer({ min: 15_000, max: 200_000 })),
        tellings: fc.array(fc.record({ delays, values, again: fc.boolean() }), { minLength: 1, maxLength: 3 }),
        aheadMs: fc.option(fc.integer({ min: 1, max: 59_000 }), { nil: 0, freq: 2 }),
        alone: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40, size: 'max' },
    ),
  })
  .map(({ clockAheadMs, items }) => {
    const log: { key: number; report: Report }[] = [];
    const taken = new Set<number>();
    let truth = NOON;
    for (const { gapMs, tellings, alone, aheadMs } of items) {
      truth += gapMs;
      // A clock may be ahead all the time, or for one report.
      const at = truth + (clockAheadMs > 0 ? clockAheadMs : aheadMs);
      if (taken.has(at)) continue;
      taken.add(at);
      let told: Report | undefined;
      for (const { delays: after, values: said, again } of alone ? tellings.slice(0, 1) : tellings) {
        const { eastM, northM, ...others } = said;
        const place = eastM === undefined ? {} : movedBy(LNG, LAT, eastM, northM);
        const receivedAt = truth + after[1];
        told = told && again ? { ...told, receivedAt } : aReport({ at, receivedAt, ...place, ...others });
        log.push({ key: truth + after[0], report: told });
      }
    }
    return log.sort((a, b) => a.key - b.key).map(({ report }) => report);
  });

/** One telling of each report: the last received one, of two received together the one delivered later. */
function sorted(log: readonly Report[]): Report[] {
  const last = new Map<number, Report>();
  for (const report of log) {
    const known = last.get(report.measuredAt);
    if (!known || report.receivedAt >= known.receivedAt) last.set(report.measuredAt, report);
  }
  return [...last.values()].sort((a, b) => a.at - b.at);
}

function foldAll(
  log: readonly Report[],
  schedule: ZoneSchedule,
  upTo: number,
): { line?: VehicleLine; facts: Map<string, Fact> } {
  let line: VehicleLine | undefined;
  const facts: Fact[] = [];
  for (const report of log) line = foldReport(line, report, report, schedule, facts);
  line = line && foldTime(line, upTo, log[0]!, schedule, facts);
  return { line, facts: new Map(facts.map((fact) => [fact.id, fact])) };
}

/** A delivery repeats itself after so many batches. */
const CYCLE = 16;

interface Delivery {
  readonly sizes: readonly number[];
  /** How late each batch learns of publications, ms. */
  readonly learnsLate: readonly number[];
  readonly crashes: readonly boolean[];
  /** After a batch a timer may decide what happens without a report, up to so long after the newest receipt; there is no need to wait. */
  readonly timers: readonly (number | undefined)[];
}
const aDelivery: fc.Arbitrary<Delivery> = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: CYCLE, maxLength: CYCLE }),
  learnsLate: fc.array(fc.constantFrom(0, 0, 0, 59_000), { minLength: CYCLE, maxLength: CYCLE }),
  crashes: fc.array(fc.boolean(), { minLength: CYCLE, maxLength: CYCLE }),
  timers: fc.array(
    fc.option(fc.oneof(fc.constant(-LATENESS_MS), fc.integer({ min: -LATENESS_MS, max: 400_000 })), {
      freq: 2,
      nil: undefined,
    }),
    { minLength: CYCLE, maxLength: CYCLE },
  ),
});

/** Keeps facts as the database does; it is a mistake to take back what does not stand, or to say again what stands unchanged. */
class FactRows {
  readonly rows = new Map<string, { fact: Fact; revision: number; retracted: boolean }>();
  retractions = 0;
  reinstated = 0;
  byTimers = 0;

  tell(facts: readonly Fact[]): void {
    const said = new Set(facts.filter((fact) => !fact.retracted).map((fact) => fact.id));
    for (const fact of facts) {
      const row = this.rows.get(fact.id);
      if (fact.retracted) {
        if (!row || row.retracted) throw new Error(`${fact.id} is taken back, and does not stand`);
        if (fact.replacedBy !== undefined && !said.has(fact.replacedBy))
          throw new Error(`${fact.replacedBy} is not there`);
        this.retractions += 1;
      } else if (row && !row.retracted && JSON.stringify(bare(row.fact)) === JSON.stringify(bare(fact))) {
        throw new Error(`${fact.id} is said again, and nothing changed`);
      }
      if (row?.retracted && !fact.retracted) this.reinstated += 1;
      this.rows.set(fact.id, { fact, revision: (row?.revision ?? 0) + 1, retracted: fact.retracted });
    }
  }

  standing(): Map<string, object> {
    return new Map([...this.rows].filter(([, row]) => !row.retracted).map(([id, row]) => [id, bare(row.fact)]));
  }
}

/** A fact but for how it is told. */
function bare(fact: Fact): object {
  const { revision: _revision, replaces: _replaces, replacedBy: _replacedBy, ...rest } = fact;
  return { ...rest, late: false };
}

function deliver(log: readonly Report[], all: readonly Publication[], delivery: Delivery) {
  const { sizes, learnsLate, crashes, timers } = delivery;
  const rows = new FactRows();
  let memory: VehicleMemory | undefined;
  let known = 0;
  let closedEarly = 0;
  let largest = 0;
  let newest = -Infinity;
  let decidedTo = -Infinity;
  const earlier = (revision: number) => all[revision - 1]!.schedule;
  for (let from = 0, batch = 0; from < log.length; from += sizes[batch % CYCLE]!, batch += 1) {
    const reports = log.slice(from, from + sizes[batch % CYCLE]!);
    const now = Math.max(...reports.map(({ receivedAt }) => receivedAt)) - learnsLate[batch % CYCLE]!;
    while (known + 1 < all.length && all[known + 1]!.publishedAt <= now) known += 1;
    const { schedule } = all[known]!;
    // A process that dies before it commits leaves nothing behind.
    if (crashes[batch % CYCLE]) evaluate(memory, log.slice(from, from + 20), schedule, earlier);
    const result = evaluate(memory, reports, schedule, earlier);
    memory = stored(result.memory!);
    closedEarly += result.closedEarly;
    rows.tell(result.told);
    expect(result.outcomes).not.toContain('late_beyond_window');

    newest = Math.max(newest, ...reports.map(({ receivedAt }) => receivedAt));
    const timer = timers[batch % CYCLE];
    if (timer === undefined) continue;
    const passed = { watermark: newest, decideTo: newest + timer };
    if (crashes[(batch + 1) % CYCLE])
      passTime(memory, log[0]!, { ...passed, decideTo: newest + 1e6 }, schedule, earlier);
    const later = passTime(memory, log[0]!, passed, schedule, earlier);
    decidedTo = Math.max(decidedTo, passed.decideTo);
    rows.byTimers += later.told.length;
    rows.tell(later.told);
    memory = stored(later.memory);
  }
  return { memory, rows, closedEarly, largest, decidedTo };

  function stored(now: VehicleMemory): VehicleMemory {
    const bytes = encodeMemory(now);
    largest = Math.max(largest, bytes.length);
    return decodeMemory(bytes);
  }
}

describe('for any log and any delivery within the lateness window', () => {
  it('the facts that are not taken back are those of the sorted log, ids and all', () => {
    const seen = {
      reports: 0,
      late: 0,
      retractions: 0,
      reinstated: 0,
      byTimers: 0,
      tooLong: 0,
      besideStations: 0,
      largest: 0,
    };
    fc.assert(
      fc.property(aLog, publications, aDelivery, (log, all, delivery) => {
        const { memory, rows, closedEarly, largest, decidedTo } = deliver(log, all, delivery);
        expect(closedEarly).toBe(0);
        expect(largest).toBeLessThanOrEqual(LARGEST_MEMORY_BYTES);
        // What was published after all was received, the log does not know.
        const final = all[memory!.scheduleRevision - 1]!.schedule;
        const expected = foldAll(sorted(log), final, decidedTo);
        expect(rows.standing()).toEqual(new Map([...expected.facts].map(([id, fact]) => [id, bare(fact)])));
        expect({ ...memory!.head, receivedAt: 0 }).toEqual({ ...expected.line, receivedAt: 0 });
        seen.reports += log.length;
        seen.late += log.filter(
          (report, i) => i > 0 && report.at <= Math.max(...log.slice(0, i).map(({ at }) => at)),
        ).length;
        seen.retractions += rows.retractions;
        seen.reinstated += rows.reinstated;
        seen.byTimers += rows.byTimers;
        for (const { kind } of expected.facts.values()) {
          seen.tooLong += kind === 'parked_too_long' ? 1 : 0;
          seen.besideStations += kind === 'station_parking' ? 1 : 0;
        }
        seen.largest = Math.max(seen.largest, largest);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    console.info(`${RUNS} logs, seed ${SEED}: ${JSON.stringify(seen)}`);
    expect(seen.retractions).toBeGreaterThan(0);
    expect(seen.reinstated).toBeGreaterThan(0);
    expect(seen.byTimers).toBeGreaterThan(0);
    expect(seen.tooLong).toBeGreaterThan(0);
    expect(seen.besideStations).toBeGreaterThan(0);
  }, 3_600_000);
});

import fc from 'fast-check';
import { evaluate } from './evaluate';
import type { Fact } from './fact';
import { VEHICLE_STATES, type Report } from './report';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';
import { decodeMemory, encodeMemory } from './encode-memory';
import type { VehicleMemory } from './vehicle-memory';
import type { ZoneSchedule } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];
const SEED = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = { numRuns: Number(process.env.FC_RUNS ?? 500), seed: SEED };
const squareAt = (eastM: number, sizeM: number) => aSquare(movedBy(LNG, LAT, eastM, 0).lng, LAT, sizeM);

/** Three sets, with every kind of rule, zones that overlap, change, come and go. */
const SCHEDULE: ZoneSchedule = aSchedule(
  aZoneSet({
    zones: [
      { zoneId: 'slow', geometry: squareAt(200, 300), rules: [{ maximumSpeedKph: 10 }], start: NOON + 40_000 },
      {
        zoneId: 'park',
        geometry: squareAt(-300, 200),
        rules: [{ rideThroughAllowed: false, rideStartAllowed: false }],
      },
      { zoneId: 'city', geometry: squareAt(0, 1_000), rules: [{ rideThroughAllowed: true, rideEndAllowed: true }] },
    ],
    globalRules: [{ rideThroughAllowed: false, rideEndAllowed: false, maximumSpeedKph: 25 }],
  }),
  [
    NOON + 80_000,
    aZoneSet({
      version: 2,
      zones: [
        {
          zoneId: 'park',
          geometry: squareAt(-300, 200),
          rules: [{ rideThroughAllowed: false, rideEndAllowed: false }],
        },
        { zoneId: 'city', geometry: squareAt(100, 600), rules: [{ rideThroughAllowed: true }], end: NOON + 120_000 },
      ],
    }),
  ],
  [
    NOON + 160_000,
    aZoneSet({
      version: 3,
      zones: [{ zoneId: 'new', geometry: squareAt(0, 400), rules: [{ rideThroughAllowed: false }] }],
    }),
  ],
);

const aLine: fc.Arbitrary<Report[]> = fc
  .uniqueArray(
    fc.record({
      second: fc.integer({ min: 0, max: 200 }),
      eastM: fc.option(fc.integer({ min: -700, max: 700 }), { nil: undefined, freq: 5 }),
      speedMps: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
      state: fc.option(fc.constantFrom(...VEHICLE_STATES.slice(0, 4)), { nil: undefined, freq: 2 }),
      tripId: fc.option(fc.constantFrom('t-1', 't-2'), { nil: undefined, freq: 2 }),
    }),
    { selector: ({ second }) => second, maxLength: 40 },
  )
  .map((items) =>
    items
      .sort((a, b) => a.second - b.second)
      .map(({ second, eastM, ...said }) =>
        aReport({ at: NOON + second * 1_000, ...(eastM !== undefined && movedBy(LNG, LAT, eastM, 0)), ...said }),
      ),
  );

const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 });

/** The line in batches, the memory stored and read back between them, as the geofence service does. */
function inBatches(line: readonly Report[], sizes: readonly number[], schedule = SCHEDULE) {
  let memory: VehicleMemory | undefined;
  const asserted: Fact[] = [];
  for (let from = 0, batch = 0; from < line.length; from += sizes[batch]!, batch += 1) {
    const result = evaluate(memory, line.slice(from, from + sizes[batch]!), schedule);
    memory = result.memory && decodeMemory(encodeMemory(result.memory));
    asserted.push(...result.asserted);
  }
  return { memory, asserted };
}

describe('for any line of reports', () => {
  it('the facts are the same in any batches as at once, ids included, and so is the memory', () => {
    fc.assert(
      fc.property(aLine, cuts, (line, sizes) => {
        const atOnce = evaluate(undefined, line, SCHEDULE);
        const batched = inBatches(line, sizes);
        expect(batched.asserted).toEqual(atOnce.asserted);
        expect(batched.memory?.head).toEqual(atOnce.memory?.head);
      }),
      RUNS,
    );
  });

  it('the order within a batch means nothing', () => {
    const shuffled = aLine.chain((line) =>
      fc.tuple(fc.constant(line), fc.shuffledSubarray(line, { minLength: line.length, maxLength: line.length })),
    );
    fc.assert(
      fc.property(shuffled, ([line, anyOrder]) => {
        expect(evaluate(undefined, anyOrder, SCHEDULE).asserted).toEqual(evaluate(undefined, line, SCHEDULE).asserted);
      }),
      RUNS,
    );
  });

  it('what comes twice changes nothing, wherever it comes again', () => {
    fc.assert(
      fc.property(aLine, cuts, fc.array(fc.nat(), { maxLength: 20 }), (line, sizes, again) => {
        const repeated = [...line];
        for (const n of again) if (line.length > 0) repeated.push(line[n % line.length]!);
        expect(inBatches(repeated, sizes).asserted).toEqual(evaluate(undefined, line, SCHEDULE).asserted);
      }),
      RUNS,
    );
  });

  it('a prefix sent again after the whole changes nothing', () => {
    fc.assert(
      fc.property(aLine, fc.nat(40), (line, length) => {
        const { memory } = evaluate(undefined, line, SCHEDULE);
        const again = evaluate(memory, line.slice(0, length), SCHEDULE);
        expect(again.asserted).toEqual([]);
        expect(again.memory?.head).toEqual(memory?.head);
      }),
      RUNS,
    );
  });

  it('entered and exited alternate for each zone, starting with entered, in the order of time; it is crossed from outside', () => {
    fc.assert(
      fc.property(aLine, (line) => {
        const inside = new Map<string, boolean>();
        let last = -Infinity;
        for (const fact of evaluate(undefined, line, SCHEDULE).asserted) {
          const at = fact.type === 'geofence_event' ? fact.at : (fact.closedAt ?? fact.openedAt);
          expect(at).toBeGreaterThanOrEqual(last);
          last = at;
          if (fact.type !== 'geofence_event') continue;
          if (fact.kind === 'crossed') {
            expect(inside.get(fact.zoneId) ?? false).toBe(false);
            continue;
          }
          expect(fact.kind === 'entered').toBe(!inside.get(fact.zoneId));
          inside.set(fact.zoneId, fact.kind === 'entered');
        }
      }),
      RUNS,
    );
  });

  it('each violation opens once and closes at most once, one of a kind and zone at a time, with ids of their own', () => {
    fc.assert(
      fc.property(aLine, (line) => {
        const { asserted, memory } = evaluate(undefined, line, SCHEDULE);
        const open = new Map<string, string>();
        const seen = new Set<string>();
        for (const fact of asserted) {
          expect(seen.has(`${fact.id}/${fact.revision}`)).toBe(false);
          seen.add(`${fact.id}/${fact.revision}`);
          if (fact.type === 'geofence_event') continue;
          const rule = `${fact.kind}/${fact.zoneId ?? ''}`;
          expect(open.get(rule)).toBe(fact.status === 'open' ? undefined : fact.id);
          if (fact.status === 'open') open.set(rule, fact.id);
          else open.delete(rule);
        }
        expect(memory?.head.open.length ?? 0).toBe(open.size);
        expect([...open.keys()].filter((rule) => /outside|through/.test(rule)).length).toBeLessThan(2);
      }),
      RUNS,
    );
  });
});

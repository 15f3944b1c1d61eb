import fc from 'fast-check';
import { decodeMemory, encodeMemory } from './encode-memory';
import { evaluate } from './evaluate';
import type { Fact, GeofenceEvent } from './fact';
import type { QuietProfile } from './quiet';
import type { Report } from './report';
import { scatterWith, startScatter } from './scatter';
import { step } from './step';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';
import { LARGEST_MEMORY_BYTES, type VehicleMemory } from './vehicle-memory';
import { vehicleView } from './vehicle-view';
import type { Zone, ZoneSchedule } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];

/** A fix so many seconds after noon and metres east and north of the Dam. */
const fix = (second: number, eastM: number, given: Partial<Report> & { northM?: number } = {}) => {
  const { northM = 0, ...said } = given;
  return aReport({ at: NOON + Math.round(second * 1_000), ...movedBy(LNG, LAT, eastM, northM), ...said });
};
/** A zone from so many metres east of the Dam to so many, a kilometre to the north and to the south. */
const strip = (zoneId: string, fromM: number, toM: number, given: Partial<Zone> = {}): Partial<Zone> => {
  const [southWest, northEast] = [movedBy(LNG, LAT, fromM, -1_000), movedBy(LNG, LAT, toM, 1_000)];
  const [west, south, east, north] = [southWest.lng, southWest.lat, northEast.lng, northEast.lat];
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ] as const;
  return { zoneId, geometry: { type: 'Polygon', coordinates: [ring] }, ...given };
};
const judgedBy = (zones: readonly Partial<Zone>[], given: Parameters<typeof aZoneSet>[0] = {}) =>
  aSchedule(aZoneSet({ profile: 'confirmed', zones, ...given }));
const brief = (facts: readonly Fact[]) =>
  facts.map((fact) => [
    fact.kind,
    fact.zoneId,
    ((fact.type === 'violation' ? (fact.closedAt ?? fact.openedAt) : fact.at) - NOON) / 1_000,
  ]);
const told = (schedule: ZoneSchedule, reports: readonly Report[]) =>
  brief(evaluate(undefined, reports, schedule).asserted);
const standing = (eastM: number, fixes = 12) => Array.from({ length: fixes }, (_, i) => fix(5 * i, eastM + (i % 3)));

/** Errors of 8 m, each half like the one before; the same for the same seed. */
function errors(seed: number): () => readonly [number, number] {
  let state = seed >>> 0;
  const dice = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice());
  let [east, north] = [8 * normal(), 8 * normal()];
  return () => {
    [east, north] = [0.5 * east + 8 * Math.sqrt(0.75) * normal(), 0.5 * north + 8 * Math.sqrt(0.75) * normal()];
    return [east, north];
  };
}

describe('with profile confirmed', () => {
  const west = judgedBy([strip('west', -1_000, 0)]);

  it('a bike that stands 5 m inside of an edge for five days, with errors of 8 m, makes at most one event a day', () => {
    const error = errors(7);
    let memory = step(undefined, fix(0, -100), west).memory;
    const events: Fact[] = [];
    for (let second = 5; second < 5 * 86_400; second += 5) {
      const [eastM, northM] = error();
      const result = step(memory, fix(second, eastM - 5, { northM }), west);
      memory = result.memory;
      events.push(...result.asserted);
    }
    expect(events.length).toBeLessThanOrEqual(5);
  });

  it('where fixes often stray and come back, two in a row say what they say of other bikes only when they lie farther off', () => {
    const stand = (strays: boolean) =>
      Array.from({ length: 240 }, (_, i) =>
        fix(5 * i, -24 + 6 * ((2 * i) % 5), { northM: strays && i % 24 === 23 ? 80 : 6 * ((3 * i) % 5) }),
      );
    // The same two fixes, as of a bike that begins to ride off, and back where it stood.
    const seenOut = [fix(1_200, 22), fix(1_205, 56), fix(1_210, -12), fix(1_215, -18)];
    const eventsOf = (strays: boolean) =>
      told(west, [fix(-5, -100), ...stand(strays), ...seenOut]).map(([kind]) => kind);
    expect(eventsOf(false)).toEqual(['entered', 'exited']);
    expect(eventsOf(true)).toEqual(['entered']);
  });

  it('one that was at the edge and is leapt away by an echo is not out before the echo gets on', () => {
    const stand = Array.from({ length: 60 }, (_, i) => fix(5 * i, -6 + 3 * (i % 5), { northM: (i % 4) * 3 }));
    const echo = [fix(300, 70, { northM: 50 }), fix(305, 76, { northM: 48 }), fix(310, 73, { northM: 52 })];
    const back = Array.from({ length: 6 }, (_, i) => fix(315 + 5 * i, -6 + 3 * (i % 5)));
    expect(told(west, [fix(-5, -100), ...stand, ...echo, ...back])).toEqual([['entered', 'west', -5]]);
  });

  it('a bike that stands for days and nights is still asked for the mean of its fixes, every so often', () => {
    const here = { at: NOON, lng: LNG, lat: LAT };
    let scatter = startScatter(here, 8);
    const counted = new Set<number>();
    for (let i = 0; i < 70_000; i += 1) {
      scatter = scatterWith(scatter, [LNG, LAT], here);
      if (i >= 69_992) counted.add(scatter.fixes % 8);
      expect(scatter.fixes).toBeLessThan(65_536);
    }
    expect(counted.size).toBe(8);
  });

  it('a bike that rides out at 5 m/s is known to be out within 15 s, and was so from its first fix beyond the edge', () => {
    const ride = [...standing(-20), ...Array.from({ length: 5 }, (_, i) => fix(60 + 5 * i, -15 + 25 * i))];
    let memory: VehicleMemory | undefined;
    const exits: [second: number, fact: Fact][] = [];
    for (const report of ride) {
      const result = step(memory, report, west);
      memory = result.memory;
      for (const fact of result.asserted) if (fact.kind === 'exited') exits.push([(report.at - NOON) / 1_000, fact]);
    }
    const [[knownAt, exit]] = exits as [[number, GeofenceEvent]];
    expect(exits).toHaveLength(1);
    expect(knownAt - 63).toBeLessThanOrEqual(15);
    expect(exit).toMatchObject({ at: NOON + 65_000, cause: 'moved', certainty: 'certain' });
    expect(exit.position).toEqual([fix(65, 10).lng, fix(65, 10).lat]);
    expect(exit.distanceToEdgeM).toBeCloseTo(10, 0);
    expect(exit.confidence).toBeGreaterThan(0.95);
    expect(exit.confidence).toBeLessThanOrEqual(1);
  });

  it('one fix that went astray says nothing, of no zone', () => {
    const zones = judgedBy([strip('west', -1_000, 0), strip('narrow', 20, 35), strip('there', 90, 200)]);
    const stray = [
      ...standing(-30),
      fix(60, 120),
      ...Array.from({ length: 9 }, (_, i) => fix(65 + 5 * i, -30 + (i % 3))),
    ];
    expect(told(zones, stray)).toEqual([['entered', 'west', 0]]);
  });

  it('a bike that is seen elsewhere for 25 s and is back has stood there all the time: no edge near it is weighed anew', () => {
    const error = errors(11);
    const around = (from: number, fixes: number, eastM: number) =>
      Array.from({ length: fixes }, (_, i) => {
        const [east, northM] = error();
        return fix(5 * (from + i), eastM + east, { northM });
      });
    const elsewhere = (fixes: number) =>
      Array.from({ length: fixes }, (_, i) => fix(5 * (60 + i), -4 + (i % 2), { northM: 90 + 2 * i }));
    // Errors as ever, though one after the other a little farther beyond the edge.
    const back = (from: number) => [14, 24, 25, 23, -8].map((eastM, i) => fix(5 * (from + i), eastM));
    for (const gone of [1, 2, 3, 5]) {
      const reports = [fix(-5, -100), ...around(0, 60, -4), ...elsewhere(gone), ...back(60 + gone)];
      expect([gone, told(west, reports)]).toEqual([gone, [['entered', 'west', -5]]]);
    }
  });

  it('an echo whose fixes differ by no more than errors do is one fix', () => {
    const echo = [40, 47, 42, 49, 41].map((eastM, i) => fix(60 + 5 * i, eastM, { northM: 3 * i }));
    const noisy = Array.from({ length: 12 }, (_, i) => fix(5 * i, -38 + 8 * (i % 3)));
    const after = Array.from({ length: 12 }, (_, i) => fix(85 + 5 * i, -38 + 8 * (i % 3)));
    expect(told(west, [...noisy, ...echo, ...after])).toEqual([['entered', 'west', 0]]);
  });

  it('two fixes that stray along an edge make a corner into the zone, and pass through nothing', () => {
    const outside = (second: number, northM = 0) => fix(second, 5 + (second % 3), { northM });
    const before = Array.from({ length: 24 }, (_, i) => outside(5 * i));
    const stray = [fix(120, -1, { northM: 49 }), outside(125, 30)];
    const after = Array.from({ length: 12 }, (_, i) => outside(130 + 5 * i));
    expect(told(west, [...before, ...stray, ...after])).toEqual([]);
  });

  it('who walks is not taken for one who stands, however long he walks: each zone on the way is entered and left', () => {
    const zones = judgedBy([300, 900, 1_500, 2_100].map((eastM) => strip(`from ${eastM} m`, eastM, eastM + 200)));
    const walk = Array.from({ length: 480 }, (_, i) => fix(5 * i, 6 * i + (i % 3)));
    const kinds = told(zones, walk).map(([kind, zoneId]) => `${kind} ${zoneId}`);
    expect(kinds).toEqual([300, 900, 1_500, 2_100].flatMap((m) => [`entered from ${m} m`, `exited from ${m} m`]));
  });

  it('a bike in a bay of 10 m is found in it by the mean of its fixes, and was there since it stood', () => {
    const error = errors(3);
    const reports = Array.from({ length: 240 }, (_, i) => {
      const [eastM, northM] = error();
      return i < 3 ? fix(5 * i, -60 + 20 * i) : fix(5 * i, 5 + eastM, { northM });
    });
    expect(told(judgedBy([strip('bay', 0, 10)]), reports)).toEqual([['entered', 'bay', expect.any(Number)]]);
  });

  it('a trip that ends is judged at once, on the best there is', () => {
    const zones = judgedBy([strip('no-parking', 0, 500, { rules: [{ rideEndAllowed: false }] })]);
    const riding = { state: 'on_trip', tripId: 't' } as const;
    const facts = told(zones, [
      fix(0, -40, riding),
      fix(5, -10, riding),
      fix(10, 6, { state: 'available', tripId: 't' }),
    ]);
    expect(facts).toEqual([
      ['entered', 'no-parking', 10],
      ['ride_end_not_allowed', 'no-parking', 10],
    ]);
  });

  it('a bike that rides from one district into the next was never outside of both', () => {
    const rules = [{ rideThroughAllowed: true }];
    const globalRules = [{ rideThroughAllowed: false }];
    const zones = judgedBy([strip('one', -500, 0, { rules }), strip('two', 0, 500, { rules })], { globalRules });
    const ride = Array.from({ length: 20 }, (_, i) => fix(5 * i, -240 + 25 * i, { state: 'on_trip', tripId: 't' }));
    expect(told(zones, ride).filter(([kind]) => kind === 'outside_service_area')).toEqual([]);
  });

  it('what is broken beyond an edge was broken from the first fix beyond it, and is so until the first one back', () => {
    const zones = judgedBy([strip('city', -500, 0, { rules: [{ rideThroughAllowed: true }] })], {
      globalRules: [{ rideThroughAllowed: false }],
    });
    const out = Array.from({ length: 12 }, (_, i) => fix(5 * i, -105 + 25 * i, { state: 'on_trip', tripId: 't' }));
    const back = Array.from({ length: 14 }, (_, i) => fix(60 + 5 * i, 170 - 25 * i, { state: 'on_trip', tripId: 't' }));
    expect(told(zones, [...out, ...back]).filter(([kind]) => kind === 'outside_service_area')).toEqual([
      ['outside_service_area', undefined, 25],
      ['outside_service_area', undefined, 95],
    ]);
  });

  it('a zone may be decided at once where its set is not', () => {
    const zones = judgedBy([strip('west', -1_000, 0), strip('east', 0, 1_000, { quiet: { profile: 'immediate' } })]);
    expect(told(zones, [...standing(-20), fix(60, 5), fix(65, -20)])).toEqual([
      ['entered', 'west', 0],
      ['entered', 'east', 60],
      ['exited', 'east', 65],
    ]);
  });

  it('a zone that did not change keeps its vehicles when a set is published, whatever the last fix says', () => {
    const first = aZoneSet({ profile: 'confirmed', zones: [strip('west', -1_000, 0)] });
    const second = aZoneSet({
      profile: 'confirmed',
      version: 2,
      zones: [strip('west', -1_000, 0), strip('new', 3, 90)],
    });
    const schedule = aSchedule(first, [NOON + 62_000, second]);
    expect(told(schedule, [...standing(-20), fix(60, 4), fix(65, -20)])).toEqual([['entered', 'west', 0]]);
  });
});

describe.each<QuietProfile>(['immediate', 'confirmed'])(
  'zones 15 m wide, at 25 km/h with a fix each 5 s (%s)',
  (profile) => {
    const hopM = (25 / 3.6) * 5;
    const ride = (offsetM: number, of: (alongM: number) => Partial<Report>) =>
      Array.from({ length: 12 }, (_, i) => aReport({ at: NOON + 5_000 * i, ...of(offsetM - 200 + hopM * i) }));
    const zones = aSchedule(aZoneSet({ profile, zones: [strip('narrow', 0, 15)] }));

    it('are found every time', () => {
      for (let offsetM = 0; offsetM < hopM; offsetM += 0.25) {
        const { asserted } = evaluate(
          undefined,
          ride(offsetM, (eastM) => movedBy(LNG, LAT, eastM, 0)),
          zones,
        );
        const found = asserted.filter(({ kind }) => kind === 'crossed' || kind === 'entered');
        expect([offsetM, found.length, found[0]?.zoneId]).toEqual([offsetM, 1, 'narrow']);
      }
    });

    it('are not found from a track beside them', () => {
      for (let offsetM = 0; offsetM < hopM; offsetM += 1) {
        for (const besideM of [-1, 16, -5, 20]) {
          const { asserted } = evaluate(
            undefined,
            ride(offsetM, (northM) => movedBy(LNG, LAT, besideM, northM)),
            zones,
          );
          expect(asserted).toEqual([]);
        }
      }
    });
  },
);

describe('for any line under confirmed', () => {
  const RUNS = Number(process.env.FC_RUNS ?? 60);
  const SEED = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const zones = judgedBy(
    [
      strip('narrow', 30, 45, { rules: [{ rideThroughAllowed: false }] }),
      strip('east', 0, 300, { rules: [{ rideThroughAllowed: true }] }),
      { zoneId: 'middle', geometry: aSquare(LNG, LAT, 120), rules: [{ maximumSpeedKph: 10 }] },
      strip('west', -300, 0, { rules: [{ rideThroughAllowed: true }], quiet: { confirmAt: 2, marginM: 3 } }),
    ],
    { globalRules: [{ rideThroughAllowed: false }] },
  );
  const aLine = fc
    .array(
      fc.record({
        gapS: fc.constantFrom(1, 5, 5, 5, 60),
        goM: fc.constantFrom(0, 0, 0, 15, 30, -30, 200),
        eastM: fc.integer({ min: -15, max: 15 }),
        northM: fc.integer({ min: -15, max: 15 }),
        accuracyM: fc.option(fc.constantFrom(2, 8, 100), { nil: undefined }),
        speedMps: fc.option(fc.constantFrom(0, 5), { nil: undefined }),
        state: fc.option(fc.constantFrom('on_trip', 'available'), { nil: undefined, freq: 1 }),
      }),
      { minLength: 1, maxLength: 120, size: 'max' },
    )
    .map((items) => {
      let [second, placeM] = [0, -20];
      return items.map(({ gapS, goM, eastM, northM, accuracyM, speedMps, state }) => {
        second += gapS;
        placeM += goM;
        if (Math.abs(placeM) > 350) placeM = 0;
        return fix(second, placeM + eastM, { northM, accuracyM, speedMps, state: state as Report['state'] });
      });
    });

  it('enters and exits alternate for each zone, nothing is crossed from inside, ids are told once, and the memory is small', () => {
    fc.assert(
      fc.property(aLine, (line) => {
        const inside = new Map<string, { held: boolean; at: number }>();
        const tellings = new Set<string>();
        let memory: VehicleMemory | undefined;
        for (const report of line) {
          const result = step(memory, report, zones);
          const stored = encodeMemory(result.memory);
          expect(stored.length).toBeLessThanOrEqual(LARGEST_MEMORY_BYTES);
          memory = decodeMemory(stored);
          expect(memory.head).toEqual(result.memory.head);
          for (const fact of result.asserted) {
            expect(tellings.has(`${fact.id}/${fact.revision}`)).toBe(false);
            tellings.add(`${fact.id}/${fact.revision}`);
            if (fact.type === 'violation') {
              expect(fact.closedAt ?? fact.openedAt).toBeGreaterThanOrEqual(fact.openedAt);
              continue;
            }
            const was = inside.get(fact.zoneId) ?? { held: false, at: -Infinity };
            expect(fact.at).toBeLessThanOrEqual(report.at);
            expect(fact.confidence).toBeGreaterThanOrEqual(0);
            expect(fact.confidence).toBeLessThanOrEqual(1);
            if (fact.kind === 'crossed') expect(was.held).toBe(false);
            else {
              expect(fact.kind === 'entered').toBe(!was.held);
              expect(fact.at).toBeGreaterThanOrEqual(was.at);
              inside.set(fact.zoneId, { held: fact.kind === 'entered', at: fact.at });
            }
          }
          const held = [...inside].filter(([, one]) => one.held).map(([zoneId]) => zoneId);
          expect(
            vehicleView(memory)
              .zones.map(({ zoneId }) => zoneId)
              .sort(),
          ).toEqual(held.sort());
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
    console.info(`${RUNS} lines, seed ${SEED}`);
  });
});

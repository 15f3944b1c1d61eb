import { evaluate } from './evaluate';
import { explainFact } from './explain-fact';
import type { Fact } from './fact';
import { step } from './step';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';
import type { VehicleMemory } from './vehicle-memory';

const [LNG, LAT] = [4.8932, 52.3731];
const schedule = aSchedule(
  aZoneSet({
    zones: [
      { zoneId: 'slow', geometry: aSquare(LNG, LAT, 200), rules: [{ maximumSpeedKph: 10 }] },
      {
        zoneId: 'city',
        geometry: aSquare(LNG, LAT, 2_000),
        rules: [{ rideThroughAllowed: true, maximumSpeedKph: 20 }],
      },
    ],
    globalRules: [{ rideThroughAllowed: false, rideEndAllowed: false }],
  }),
);
const fix = (second: number, eastM: number, speedMps: number) =>
  aReport({ at: NOON + second * 1_000, ...movedBy(LNG, LAT, eastM, 0), speedMps, state: 'on_trip' });
const ride = [fix(5, 40, 5), fix(0, 150, 5), fix(10, 1_500, 5)];
const facts = evaluate(undefined, ride, schedule).asserted;
const explained = (kind: string) => explainFact(facts.find((fact) => fact.kind === kind)!, ride.map((report) => ({ report })), schedule); // prettier-ignore

test('a speeding bike is explained by its speed, and by the zone that gave each field of the rule', () => {
  const { reports } = explained('speeding');
  expect(reports.map(({ decides, zones }) => [decides, zones])).toEqual([
    [false, ['city']],
    [true, ['slow', 'city']],
    [false, []],
  ]);
  expect(reports[1]).toMatchObject({
    speedMps: 5,
    rule: {
      maximumSpeedKph: { value: 10, from: 'slow' },
      rideThroughAllowed: { value: true, from: 'city' },
      rideEndAllowed: { value: false, from: 'global' },
    },
    outsideServiceArea: false,
  });
});

test('an event is explained by how deep the fixes around it lie in the zone, negative outside', () => {
  const { fact, reports } = explained('exited');
  expect(fact.zoneId).toBe('slow');
  expect(reports.map(({ depthM }) => Math.round(depthM!))).toEqual([-50, 60, -1_400]);
});

test('what broke the service area is explained by the global rules alone', () => {
  expect(explained('outside_service_area').reports[2]).toMatchObject({
    decides: true,
    outsideServiceArea: true,
    depthM: undefined,
    rule: { rideThroughAllowed: { value: false, from: 'global' } },
  });
});

test('before there are zones there is nothing to explain but the report', () => {
  const { reports } = explainFact(facts[0]!, [{ report: ride[0]! }], undefined);
  expect(reports[0]).toMatchObject({ zones: [], rule: {}, outsideServiceArea: false });
});

test('an event that was decided on evidence is explained by how much of it there was after each fix', () => {
  const confirmed = aSchedule(
    aZoneSet({ profile: 'confirmed', zones: [{ zoneId: 'slow', geometry: aSquare(LNG, LAT, 200) }] }),
  );
  let memory: VehicleMemory | undefined;
  const told: Fact[] = [];
  const seen = [0, 10, 5, 108, 130, 170].map((eastM, i) => {
    const report = fix(5 * i, eastM, 5);
    const result = step(memory, report, confirmed);
    memory = result.memory;
    told.push(...result.told);
    return { report, evidence: memory.head.evidence };
  });
  const exit = told.find(({ kind }) => kind === 'exited')!;
  const { reports } = explainFact(exit, seen, confirmed);
  const scores = reports.map(({ evidence }) => evidence && [Math.round(10 * evidence.score) / 10, evidence.fixes]);
  // Little for the first fix beyond the edge, more for the second, and with the third it is decided.
  expect(scores).toEqual([undefined, undefined, undefined, [expect.any(Number), 1], expect.anything(), undefined]);
  expect(reports[3]!.evidence!.score).toBeGreaterThan(0);
  expect(reports[3]!.decides).toBe(true);
});

import { evaluate } from './evaluate';
import type { Fact } from './fact';
import type { Report } from './report';
import { step } from './step';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';
import { vehicleView } from './vehicle-view';
import { changePointsBetween, setInForce } from './zone-schedule';
import type { ZoneSchedule } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];
const HERE = aSquare(LNG, LAT, 1_000);
const ELSEWHERE = aSquare(LNG + 0.1, LAT, 1_000);

const fix = (second: number, eastM = 0, given: Partial<Report> = {}) =>
  aReport({ at: NOON + second * 1_000, ...movedBy(LNG, LAT, eastM, 0), ...given });

function facts(schedule: ZoneSchedule | undefined, ...reports: Report[]) {
  return evaluate(undefined, reports, schedule).asserted.map(brief);
}

function brief(fact: Fact): readonly unknown[] {
  return fact.type === 'geofence_event'
    ? [fact.kind, fact.zoneId, fact.cause, (fact.at - NOON) / 1_000, fact.zoneSetVersion]
    : [fact.kind, fact.zoneId, fact.status, ((fact.closedAt ?? fact.openedAt) - NOON) / 1_000];
}

describe('a zone set taking effect between two reports of a parked bike', () => {
  const before = aZoneSet({ zones: [{ zoneId: 'a', geometry: HERE }] });

  it.each<[string, Parameters<typeof aZoneSet>[0], unknown[]]>([
    [
      'a zone around it was added',
      {
        zones: [
          { zoneId: 'a', geometry: HERE },
          { zoneId: 'b', geometry: HERE },
        ],
      },
      [['entered', 'b', 'zone_changed', 60, 2]],
    ],
    [
      'its zone was removed',
      { zones: [{ zoneId: 'b', geometry: ELSEWHERE }] },
      [['exited', 'a', 'zone_changed', 60, 2]],
    ],
    [
      'its zone was moved away',
      { zones: [{ zoneId: 'a', geometry: ELSEWHERE }] },
      [['exited', 'a', 'zone_changed', 60, 2]],
    ],
    ['its zone grew around it', { zones: [{ zoneId: 'a', geometry: aSquare(LNG, LAT, 2_000) }] }, []],
    ['its zone stayed as it was', { zones: [{ zoneId: 'a', geometry: HERE }] }, []],
    [
      'its zone took another place in the order',
      {
        zones: [
          { zoneId: 'b', geometry: ELSEWHERE },
          { zoneId: 'a', geometry: HERE },
        ],
      },
      [],
    ],
    [
      'its zone was given another id',
      { zones: [{ zoneId: 'b', geometry: HERE }] },
      [
        ['exited', 'a', 'zone_changed', 60, 2],
        ['entered', 'b', 'zone_changed', 60, 2],
      ],
    ],
  ])('%s', (_what, after, expected) => {
    const schedule = aSchedule(before, [NOON + 60_000, aZoneSet({ version: 2, ...after })]);
    expect(facts(schedule, fix(0), fix(100)).slice(1)).toEqual(expected);
  });

  it('is decided on the last position, not on the one that comes after', () => {
    const schedule = aSchedule(before, [
      NOON + 60_000,
      aZoneSet({ version: 2, zones: [{ zoneId: 'b', geometry: HERE }] }),
    ]);
    expect(facts(schedule, fix(0), fix(100, 800))).toEqual([
      ['entered', 'a', 'first_fix', 0, 1],
      ['exited', 'a', 'zone_changed', 60, 2],
      ['entered', 'b', 'zone_changed', 60, 2],
      ['exited', 'b', 'moved', 100, 2],
    ]);
  });

  it('counts before a report of the very same time', () => {
    const schedule = aSchedule(before, [
      NOON + 60_000,
      aZoneSet({ version: 2, zones: [{ zoneId: 'b', geometry: HERE }] }),
    ]);
    expect(facts(schedule, fix(0), fix(60, 800)).slice(1)).toEqual([
      ['exited', 'a', 'zone_changed', 60, 2],
      ['entered', 'b', 'zone_changed', 60, 2],
      ['exited', 'b', 'moved', 60, 2],
    ]);
  });

  it('says how far the edge of a zone was that is gone', () => {
    const schedule = aSchedule(before, [
      NOON + 60_000,
      aZoneSet({ version: 2, zones: [{ zoneId: 'b', geometry: ELSEWHERE }] }),
    ]);
    const { asserted } = evaluate(undefined, [fix(0), fix(100)], schedule);
    expect(asserted[1]).toMatchObject({ kind: 'exited', zoneId: 'a', distanceToEdgeM: expect.closeTo(500, 0) });
  });

  it('is followed by the next one: two sets between two reports are two change points', () => {
    const schedule = aSchedule(
      before,
      [NOON + 30_000, aZoneSet({ version: 2, zones: [{ zoneId: 'b', geometry: HERE }] })],
      [NOON + 60_000, aZoneSet({ version: 3, zones: [{ zoneId: 'a', geometry: HERE }] })],
    );
    expect(facts(schedule, fix(0), fix(100)).slice(1)).toEqual([
      ['exited', 'a', 'zone_changed', 30, 2],
      ['entered', 'b', 'zone_changed', 30, 2],
      ['exited', 'b', 'zone_changed', 60, 3],
      ['entered', 'a', 'zone_changed', 60, 3],
    ]);
  });

  it('opens and closes violations by the rules in force then', () => {
    const forbidding = (version: number, rideThroughAllowed: boolean) =>
      aZoneSet({ version, zones: [{ zoneId: 'a', geometry: HERE, rules: [{ rideThroughAllowed }] }] });
    const schedule = aSchedule(
      forbidding(1, true),
      [NOON + 30_000, forbidding(2, false)],
      [NOON + 60_000, forbidding(3, true)],
    );
    const riding = { state: 'on_trip' } as const;
    expect(facts(schedule, fix(0, 0, riding), fix(100, 0, riding)).slice(1)).toEqual([
      ['ride_through_not_allowed', 'a', 'open', 30],
      ['ride_through_not_allowed', 'a', 'closed', 60],
    ]);
  });

  it('accuses nobody of speeding on an old speed, and absolves where the limit is gone', () => {
    const limited = (version: number, maximumSpeedKph?: number) =>
      aZoneSet({ version, zones: [{ zoneId: 'a', geometry: HERE, rules: [{ maximumSpeedKph }] }] });
    const riding = { state: 'on_trip', speedMps: 5 } as const;
    const newLimit = aSchedule(limited(1), [NOON + 60_000, limited(2, 10)]);
    expect(facts(newLimit, fix(0, 0, riding), fix(100, 0, { state: 'on_trip' })).slice(1)).toEqual([]);
    const noLimit = aSchedule(limited(1, 10), [NOON + 60_000, limited(2)]);
    expect(facts(noLimit, fix(0, 0, riding), fix(100, 0, { state: 'on_trip' })).slice(1)).toEqual([
      ['speeding', 'a', 'open', 0],
      ['speeding', 'a', 'closed', 60],
    ]);
  });
});

describe('a zone that starts and ends', () => {
  const schedule = aSchedule(aZoneSet({ zones: [{ zoneId: 'market', start: NOON + 30_000, end: NOON + 60_000 }] }));

  it('is entered at its start and exited at its end by a bike that stands there', () => {
    expect(facts(schedule, fix(0), fix(100))).toEqual([
      ['entered', 'market', 'zone_changed', 30, 1],
      ['exited', 'market', 'zone_changed', 60, 1],
    ]);
  });

  it('makes the same of it, ids and all, however many reports come in between', () => {
    const few = evaluate(undefined, [fix(0), fix(100)], schedule).asserted;
    const many = evaluate(
      undefined,
      [0, 10, 30, 31, 59, 60, 70, 100].map((second) => fix(second)),
      schedule,
    ).asserted;
    expect(many).toEqual(few);
  });

  it('is entered by moving while it lasts', () => {
    expect(facts(schedule, fix(0, 800), fix(40), fix(50, 800), fix(100))).toEqual([
      ['entered', 'market', 'moved', 40, 1],
      ['exited', 'market', 'moved', 50, 1],
    ]);
  });
});

describe('zones published after the fact', () => {
  const first = aSchedule(aZoneSet({ zones: [{ zoneId: 'a', geometry: HERE }] }));
  const second = aSchedule(first.entries[0]!.set, [
    NOON + 60_000,
    aZoneSet({ version: 2, zones: [{ zoneId: 'b', geometry: HERE }] }),
  ]);

  it('are told of what can still change as if they had always been there', () => {
    const { memory } = step(undefined, fix(0), undefined);
    const next = step(memory, fix(100, 800), first);
    expect(next.asserted.map(brief)).toEqual([
      ['entered', 'a', 'first_fix', 0, 1],
      ['exited', 'a', 'moved', 100, 1],
    ]);
    expect(next.asserted).toEqual(evaluate(undefined, [fix(0), fix(100, 800)], first).asserted);
  });

  it('are told of what is closed on the position the bike had, at the first report that is not, never as if it had moved', () => {
    const { memory } = evaluate(undefined, [fix(0), fix(500)], undefined);
    expect(step(memory, fix(700, 800), first).asserted.map(brief)).toEqual([
      ['entered', 'a', 'zone_changed', 500, 1],
      ['exited', 'a', 'moved', 700, 1],
    ]);
  });

  it('are no news to a bike outside of them', () => {
    const { memory } = step(undefined, fix(0, 800), undefined);
    const next = step(memory, fix(100, 800), first);
    expect(next.asserted).toEqual([]);
    expect(vehicleView(next.memory).zoneSetVersion).toBe(1);
  });

  it('take back what a bike whose clock was ahead of the publication said under the zones before', () => {
    const { memory, asserted } = evaluate(undefined, [fix(50), fix(70)], first);
    const next = step(memory, fix(80), second, () => first);
    expect(asserted.map(brief)).toEqual([['entered', 'a', 'first_fix', 50, 1]]);
    expect(next.retracted).toEqual([]);
    expect(next.asserted.map(brief)).toEqual([
      ['exited', 'a', 'zone_changed', 60, 2],
      ['entered', 'b', 'zone_changed', 60, 2],
    ]);
    const started = step(undefined, fix(70), first);
    const anew = step(started.memory, fix(80), second, () => first);
    expect(anew.retracted.map(brief)).toEqual([['entered', 'a', 'first_fix', 70, 1]]);
    expect(anew.asserted.map(brief)).toEqual([['entered', 'b', 'first_fix', 70, 2]]);
  });

  it('cost nothing where they change nothing up to now', () => {
    const { memory } = step(undefined, fix(0), first);
    const next = step(memory, fix(50), second, () => first);
    expect(next.told).toEqual([]);
    expect(step(next.memory, fix(70), second).asserted.map(brief)).toEqual([
      ['exited', 'a', 'zone_changed', 60, 2],
      ['entered', 'b', 'zone_changed', 60, 2],
    ]);
  });

  it('are refused without the schedule that the line was folded under', () => {
    const { memory } = step(undefined, fix(70), first);
    expect(() => step(memory, fix(80), second)).toThrow('folded under revision 1');
  });
});

describe('the schedule', () => {
  const [one, two, three] = [1, 2, 3].map((version) =>
    aZoneSet({ version, zones: [{ zoneId: 'a', start: NOON + version * 10, end: NOON + 1_000 + version }] }),
  ) as [ReturnType<typeof aZoneSet>, ReturnType<typeof aZoneSet>, ReturnType<typeof aZoneSet>];
  const schedule = aSchedule(one, [NOON + 15, two], [NOON + 500, three]);

  it('says which set is in force: the latest that took effect', () => {
    const versions = [0, 14, 15, 499, 500, 9_000].map((ms) => setInForce(schedule, NOON + ms)?.version);
    expect(versions).toEqual([1, 1, 2, 2, 3, 3]);
    expect(setInForce(undefined, NOON)).toBeUndefined();
  });

  it('has change points: sets taking effect, and starts and ends in the set of that time', () => {
    const points = (after: number, upTo: number) =>
      changePointsBetween(schedule, NOON + after, NOON + upTo).map((point) => point - NOON);
    expect(points(0, 9_000)).toEqual([10, 15, 20, 500, 1_003]);
    expect(points(10, 20)).toEqual([15, 20]);
    expect(points(1_003, 9_000)).toEqual([]);
  });
});

import { evaluate } from './evaluate';
import type { Fact } from './fact';
import type { Report } from './report';
import { step } from './step';
import { aReport, aSchedule, aZoneSet, movedBy, NOON } from './testing';
import type { VehicleMemory } from './vehicle-memory';
import { vehicleView } from './vehicle-view';
import type { ZoneSchedule } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];
const zones = aSchedule(aZoneSet());

/** A fix so many seconds after noon and metres east of the centre of the zone, whose edge is at 500 m. */
const fix = (second: number, eastM: number, given: Partial<Report> = {}) =>
  aReport({ at: NOON + second * 1_000, ...movedBy(LNG, LAT, eastM, 0), ...given });

function after(schedule: ZoneSchedule, ...reports: Report[]) {
  let memory: VehicleMemory | undefined;
  for (const report of reports) memory = step(memory, report, schedule).memory;
  return (report: Report) => step(memory, report, schedule);
}

const brief = (fact: Fact) => [
  fact.retracted ? 'no' : 'yes',
  fact.kind,
  ((fact.type === 'violation' ? (fact.closedAt ?? fact.openedAt) : fact.at) - NOON) / 1_000,
];
const told = (facts: readonly Fact[]) => facts.map(brief);

describe('a report that comes late', () => {
  it('takes its place: what it shows is told, as late, and what it disproves is taken back', () => {
    const result = after(zones, fix(0, 0), fix(20, 700))(fix(10, 600));
    expect(told(result.told)).toEqual([
      ['no', 'exited', 20],
      ['yes', 'exited', 10],
    ]);
    const [gone, instead] = result.told;
    expect(instead).toMatchObject({ late: true, revision: 1, replaces: gone!.id });
    expect(gone).toMatchObject({ revision: 2, retracted: true, replacedBy: instead!.id });
    expect(result.outcome).toBe('decided');
  });

  it('is no news where it changes nothing', () => {
    const result = after(zones, fix(0, 0), fix(20, 100))(fix(10, 50));
    expect(result).toMatchObject({ outcome: 'decided', told: [] });
  });

  it('leaves the vehicle where it was last seen', () => {
    const { memory } = after(zones, fix(0, 0), fix(20, 700))(fix(10, 600));
    expect(vehicleView(memory)).toMatchObject({ at: NOON + 20_000, position: [fix(20, 700).lng, LAT], zones: [] });
  });

  it('can bring back what another late one took back, under the same id', () => {
    const first = after(zones, fix(0, 0), fix(30, 700));
    const { asserted } = step(after(zones, fix(0, 0))(fix(0, 0)).memory, fix(30, 700), zones);
    const taken = first(fix(20, 600));
    expect(told(taken.told)).toEqual([
      ['no', 'exited', 30],
      ['yes', 'exited', 20],
    ]);
    const back = step(taken.memory, fix(25, 100), zones);
    expect(told(back.told)).toEqual([
      ['yes', 'entered', 25],
      ['yes', 'exited', 30],
    ]);
    expect(back.asserted[1]!.id).toBe(asserted[0]!.id);
  });

  it('belongs to the history alone if something two minutes newer came before it', () => {
    const next = after(zones, fix(0, 0), fix(200, 0));
    expect(next(fix(80, 700))).toMatchObject({ outcome: 'late_beyond_window', told: [] });
    expect(next(fix(81, 700))).toMatchObject({ outcome: 'decided' });
    expect(told(next(fix(81, 700)).told)).toEqual([
      ['yes', 'exited', 81],
      ['yes', 'entered', 200],
    ]);
  });

  it('may be as late as the zone set says', () => {
    const patient = aSchedule(aZoneSet({ latenessMs: 600_000 }));
    expect(after(patient, fix(0, 0), fix(590, 0))(fix(10, 700)).outcome).toBe('decided');
    const strict = aSchedule(aZoneSet({ latenessMs: 0 }));
    expect(after(strict, fix(0, 0), fix(20, 0))(fix(19, 700)).outcome).toBe('late_beyond_window');
  });

  it('is not late for its receipt: what was offline for two hours and comes in order is decided as if live', () => {
    const receivedAt = NOON + 7_200_000;
    const line = [fix(0, 0, { receivedAt }), fix(10, 700, { receivedAt }), fix(20, 0, { receivedAt })];
    expect(told(evaluate(undefined, line, zones).told).map(([, kind]) => kind)).toEqual([
      'entered',
      'exited',
      'entered',
    ]);
  });

  it('is still heard after one report of a clock that runs a minute ahead', () => {
    const ahead = fix(59, 0, { receivedAt: NOON });
    const next = after(zones, ahead, fix(60, 0, { receivedAt: NOON + 1_000 }));
    expect(next(fix(-100, 700, { receivedAt: NOON + 2_000 })).outcome).toBe('decided');
  });
});

describe('a report that comes again with other values', () => {
  it('takes the place of what was received before it', () => {
    const result = after(zones, fix(0, 0), fix(10, 700))(fix(10, 100, { receivedAt: NOON + 11_000 }));
    expect(told(result.told)).toEqual([['no', 'exited', 10]]);
    expect(result.told[0]!.replacedBy).toBeUndefined();
    expect(vehicleView(result.memory).zones).toHaveLength(1);
  });

  it('does not take the place of what was received after it', () => {
    const result = after(zones, fix(0, 0), fix(10, 700, { receivedAt: NOON + 12_000 }))(fix(10, 100));
    expect(result).toMatchObject({ outcome: 'replaced', told: [] });
  });

  it('is told again, under its id, where only something about a fact differs', () => {
    const result = after(zones, fix(0, 0), fix(10, 700))(fix(10, 800, { receivedAt: NOON + 11_000 }));
    expect(told(result.told)).toEqual([['yes', 'exited', 10]]);
    expect(result.asserted[0]).toMatchObject({ position: [fix(10, 800).lng, LAT] });
  });
});

describe('a violation', () => {
  const schedule = aSchedule(aZoneSet({ zones: [{ rules: [{ rideThroughAllowed: false }] }] }));
  const violations = (facts: readonly Fact[]) => told(facts.filter((fact) => fact.type === 'violation'));

  it('that was over earlier than it seemed is told again as closed, with the right time', () => {
    const result = after(schedule, fix(0, 0), fix(20, 700))(fix(10, 600));
    expect(violations(result.told)).toEqual([['yes', 'ride_through_not_allowed', 10]]);
  });

  it('that was never over is told again as open', () => {
    const result = after(schedule, fix(0, 0), fix(20, 700))(fix(20, 100, { receivedAt: NOON + 21_000 }));
    expect(result.told.find((fact) => fact.type === 'violation')).toMatchObject({ status: 'open', openedAt: NOON });
    expect(result.memory.head.open).toHaveLength(1);
  });

  it('that opened before anything can change any more is told as open again, too', () => {
    const result = after(
      schedule,
      fix(0, 0),
      fix(1_000, 10),
      fix(1_020, 700),
    )(fix(1_020, 100, { receivedAt: NOON + 1_021_000 }));
    expect(result.told.find((fact) => fact.type === 'violation')).toMatchObject({ status: 'open', openedAt: NOON });
  });

  it('that nobody knew of is told from its beginning to its end', () => {
    const result = after(schedule, fix(0, 700), fix(20, 700))(fix(10, 0));
    expect(violations(result.told)).toEqual([
      ['yes', 'ride_through_not_allowed', 10],
      ['yes', 'ride_through_not_allowed', 20],
    ]);
  });
});

describe('more than 64 reports within the lateness window', () => {
  it('close it early: that is counted, and older ones belong to the history', () => {
    let memory: VehicleMemory | undefined;
    let closedEarly = 0;
    for (let second = 0; second < 100; second += 1) {
      const result = step(memory, fix(second, 0), zones);
      memory = result.memory;
      closedEarly += result.closedEarly;
    }
    expect(closedEarly).toBe(36);
    expect(step(memory, fix(35, 700, { measuredAt: NOON + 35_001, at: NOON + 35_000 }), zones).outcome).toBe(
      'late_beyond_window',
    );
    expect(step(memory, fix(36.5, 700), zones).outcome).toBe('decided');
  });
});

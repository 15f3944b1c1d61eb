import { evaluate } from './evaluate';
import { aReport, aSchedule, aZoneSet, movedBy, NOON } from './testing';
import { vehicleView } from './vehicle-view';
import type { Report } from './report';

const zones = aSchedule(aZoneSet());
const fix = (second: number, eastM: number, given: Partial<Report> = {}) =>
  aReport({ at: NOON + second * 1_000, ...movedBy(4.8932, 52.3731, eastM, 0), ...given });

describe('reports of one vehicle that come together', () => {
  it('are judged in the order of their time, whatever their order in the list', () => {
    const { asserted, outcomes } = evaluate(undefined, [fix(20, 700), fix(0, 0), fix(10, 100)], zones);
    expect(asserted).toMatchObject([
      { kind: 'entered', at: NOON },
      { kind: 'exited', at: NOON + 20_000 },
    ]);
    expect(outcomes).toEqual(['decided', 'decided', 'decided']);
  });

  it('are one report if they are the same', () => {
    const { asserted, outcomes } = evaluate(undefined, [fix(0, 0), fix(10, 700), fix(0, 0)], zones);
    expect(asserted).toHaveLength(2);
    expect(outcomes).toEqual(['decided', 'decided', 'duplicate']);
  });

  it('are one report if they have one measuredAt: the later in the list stays', () => {
    const { memory, asserted, outcomes } = evaluate(undefined, [fix(0, 0), fix(0, 700), fix(0, 600)], zones);
    expect(asserted).toEqual([]);
    expect(vehicleView(memory!).position?.[0]).toBe(fix(0, 600).lng);
    expect(outcomes).toEqual(['replaced', 'replaced', 'decided']);
  });

  it('are two reports if they only count at the same time: the later one is late', () => {
    const absurd = fix(0, 700, { measuredAt: NOON + 10 ** 9 });
    const { memory, outcomes } = evaluate(undefined, [fix(0, 0), absurd], zones);
    expect(outcomes).toEqual(['decided', 'late_beyond_window']);
    expect(vehicleView(memory!).zones).toHaveLength(1);
  });

  it('mean nothing if there are none', () => {
    const { memory } = evaluate(undefined, [fix(0, 0)], zones);
    expect(evaluate(memory, [], zones)).toEqual({
      memory,
      anomalies: [],
      asserted: [],
      retracted: [],
      told: [],
      closedEarly: 0,
      outcomes: [],
    });
    expect(evaluate(undefined, [], zones).memory).toBeUndefined();
  });
});

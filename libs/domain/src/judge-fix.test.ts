import { evaluate } from './evaluate';
import type { Report } from './report';
import { aReport, aSchedule, aZoneSet, movedBy, NOON } from './testing';
import { vehicleView } from './vehicle-view';
import type { QuietProfile } from './quiet';

const [LNG, LAT] = [4.8932, 52.3731];
const rules = [{ maximumSpeedKph: 15 }];
const under = (profile: QuietProfile) => aSchedule(aZoneSet({ profile, zones: [{ rules }] }));

/** A fix so many seconds after noon and metres east of the centre of the zone, whose edge is at 500 m. */
const fix = (second: number, eastM: number, given: Partial<Report> = {}) =>
  aReport({ at: NOON + second * 1_000, ...movedBy(LNG, LAT, eastM, 0), ...given });

function judged(reports: readonly Report[], profile: QuietProfile = 'confirmed') {
  const { memory, asserted, anomalies } = evaluate(undefined, reports, under(profile));
  const told = asserted.map((fact) => [
    fact.kind,
    ((fact.type === 'violation' ? fact.openedAt : fact.at) - NOON) / 1_000,
  ]);
  return { told, view: vehicleView(memory!), anomalies };
}
const still = (from: number, to: number, eastM: number) =>
  Array.from({ length: (to - from) / 5 + 1 }, (_, i) => fix(from + 5 * i, eastM + (i % 3)));
const rest = still(0, 30, 0);

describe('a fix that cannot be', () => {
  it.each<[string, readonly Report[], readonly string[]]>([
    ['far away and back is a teleport', [...rest, fix(35, 9_000), ...still(40, 60, 0)], ['teleport']],
    ['far away twice and back are two', [...rest, fix(35, 9_000), fix(40, 9_000), ...still(45, 60, 0)], ['teleport', 'teleport']], // prettier-ignore
    ['here and there without end is never believed', [...rest, fix(35, 9_000), fix(40, -9_000), fix(45, 9_000), fix(50, -9_000)], ['teleport', 'teleport', 'teleport', 'teleport']], // prettier-ignore
    ['beside (0, 0) is null island', [...rest, fix(35, 0, { lng: 0.0001, lat: 0 }), ...still(40, 60, 0)], ['null_island']], // prettier-ignore
  ])('%s: nothing happens, and the vehicle stays where it was', (_what, reports, anomalies) => {
    const { told, view, ...rest } = judged(reports);
    expect(told).toEqual([['entered', 0]]);
    expect(view.position![0]).toBeCloseTo(LNG, 3);
    expect(rest.anomalies).toEqual(anomalies);
  });

  it('is known at the vehicle until the next fix that can be', () => {
    expect(judged([...rest, fix(35, 9_000)]).view.anomaly).toBe('teleport');
    expect(judged([...rest, fix(35, 9_000), aReport({ at: NOON + 36_000 })]).view.anomaly).toBe('teleport');
    expect(judged([...rest, fix(35, 9_000), fix(40, 0)]).view.anomaly).toBeUndefined();
  });

  it('is not the first fix, unless that is null island', () => {
    expect(judged([fix(0, 9_000), fix(5, 9_010)]).anomalies).toEqual([]);
    const { view, anomalies } = judged([fix(0, 0, { lng: 0, lat: 0.005 }), fix(5, 0)]);
    expect(anomalies).toEqual(['null_island']);
    expect(view.position).toEqual([fix(5, 0).lng, LAT]);
  });

  it('is not a truck at 100 km/h, a train at 200, nor a vehicle that was carried while its device slept', () => {
    for (const mps of [28, 56]) {
      const away = Array.from({ length: 20 }, (_, i) => fix(35 + 5 * i, mps * 5 * i));
      expect(judged([...rest, ...away]).anomalies).toEqual([]);
    }
    expect(judged([...rest, fix(3_600, 60_000)]).anomalies).toEqual([]);
  });

  it('is not on null island for a fleet that is there', () => {
    const there = (second: number, lng: number) => aReport({ at: NOON + second * 1_000, lng, lat: 0.001 });
    const towards = Array.from({ length: 5 }, (_, i) => there(5 * i, 0.012 - 0.001 * i));
    expect(judged(towards).anomalies).toEqual([]);
  });
});

it('a vehicle that was really taken away is believed from the third fix on, and rode through nothing between', () => {
  const away = [fix(35, 9_000), fix(40, 9_010), fix(45, 9_020), fix(50, 9_030)];
  const { told, view, anomalies } = judged([...rest, ...away]);
  expect(told.slice(0, 2)).toEqual([
    ['entered', 0],
    ['exited', 35],
  ]);
  expect(view.position).toEqual([away[3]!.lng, LAT]);
  expect(anomalies).toEqual(['teleport', 'teleport']);
});

it('a position that stands still to the last bit at 5 m/s is frozen after half a minute, and says nothing about speed', () => {
  const frozen = Array.from({ length: 12 }, (_, i) => fix(35 + 5 * i, 0, { speedMps: 3 }));
  expect(judged([...rest, fix(32, 0), ...frozen]).anomalies).toEqual(['frozen', 'frozen', 'frozen', 'frozen', 'frozen', 'frozen']); // prettier-ignore
  const parked = Array.from({ length: 12 }, (_, i) => fix(35 + 300 * i, 0, { speedMps: 0 }));
  expect(judged([...rest, ...parked, fix(3_700, 0, { speedMps: 5 }), fix(3_705, 25, { speedMps: 5 })]).anomalies).toEqual([]); // prettier-ignore
});

it('a speed that nothing shared has opens no violation', () => {
  const { told, anomalies } = judged([...rest, fix(35, 0, { speedMps: 300 }), fix(65, 5, { speedMps: 300 })]);
  expect(told).toEqual([['entered', 0]]);
  expect(anomalies).toEqual(['impossible_speed', 'impossible_speed']);
});

it('a report that the door put back in time is of a skewed clock, and counts', () => {
  const ahead = fix(35, 10, { measuredAt: NOON + 3_600_000 });
  expect(judged([...rest, ahead])).toMatchObject({ anomalies: ['clock_skew'], view: { position: [ahead.lng, LAT] } });
});

it('with profile immediate every fix decides, however odd, and is known to be', () => {
  const { told, anomalies } = judged([...rest, fix(35, 9_000), fix(40, 0, { speedMps: 300 })], 'immediate');
  expect(told).toEqual([
    ['entered', 0],
    ['exited', 35],
    ['entered', 40],
    ['speeding', 40],
  ]);
  expect(anomalies).toEqual(['teleport', 'teleport']);
});

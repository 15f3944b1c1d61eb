import type { GeofenceEvent } from './fact';
import type { Report } from './report';
import { step } from './step';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';
import type { VehicleMemory } from './vehicle-memory';
import type { Zone, ZoneSchedule } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];

/** A zone so many metres wide, its middle so many metres east of the centre, and a kilometre long from south to north. */
function strip(zoneId: string, eastM: number, wideM: number, given: Partial<Zone> = {}): Partial<Zone> {
  const corner = (east: number, north: number): [number, number] => {
    const { lng, lat } = movedBy(LNG, LAT, eastM + east, north);
    return [lng, lat];
  };
  const half = wideM / 2;
  const ring = [corner(-half, -500), corner(half, -500), corner(half, 500), corner(-half, 500), corner(-half, -500)];
  return { zoneId, geometry: { type: 'Polygon', coordinates: [ring] }, ...given };
}

const fix = (second: number, eastM: number, northM = 0, given: Partial<Report> = {}) =>
  aReport({ at: NOON + second * 1_000, ...movedBy(LNG, LAT, eastM, northM), ...given });

function events(schedule: ZoneSchedule, ...reports: Report[]): GeofenceEvent[] {
  let memory: VehicleMemory | undefined;
  const told: GeofenceEvent[] = [];
  for (const report of reports) {
    const result = step(memory, report, schedule);
    memory = result.memory;
    told.push(...(result.told as GeofenceEvent[]));
  }
  return told;
}

describe('a hop over a zone', () => {
  const schedule = aSchedule(
    aZoneSet({
      zones: [
        strip('second', 60, 10),
        strip('first', 30, 10),
        strip('aside', 30, 10, { geometry: aSquare(5, 52, 10) }),
      ],
    }),
  );

  it('crosses it, and several in the order in which it comes to them, at times that are estimated', () => {
    const told = events(schedule, fix(0, 0), fix(10, 100));
    expect(told).toMatchObject([
      { kind: 'crossed', zoneId: 'first', at: NOON + 10_000, cause: 'moved', certainty: 'certain', confidence: 1 },
      { kind: 'crossed', zoneId: 'second' },
    ]);
    const [first, second] = told as [GeofenceEvent, GeofenceEvent];
    expect([first.enteredAt! - NOON, first.exitedAt! - NOON]).toEqual([2_500, 3_500]);
    expect([second.enteredAt! - NOON, second.exitedAt! - NOON]).toEqual([5_500, 6_500]);
    expect(first.position[0]).toBeCloseTo(movedBy(LNG, LAT, 30, 0).lng, 9);
    expect(first.distanceToEdgeM).toBeCloseTo(5, 1);
  });

  it('that ends or begins inside enters or exits instead', () => {
    expect(events(schedule, fix(0, 0), fix(10, 30), fix(20, 100)).map(({ kind, zoneId }) => [kind, zoneId])).toEqual([
      ['entered', 'first'],
      ['crossed', 'second'],
      ['exited', 'first'],
    ]);
  });

  it.each([
    [30, 'certain', 1],
    [31, 'possible', 30 / 31],
    [600, 'possible', 0.05],
  ])('of %d seconds is %s', (second, certainty, confidence) => {
    expect(events(schedule, fix(0, 0), fix(second, 100))[0]).toMatchObject({ kind: 'crossed', certainty, confidence });
  });

  it('counts from the fix before, whatever was reported without a position since', () => {
    const told = events(schedule, fix(0, 0), aReport({ at: NOON + 95_000, state: 'on_trip' }), fix(100, 100));
    expect(told[0]).toMatchObject({ certainty: 'possible', confidence: 0.3, enteredAt: NOON + 25_000 });
  });

  it('is none where the zone does not count at that time, nor where the vehicle stayed or was never seen before', () => {
    const closed = aSchedule(aZoneSet({ zones: [strip('night', 30, 10, { start: NOON + 3_600_000 })] }));
    expect(events(closed, fix(0, 0), fix(10, 100))).toEqual([]);
    expect(events(schedule, fix(0, 0), fix(10, 0))).toEqual([]);
    expect(events(schedule, fix(0, 100))).toEqual([]);
  });

  it('shows up when a late fix fills the gap: then it is known where the vehicle was', () => {
    const before = step(step(undefined, fix(0, 0), schedule).memory, fix(10, 100), schedule);
    const late = step(before.memory, fix(5, 60), schedule);
    expect(late.told.map((fact) => [fact.retracted, fact.kind, fact.zoneId])).toEqual([
      [true, 'crossed', 'first'],
      [true, 'crossed', 'second'],
      [false, 'crossed', 'first'],
      [false, 'entered', 'second'],
      [false, 'exited', 'second'],
    ]);
  });
});

describe('a zone 15 m wide and a bike at 25 km/h with a fix every 5 seconds', () => {
  const schedule = aSchedule(aZoneSet({ zones: [strip('lane', 0, 15)] }));
  const hopM = (25 / 3.6) * 5;
  const ride = (phase: number, slope: number) =>
    Array.from({ length: 13 }, (_, i) => fix(i * 5, (i - 6 + phase) * hopM, (i - 6 + phase) * hopM * slope));

  it('is found on every ride over it', () => {
    for (let i = 0; i < 1_000; i += 1) {
      const told = events(schedule, ...ride(i / 1_000, ((i * 7) % 20) / 20));
      const passes = told.filter(({ kind }) => kind !== 'exited');
      expect(passes).toHaveLength(1);
      expect(told.length - passes.length).toBe(passes[0]!.kind === 'entered' ? 1 : 0);
    }
  });

  it('is not found by a ride beside it', () => {
    for (let i = 0; i < 200; i += 1) {
      const beside = Array.from({ length: 25 }, (_, k) => fix(k * 5, 7.6 + (i % 10), (k - 12 + i / 200) * hopM));
      expect(events(schedule, ...beside)).toEqual([]);
    }
  });
});

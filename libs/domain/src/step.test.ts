import { pointInMultiPolygon, partsOf } from '@corral/geo';
import type { GeofenceEvent } from './fact';
import type { Report } from './report';
import { step } from './step';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';
import type { VehicleMemory } from './vehicle-memory';
import { vehicleView } from './vehicle-view';
import type { ZoneSchedule } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];
const zones = aSchedule(aZoneSet());

/** A fix so many seconds after noon and metres east of the centre of the zone, whose edge is at 500 m. */
const fix = (second: number, eastM: number, given: Partial<Report> = {}) =>
  aReport({ at: NOON + second * 1_000, ...movedBy(LNG, LAT, eastM, 0), ...given });

function told(memory: VehicleMemory | undefined, ...reports: Report[]) {
  let state = memory;
  const events: [kind: string, cause: string, second: number][] = [];
  for (const report of reports) {
    const result = step(state, report, zones);
    state = result.memory;
    for (const fact of result.asserted as GeofenceEvent[])
      events.push([fact.kind, fact.cause, (fact.at - NOON) / 1_000]);
  }
  return { memory: state!, events };
}

function evaluateAll(schedule: ZoneSchedule, ...reports: Report[]): { memory: VehicleMemory } {
  let memory: VehicleMemory | undefined;
  for (const report of reports) memory = step(memory, report, schedule).memory;
  return { memory: memory! };
}

describe('a vehicle that moves', () => {
  it('entered where it is first seen inside, because it is first seen', () => {
    expect(told(undefined, fix(0, 0)).events).toEqual([['entered', 'first_fix', 0]]);
  });

  it('enters and exits on the fix that shows it', () => {
    expect(told(undefined, fix(0, 600), fix(10, 400), fix(20, 300), fix(30, 700)).events).toEqual([
      ['entered', 'moved', 10],
      ['exited', 'moved', 30],
    ]);
  });

  it('is inside on the edge of a zone', () => {
    const geometry = aSquare(LNG, LAT, 1_000);
    const [west, south] = partsOf(geometry)[0]![0]![0]!;
    expect(pointInMultiPolygon([west, south], partsOf(geometry))).toBe(true);
    expect(told(undefined, aReport({ lng: west, lat: south })).events).toEqual([['entered', 'first_fix', 0]]);
  });

  it('is first seen by its first fix, not by a state report before it', () => {
    const stateReport = aReport({ at: NOON - 1_000, state: 'available' });
    expect(told(undefined, stateReport, fix(0, 0)).events).toEqual([['entered', 'first_fix', 0]]);
  });

  it('says all about an event: where, when, by which zones, how far from the edge, how sure', () => {
    const { asserted } = step(undefined, fix(0, 400), zones);
    const { lng, lat } = movedBy(LNG, LAT, 400, 0);
    expect(asserted).toEqual([
      {
        type: 'geofence_event',
        id: expect.stringMatching(/^evt_/),
        revision: 1,
        retracted: false,
        kind: 'entered',
        fleetId: 'default',
        vehicleId: 'bike-42',
        zoneId: 'centre',
        zoneSetVersion: 1,
        at: NOON,
        cause: 'first_fix',
        certainty: 'certain',
        late: false,
        position: [lng, lat],
        distanceToEdgeM: expect.closeTo(100, 0),
        confidence: 1,
      },
    ]);
  });

  it('exits one zone before it enters the next, and keeps the time of the one it stays in', () => {
    const schedule = aSchedule(
      aZoneSet({
        zones: [
          { zoneId: 'east', geometry: aSquare(LNG + 0.01, LAT, 1_000) },
          { zoneId: 'west', geometry: aSquare(LNG, LAT, 1_000) },
          { zoneId: 'all', geometry: aSquare(LNG, LAT, 9_000) },
        ],
      }),
    );
    const before = step(undefined, fix(0, 0), schedule);
    const after = step(before.memory, fix(60, 700), schedule);
    expect(after.asserted).toMatchObject([
      { kind: 'exited', zoneId: 'west' },
      { kind: 'entered', zoneId: 'east' },
    ]);
    expect(vehicleView(after.memory).zones).toEqual([
      { zoneId: 'east', since: NOON + 60_000 },
      { zoneId: 'all', since: NOON },
    ]);
  });
});

describe('a report that is not news, where nothing may be late', () => {
  const zones = aSchedule(aZoneSet({ latenessMs: 0 }));
  const { memory } = evaluateAll(zones, fix(0, 0, { speedMps: 3 }), fix(10, 600, { speedMps: 3, state: 'on_trip' }));

  it.each<[string, Report, string]>([
    ['the newest over again is a duplicate', fix(10, 600, { speedMps: 3, state: 'on_trip' }), 'duplicate'],
    [
      'the newest over again is a duplicate, received later and with values that do not count',
      fix(10, 600, { speedMps: 3, state: 'on_trip', receivedAt: NOON + 99_000, batteryPercent: 5, sequence: 9 }),
      'duplicate',
    ],
    [
      'the newest over again is a duplicate, stamped otherwise by a request of another length',
      { ...fix(10, 600, { speedMps: 3, state: 'on_trip' }), at: NOON + 20_000 },
      'duplicate',
    ],
    ['the newest with another speed is late', fix(10, 600, { speedMps: 4, state: 'on_trip' }), 'late_beyond_window'],
    ['the newest without a speed is late', fix(10, 600, { state: 'on_trip' }), 'late_beyond_window'],
    [
      'the newest with a trip is late',
      fix(10, 600, { speedMps: 3, state: 'on_trip', tripId: 't' }),
      'late_beyond_window',
    ],
    ['an older one is late', fix(5, 0), 'late_beyond_window'],
    ['an older one over again is late', fix(0, 0, { speedMps: 3 }), 'late_beyond_window'],
    ['another one of the same time is late', fix(10, 0, { measuredAt: NOON + 11_000 }), 'late_beyond_window'],
  ])('%s', (_what, report, outcome) => {
    const result = step(memory, report, zones);
    // It was heard of all the same.
    const { contactAt } = result.memory;
    expect(result).toEqual({
      memory: { ...memory, contactAt },
      outcome,
      asserted: [],
      retracted: [],
      told: [],
      closedEarly: 0,
    });
    expect(contactAt).toBe(outcome === 'duplicate' ? memory.contactAt : Math.max(memory.contactAt, report.receivedAt));
  });
});

describe('what is known of a vehicle', () => {
  it('is its newest report, with what older ones said and nothing took back', () => {
    const { memory } = told(
      undefined,
      fix(0, 0, { accuracyM: 8, speedMps: 3, headingDeg: 90, batteryPercent: 80, state: 'on_trip', tripId: 't-1' }),
      aReport({ at: NOON + 5_000, receivedAt: NOON + 6_000, vehicleTypeId: 'ebike', source: 'operator' }),
    );
    expect(vehicleView(memory)).toEqual({
      position: [LNG, LAT],
      at: NOON + 5_000,
      receivedAt: NOON + 6_000,
      contactAt: NOON + 6_000,
      accuracyM: 8,
      speedMps: 3,
      headingDeg: 90,
      batteryPercent: 80,
      state: 'on_trip',
      tripId: 't-1',
      vehicleTypeId: 'ebike',
      zones: [{ zoneId: 'centre', since: NOON }],
      vehicleTypeMissing: false,
      zoneSetVersion: 1,
    });
  });

  it('has no accuracy, speed or heading of an older fix', () => {
    const { memory } = told(undefined, fix(0, 0, { accuracyM: 8, speedMps: 3, headingDeg: 90 }), fix(5, 10));
    expect(vehicleView(memory)).toMatchObject({ accuracyM: undefined, speedMps: undefined, headingDeg: undefined });
  });

  it('has its trip for as long as that lasts, although the report that ends it still names it', () => {
    const trip = (second: number, given: Partial<Report>) => fix(second, 0, given);
    const riding = told(undefined, trip(0, { state: 'on_trip', tripId: 't-1' }), trip(1, {}));
    expect(vehicleView(riding.memory).tripId).toBe('t-1');
    const parked = told(riding.memory, trip(2, { state: 'available', tripId: 't-1' }));
    expect(vehicleView(parked.memory).tripId).toBeUndefined();
    const again = told(parked.memory, trip(3, { state: 'on_trip' }));
    expect(vehicleView(again.memory).tripId).toBeUndefined();
  });

  it('is when it was last heard of, even by a report that was received before an older one', () => {
    const { memory } = told(
      undefined,
      fix(0, 0, { receivedAt: NOON + 9_000 }),
      fix(5, 0, { receivedAt: NOON + 5_000 }),
    );
    expect(vehicleView(memory).receivedAt).toBe(NOON + 9_000);
  });

  it('is known before the fleet has any zones', () => {
    const { memory, asserted } = step(undefined, fix(0, 0), undefined);
    expect(asserted).toEqual([]);
    expect(vehicleView(memory)).toMatchObject({ position: [LNG, LAT], zones: [], zoneSetVersion: undefined });
  });

  it('says that its type is missing where the rules tell types apart', () => {
    const rules = [{ vehicleTypeIds: ['bike', 'moped'], rideEndAllowed: false }];
    const schedule = aSchedule(aZoneSet({ zones: [{ rules }] }));
    const untyped = step(undefined, fix(0, 0), schedule).memory;
    expect(vehicleView(untyped).vehicleTypeMissing).toBe(true);
    const typed = step(untyped, aReport({ at: NOON + 1_000, vehicleTypeId: 'bike' }), schedule).memory;
    expect(vehicleView(typed).vehicleTypeMissing).toBe(false);
  });
});

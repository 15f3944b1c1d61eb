import { evaluate } from './evaluate';
import type { Violation } from './fact';
import type { Report } from './report';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';
import type { Zone, ZoneRule } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];
type Given = Partial<Report> & { readonly eastM?: number };

/** What was said of violations by a vehicle that reports every ten seconds: kind, zone, what happened, at which second. */
function told(zones: readonly Partial<Zone>[], globalRules: readonly ZoneRule[], ...reports: readonly Given[]) {
  return violations(zones, globalRules, ...reports).map((violation) => [
    violation.kind,
    violation.rule.from,
    violation.status,
    ((violation.closedAt ?? violation.openedAt) - NOON) / 1_000,
  ]);
}

function violations(zones: readonly Partial<Zone>[], globalRules: readonly ZoneRule[], ...reports: readonly Given[]) {
  const schedule = aSchedule(aZoneSet({ zones, globalRules }));
  const line = reports.map(({ eastM, ...given }, i) =>
    aReport({ at: NOON + i * 10_000, ...(eastM !== undefined && movedBy(LNG, LAT, eastM, 0)), ...given }),
  );
  return evaluate(undefined, line, schedule).asserted.filter((fact): fact is Violation => fact.type === 'violation');
}

/** A zone of 1 km around the centre, so that its edge is at 500 m. */
const centre = (...rules: ZoneRule[]): Partial<Zone> => ({ zoneId: 'centre', rules });
/** A zone that reaches from 500 m to 1,500 m east, roughly. */
const east = (...rules: ZoneRule[]): Partial<Zone> => {
  const { lng, lat } = movedBy(LNG, LAT, 1_000, 0);
  return { zoneId: 'east', geometry: aSquare(lng, lat, 999), rules };
};

describe('riding where it is not allowed', () => {
  const forbidden = centre({ rideThroughAllowed: false });

  it('is open from the first fix inside to the first one outside, on a trip', () => {
    const on = { state: 'on_trip' } as const;
    expect(told([forbidden], [], { ...on, eastM: 600 }, { eastM: 400 }, { eastM: 0 }, { eastM: 600 })).toEqual([
      ['ride_through_not_allowed', 'centre', 'open', 10],
      ['ride_through_not_allowed', 'centre', 'closed', 30],
    ]);
  });

  it('closes when the trip ends inside', () => {
    expect(told([forbidden], [], { eastM: 0, state: 'on_trip' }, { state: 'available' })).toEqual([
      ['ride_through_not_allowed', 'centre', 'open', 0],
      ['ride_through_not_allowed', 'centre', 'closed', 10],
    ]);
  });

  it('is nothing for a vehicle that is parked, and is judged where the state is unknown', () => {
    expect(told([forbidden], [], { eastM: 0, state: 'available' }, { eastM: 10 })).toEqual([]);
    expect(told([forbidden], [], { eastM: 0 })).toEqual([['ride_through_not_allowed', 'centre', 'open', 0]]);
  });

  it('is one violation for each zone that says so', () => {
    const zones = [forbidden, east({ rideThroughAllowed: false })];
    expect(told(zones, [], { eastM: 0 }, { eastM: 1_000 })).toEqual([
      ['ride_through_not_allowed', 'centre', 'open', 0],
      ['ride_through_not_allowed', 'centre', 'closed', 10],
      ['ride_through_not_allowed', 'east', 'open', 10],
    ]);
  });

  it('is judged anew when the operator says what type the vehicle is', () => {
    const zones = [centre({ vehicleTypeIds: ['moped', 'car'], rideThroughAllowed: false })];
    expect(told(zones, [], { eastM: 0 }, { vehicleTypeId: 'moped' }, { vehicleTypeId: 'bike' })).toEqual([
      ['ride_through_not_allowed', 'centre', 'open', 10],
      ['ride_through_not_allowed', 'centre', 'closed', 20],
    ]);
  });

  it('that begins at a change point is not told a second time when the next trip begins at that very moment', () => {
    const from = NOON + 10_000;
    const zones = [{ ...forbidden, start: from }];
    const said = violations(zones, [], { eastM: 0, state: 'on_trip', tripId: 't-1' }, { eastM: 10, tripId: 't-2' });
    expect(said).toMatchObject([{ status: 'open', openedAt: from, tripId: 't-1' }]);
  });
});

describe('leaving a vehicle where no ride may end, where nobody says a state', () => {
  const noParking = centre({ rideEndAllowed: false });
  const stands = (eastM: number, reports: number, given: Given = {}): Given[] =>
    Array.from({ length: reports }, (_, i) => ({ eastM: eastM + (i % 5), ...given }));

  it('is told once it has stood there for five minutes, and is over when it leaves', () => {
    const reports = [{ eastM: 600 }, ...stands(0, 40), { eastM: 100, speedMps: 4 }, { eastM: 200, speedMps: 4 }];
    expect(told([noParking], [], ...reports)).toEqual([
      ['ride_end_not_allowed', 'centre', 'open', 310],
      ['ride_end_not_allowed', 'centre', 'closed', 410],
    ]);
  });

  it('is nothing while it rides through, however slowly, or waits at a crossing', () => {
    const slowly = Array.from({ length: 60 }, (_, i) => ({ eastM: -590 + 20 * i, speedMps: 2 }));
    expect(told([noParking], [], ...slowly)).toEqual([]);
    expect(told([noParking], [], ...stands(0, 30), { eastM: 300 }, ...stands(-200, 30))).toEqual([]);
  });

  it('counts from when the zone was entered, and is nothing on a trip', () => {
    const { lng, lat } = movedBy(LNG, LAT, 0, 0);
    const opens = { ...noParking, geometry: aSquare(lng, lat, 1_000), start: NOON + 200_000 };
    expect(told([opens], [], ...stands(0, 60))).toEqual([['ride_end_not_allowed', 'centre', 'open', 500]]);
    expect(told([noParking], [], ...stands(0, 60, { state: 'on_trip' }))).toEqual([]);
    expect(told([noParking], [], ...stands(0, 60, { state: 'available' }))).toEqual([]);
  });

  it('stays open when it says at last that it is parked, and where nothing but the global rules forbids it', () => {
    expect(told([], [{ rideEndAllowed: false }], ...stands(0, 35), { state: 'available' }, { eastM: 2 })).toEqual([
      ['ride_end_not_allowed', 'global', 'open', 300],
    ]);
  });
});

describe('leaving the service area', () => {
  const area = centre({ rideThroughAllowed: true });
  const nowhereElse: ZoneRule[] = [{ rideThroughAllowed: false }];

  it('is open from the first fix outside to the first one inside, and names no zone', () => {
    const found = violations([area], nowhereElse, { eastM: 0 }, { eastM: 600 }, { eastM: 700 }, { eastM: 400 });
    expect(found).toEqual([
      {
        type: 'violation',
        id: expect.stringMatching(/^vio_/),
        revision: 1,
        retracted: false,
        kind: 'outside_service_area',
        fleetId: 'default',
        vehicleId: 'bike-42',
        zoneSetVersion: 1,
        rule: { name: 'rideThroughAllowed', from: 'global' },
        status: 'open',
        openedAt: NOON + 10_000,
        position: [movedBy(LNG, LAT, 600, 0).lng, LAT],
      },
      { ...found[0], revision: 2, status: 'closed', closedAt: NOON + 30_000 },
    ]);
    expect(found[0]?.zoneId).toBeUndefined();
  });

  it('closes when the trip ends outside', () => {
    expect(told([area], nowhereElse, { eastM: 600, state: 'on_trip' }, { state: 'available' })).toEqual([
      ['outside_service_area', 'global', 'open', 0],
      ['outside_service_area', 'global', 'closed', 10],
    ]);
  });

  it('is nothing for a vehicle that is known to be parked', () => {
    expect(told([area], nowhereElse, { eastM: 600, state: 'available' })).toEqual([]);
  });

  it('takes the place of riding where it is not allowed, so it is never both', () => {
    const zones = [area, east({ rideThroughAllowed: false })];
    expect(told(zones, nowhereElse, { eastM: 1_000 })).toEqual([['outside_service_area', 'global', 'open', 0]]);
    expect(told(zones, [], { eastM: 1_000 })).toEqual([['ride_through_not_allowed', 'east', 'open', 0]]);
  });

  it('has not happened where a later zone allows riding: then an earlier one forbids it', () => {
    const zones = [{ ...centre({ rideThroughAllowed: false }), zoneId: 'park' }, area];
    expect(told(zones, nowhereElse, { eastM: 0 })).toEqual([['ride_through_not_allowed', 'park', 'open', 0]]);
  });
});

describe('speeding where evidence decides', () => {
  /** Speeds in km/h, one every five seconds from noon on; what was said: what, at which second, how fast. */
  function said(...kph: readonly (number | undefined)[]) {
    const zones = [{ zoneId: 'centre', rules: [{ maximumSpeedKph: 15 }] }];
    const schedule = aSchedule(aZoneSet({ zones, profile: 'confirmed' }));
    const line = kph.map((speed, i) =>
      aReport({
        at: NOON + i * 5_000,
        ...movedBy(LNG, LAT, i * 20, 0),
        state: 'on_trip',
        speedMps: speed === undefined ? undefined : speed / 3.6,
      }),
    );
    return evaluate(undefined, line, schedule)
      .asserted.filter((fact): fact is Violation => fact.type === 'violation')
      .map(({ status, openedAt, closedAt, observed }) => [status, ((closedAt ?? openedAt) - NOON) / 1_000, Math.round(observed!)]); // prettier-ignore
  }

  it.each<[string, readonly (number | undefined)[], unknown[]]>([
    ['once is a slope or a bad reading', [10, 40, 10, 40, 10], []],
    ['for five seconds is not for long enough', [10, 20, 20, 10], []],
    ['for ten seconds is told, from its first fix on, with the greatest speed', [10, 20, 28, 24], [['open', 5, 28]]],
    ['is over at the first fix that is not', [20, 20, 20, 20, 14], [['open', 0, 20], ['closed', 20, 20]]],
    ['goes on over a fix that says no speed', [20, undefined, 20, undefined, 10], [['open', 0, 20], ['closed', 20, 20]]],
    ['is not shown by fixes that say no speed', [20, undefined, undefined, undefined], []],
    ['begins anew after a fix under the limit', [20, 20, 12, 20, 20, 22], [['open', 15, 22]]],
  ])('%s', (_what, kph, expected) => expect(said(...kph)).toEqual(expected)); // prettier-ignore

  it('is counted from the later one where two fixes lie minutes apart', () => {
    const zones = [{ zoneId: 'centre', rules: [{ maximumSpeedKph: 15 }] }];
    const schedule = aSchedule(aZoneSet({ zones, profile: 'confirmed' }));
    const fast = (second: number) =>
      aReport({ at: NOON + second * 1_000, ...movedBy(LNG, LAT, second / 10, 0), state: 'on_trip', speedMps: 8 });
    const { asserted } = evaluate(undefined, [fast(0), fast(600), fast(605), fast(610)], schedule);
    expect(asserted.filter(({ kind }) => kind === 'speeding')).toMatchObject([{ openedAt: NOON + 600_000 }]);
  });
});

describe('speeding', () => {
  const limited = centre({ maximumSpeedKph: 25 });
  const at = (kph: number): Given => ({ eastM: 0, speedMps: kph / 3.6 });

  it('is open while the speed is over the limit, and says both in km/h', () => {
    expect(told([limited], [], at(20), at(30), at(26), at(25))).toEqual([
      ['speeding', 'centre', 'open', 10],
      ['speeding', 'centre', 'closed', 30],
    ]);
    const [opened] = violations([limited], [], at(30));
    expect(opened).toMatchObject({ zoneId: 'centre', rule: { name: 'maximumSpeedKph' }, limit: 25 });
    expect(opened?.observed).toBeCloseTo(30, 9);
  });

  it.each([6, 10, 15, 20, 25, 30, 45])('is not riding at exactly %d km/h where that is allowed', (kph) => {
    expect(told([centre({ maximumSpeedKph: kph })], [], { eastM: 0, speedMps: kph / 3.6 })).toEqual([]);
  });

  it('is not disproved by a fix without a speed, but by leaving the zone', () => {
    expect(told([limited], [], at(30), { eastM: 10 }, { eastM: 600 })).toEqual([
      ['speeding', 'centre', 'open', 0],
      ['speeding', 'centre', 'closed', 20],
    ]);
  });

  it('ends with the trip, and is not asked of a vehicle on a van', () => {
    const van = { ...at(60), state: 'non_operational' } as const;
    expect(told([limited], [], { ...at(30), state: 'on_trip' }, van, van)).toEqual([
      ['speeding', 'centre', 'open', 0],
      ['speeding', 'centre', 'closed', 10],
    ]);
  });

  it('may be against the global rule', () => {
    expect(told([centre()], [{ maximumSpeedKph: 25 }], at(30))).toEqual([['speeding', 'global', 'open', 0]]);
  });
});

describe('starting a ride where it is not allowed', () => {
  const forbidden = centre({ rideStartAllowed: false });

  it('is open from the start of the trip to its end, wherever it leads', () => {
    const line: Given[] = [
      { eastM: 0, state: 'available' },
      { state: 'on_trip', tripId: 't' },
      { eastM: 900 },
      { state: 'available' },
    ];
    expect(told([forbidden], [], ...line)).toEqual([
      ['ride_start_not_allowed', 'centre', 'open', 10],
      ['ride_start_not_allowed', 'centre', 'closed', 30],
    ]);
    expect(violations([forbidden], [], ...line)[0]).toMatchObject({ tripId: 't', zoneId: 'centre' });
  });

  it('is not assumed of a vehicle first heard of on a trip', () => {
    expect(told([forbidden], [], { eastM: 0, state: 'on_trip' })).toEqual([]);
    expect(told([forbidden], [], { eastM: 0 }, { state: 'on_trip' })).toEqual([]);
  });

  it('is of each trip: another trip id is another start, and what the trip before broke is over', () => {
    const line: Given[] = [
      { eastM: 0, state: 'available' },
      { state: 'on_trip', tripId: 't-1' },
      { state: 'on_trip', tripId: 't-2' },
      { eastM: 900, state: 'on_trip', tripId: 't-3' },
    ];
    expect(told([forbidden], [], ...line)).toEqual([
      ['ride_start_not_allowed', 'centre', 'open', 10],
      ['ride_start_not_allowed', 'centre', 'closed', 20],
      ['ride_start_not_allowed', 'centre', 'open', 20],
      ['ride_start_not_allowed', 'centre', 'closed', 30],
    ]);
    expect(violations([forbidden], [], ...line).map(({ tripId }) => tripId)).toEqual(['t-1', 't-1', 't-2', 't-2']);
  });

  it('is judged where the start was reported from', () => {
    expect(told([forbidden], [], { eastM: 0, state: 'available' }, { eastM: 900, state: 'on_trip' })).toEqual([]);
  });
});

describe('ending a ride where it is not allowed', () => {
  const forbidden = centre({ rideEndAllowed: false });
  const ride: Given[] = [{ eastM: 900, state: 'on_trip', tripId: 't' }, { eastM: 0 }];

  it('is open from the end of the trip until the vehicle stands where it may', () => {
    const line: Given[] = [...ride, { state: 'available' }, { eastM: 100 }, { eastM: 600 }];
    expect(told([forbidden], [], ...line)).toEqual([
      ['ride_end_not_allowed', 'centre', 'open', 20],
      ['ride_end_not_allowed', 'centre', 'closed', 40],
    ]);
    expect(violations([forbidden], [], ...line)[0]).toMatchObject({ tripId: 't', zoneId: 'centre' });
  });

  it('closes when the next trip starts', () => {
    expect(told([forbidden], [], ...ride, { state: 'available' }, { state: 'on_trip' })).toEqual([
      ['ride_end_not_allowed', 'centre', 'open', 20],
      ['ride_end_not_allowed', 'centre', 'closed', 30],
    ]);
  });

  it('is nothing when riding through, nor for a vehicle that was parked there already', () => {
    expect(told([forbidden], [], ...ride, { eastM: 900 })).toEqual([]);
    expect(told([forbidden], [], { eastM: 0, state: 'available' }, { state: 'reserved' })).toEqual([]);
  });

  it('may be against the global rule: then it names no zone', () => {
    const parking = centre({ rideEndAllowed: true });
    const found = violations(
      [parking],
      [{ rideEndAllowed: false }],
      ...ride,
      { eastM: 900, state: 'available' },
      { eastM: 0 },
    );
    expect(found).toMatchObject([
      { kind: 'ride_end_not_allowed', rule: { name: 'rideEndAllowed', from: 'global' }, status: 'open' },
      { kind: 'ride_end_not_allowed', status: 'closed' },
    ]);
    expect(found[0]?.zoneId).toBeUndefined();
  });
});

describe('losing contact', () => {
  const forbidden = centre({ rideThroughAllowed: false, rideEndAllowed: false });

  it.each(['non_contactable', 'missing', 'elsewhere'] as const)('ends no trip: %s', (state) => {
    const line: Given[] = [{ eastM: 0, state: 'on_trip' }, { state }, { eastM: 10 }, { state: 'available' }];
    expect(told([forbidden], [], ...line)).toEqual([
      ['ride_through_not_allowed', 'centre', 'open', 0],
      ['ride_through_not_allowed', 'centre', 'closed', 30],
      ['ride_end_not_allowed', 'centre', 'open', 30],
    ]);
  });

  it.each(['available', 'reserved', 'non_operational', 'removed'] as const)(
    'is not being %s, which ends it',
    (state) => {
      expect(told([forbidden], [], { eastM: 0, state: 'on_trip' }, { state }).slice(2)).toEqual([
        ['ride_end_not_allowed', 'centre', 'open', 10],
      ]);
    },
  );

  it('keeps a parked vehicle parked, and says nothing of one never heard of before', () => {
    const lost = { eastM: 0, state: 'non_contactable' } as const;
    expect(told([forbidden], [], { eastM: 0, state: 'available' }, lost)).toEqual([]);
    expect(told([forbidden], [], lost)).toEqual([['ride_through_not_allowed', 'centre', 'open', 0]]);
  });
});

it('the same rule broken again later is another violation', () => {
  const [first, , second] = violations(
    [centre({ rideThroughAllowed: false })],
    [],
    { eastM: 0 },
    { eastM: 600 },
    { eastM: 0 },
  );
  expect(second?.status).toBe('open');
  expect(second?.id).not.toBe(first?.id);
});

it('nothing is judged of a vehicle that has never had a position', () => {
  expect(told([centre()], [{ rideThroughAllowed: false }], { state: 'available' }, { state: 'on_trip' })).toEqual([]);
});

import { evaluate } from './evaluate';
import { explainFact } from './explain-fact';
import type { Violation } from './fact';
import { importZones } from './import-zones';
import { compileZoneSet } from './compile-zone-set';
import { passTime } from './pass-time';
import type { Report } from './report';
import { resolveRule } from './rule';
import type { StationSet } from './station-set';
import { step } from './step';
import { aReport, aSchedule, aSquare, aStationSet, aZoneSet, movedBy, NOON } from './testing';
import type { ZoneRule, ZoneSchedule, ZoneSet } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];
const MINUTE = 60_000;
const square = (eastM: number, sizeM: number) => {
  const { lng, lat } = movedBy(LNG, LAT, eastM, 0);
  return aSquare(lng, lat, sizeM);
};
/** A zone of 1 km, in it a station of 40 m at its centre and one without an area 200 m to the east. */
const zone = (rule: ZoneRule, given: Parameters<typeof aZoneSet>[0] = {}) =>
  aZoneSet({ zones: [{ zoneId: 'centre', rules: [rule] }], ...given });
const { lng, lat } = movedBy(LNG, LAT, 200, 0);
const STATIONS = aStationSet([
  { stationId: 'corral', name: [{ text: 'Dam', language: 'nl' }], area: square(0, 40) },
  { stationId: 'docks', position: [lng, lat] },
]);

function under(set: ZoneSet, stations: StationSet | undefined): ZoneSchedule {
  return { revision: 1, entries: [{ effectiveAt: -Infinity, set, stations }] };
}

type Given = Partial<Report> & { readonly eastM: number };
const reportsOf = (given: readonly Given[]) =>
  given.map(({ eastM, ...rest }, i) => aReport({ at: NOON + i * 10_000, ...movedBy(LNG, LAT, eastM, 0), ...rest }));

function violationsUnder(schedule: ZoneSchedule, reports: readonly Report[]) {
  return evaluate(undefined, reports, schedule).asserted.filter((fact): fact is Violation => fact.type === 'violation');
}
const brief = ({ kind, rule, status, openedAt, closedAt }: Violation) =>
  [kind, rule.from, status, ((closedAt ?? openedAt) - NOON) / 1_000] as const;
const told = (set: ZoneSet, stations: StationSet | undefined, ...given: Given[]) =>
  violationsUnder(under(set, stations), reportsOf(given)).map(brief);

/** A ride of one fix to this place. */
const rideTo = (eastM: number, given: Partial<Report> = {}): Given[] => [
  { eastM: eastM + 100, state: 'on_trip', tripId: 'trip-1' },
  { eastM, state: 'available', ...given },
];

describe('station_parking: `true` - Vehicles can only be parked at stations (GBFS 2.3 to 3.1)', () => {
  const atStations = zone({ stationParking: true });

  it.each([
    ['in a station area', 0, []],
    ['within 30 m of a station that has no area', 225, []],
    ['outside of any', 60, [['station_parking', 'centre', 'open', 10]]],
    ['beside a station that has no area', 235, [['station_parking', 'centre', 'open', 10]]],
    ['outside of any and of the zone', 600, []],
  ])('a ride that ends %s', (_where, eastM, violations) => {
    expect(told(atStations, STATIONS, ...rideTo(eastM))).toEqual(violations);
  });

  it('says what a violation says: the field, who said it, where and on which trip', () => {
    const [violation] = violationsUnder(under(atStations, STATIONS), reportsOf(rideTo(60)));
    const { lng: there, lat: here } = movedBy(LNG, LAT, 60, 0);
    expect(violation).toMatchObject({
      kind: 'station_parking',
      zoneId: 'centre',
      zoneSetVersion: 1,
      rule: { name: 'stationParking', from: 'centre' },
      status: 'open',
      openedAt: NOON + 10_000,
      tripId: 'trip-1',
      position: [there, here],
    });
  });

  it('is nothing for a vehicle that rides through or stands at a light, nor for one that was parked there all the time', () => {
    const onTrip = { state: 'on_trip' } as const;
    expect(told(atStations, STATIONS, { eastM: 60, ...onTrip }, { eastM: 60, speedMps: 0 }, { eastM: 60 })).toEqual([]);
    expect(told(atStations, STATIONS, { eastM: 60, state: 'available' }, { eastM: 60 })).toEqual([]);
  });

  it('is over when it is moved to a station, or ridden off', () => {
    expect(told(atStations, STATIONS, ...rideTo(60), { eastM: 61 }, { eastM: 10 }, { eastM: 60 })).toEqual([
      ['station_parking', 'centre', 'open', 10],
      ['station_parking', 'centre', 'closed', 30],
    ]);
    expect(told(atStations, STATIONS, ...rideTo(60), { eastM: 60, state: 'on_trip' })).toEqual([
      ['station_parking', 'centre', 'open', 10],
      ['station_parking', 'centre', 'closed', 20],
    ]);
  });

  it('goes on when it has stood there too long besides', () => {
    const both = zone({ stationParking: true, maximumParkedMinutes: 1 });
    expect(told(both, STATIONS, ...rideTo(60), { eastM: 60, at: NOON + 3 * MINUTE })).toEqual([
      ['station_parking', 'centre', 'open', 10],
      ['parked_too_long', 'centre', 'open', 70],
    ]);
  });

  it('`false` - Vehicles may be parked outside of stations; nobody saying so means the same', () => {
    expect(told(zone({ stationParking: false }), STATIONS, ...rideTo(60))).toEqual([]);
    expect(told(zone({ rideEndAllowed: true }), STATIONS, ...rideTo(60))).toEqual([]);
  });

  it('is resolved like every field: the earlier zone, the vehicle type, the global rules', () => {
    const everywhere: ZoneRule[] = [{ stationParking: true }];
    const freeForBikes = zone({ stationParking: false, vehicleTypeIds: ['bike'] }, { globalRules: everywhere });
    expect(told(freeForBikes, STATIONS, ...rideTo(60, { vehicleTypeId: 'bike' }))).toEqual([]);
    expect(told(freeForBikes, STATIONS, ...rideTo(60, { vehicleTypeId: 'moped' }))).toEqual([
      ['station_parking', 'global', 'open', 10],
    ]);
  });

  it('is not judged as long as nobody has said where stations are, and always where there are none', () => {
    expect(told(atStations, undefined, ...rideTo(60))).toEqual([]);
    expect(told(atStations, aStationSet([]), ...rideTo(0))).toEqual([['station_parking', 'centre', 'open', 10]]);
  });

  it('where nobody says a state, is told after five minutes of standing, and not for noise beside a station', () => {
    const stands = (place: (i: number) => number) => Array.from({ length: 40 }, (_, i) => ({ eastM: place(i) }));
    expect(told(atStations, STATIONS, ...stands((i) => 100 + (i % 5)))).toEqual([
      ['station_parking', 'centre', 'open', 300],
    ]);
    expect(told(atStations, STATIONS, ...stands((i) => (i % 7 === 6 ? 45 : 0)))).toEqual([]);
    // And told once, however near noise brings it to a station that it does not stand at.
    expect(told(atStations, STATIONS, ...stands((i) => (i % 7 === 6 ? 229 : 236)))).toEqual([
      ['station_parking', 'centre', 'open', 300],
    ]);
  });
});

describe('station_area takes precedence over ride_start_allowed and ride_end_allowed in overlapping zones (GBFS 3.0, 3.1)', () => {
  const nothing = { rideStartAllowed: false, rideEndAllowed: false, rideThroughAllowed: false, maximumSpeedKph: 5 };
  const starts = (eastM: number): Given[] => [
    { eastM, state: 'available' },
    { eastM, state: 'on_trip' },
  ];

  it('a ride may end in a station area and nowhere else in the zone', () => {
    const noEnd = zone({ rideEndAllowed: false });
    expect(told(noEnd, STATIONS, ...rideTo(0))).toEqual([]);
    expect(told(noEnd, STATIONS, ...rideTo(60))).toEqual([['ride_end_not_allowed', 'centre', 'open', 10]]);
  });

  it('a ride may start in a station area and nowhere else in the zone', () => {
    const noStart = zone({ rideStartAllowed: false });
    expect(told(noStart, STATIONS, ...starts(0))).toEqual([]);
    expect(told(noStart, STATIONS, ...starts(60))).toEqual([['ride_start_not_allowed', 'centre', 'open', 10]]);
  });

  it('over the global rules too, for zones come before those', () => {
    const nowhere = aZoneSet({ zones: [], globalRules: [{ rideEndAllowed: false }] });
    expect(told(nowhere, STATIONS, ...rideTo(0))).toEqual([]);
    expect(told(nowhere, STATIONS, ...rideTo(60))).toEqual([['ride_end_not_allowed', 'global', 'open', 10]]);
  });

  it('a station without an area takes precedence over nothing', () => {
    expect(told(zone({ rideEndAllowed: false }), STATIONS, ...rideTo(200))).toEqual([
      ['ride_end_not_allowed', 'centre', 'open', 10],
    ]);
  });

  it("takes precedence for starting and ending only: riding through and speed are the zone's", () => {
    const [corral] = STATIONS.definition.stations;
    expect(resolveRule(zone({ ...nothing, stationParking: true }), [0], undefined, corral)).toMatchObject({
      rideStartAllowed: true,
      rideEndAllowed: true,
      rideThroughAllowed: false,
      maximumSpeedKph: 5,
      stationParking: true,
      from: {
        rideStartAllowed: 'station:corral',
        rideEndAllowed: 'station:corral',
        rideThroughAllowed: 'centre',
        maximumSpeedKph: 'centre',
        stationParking: 'centre',
      },
    });
    const rides: Given[] = [{ eastM: 0, state: 'on_trip', speedMps: 4 }];
    expect(told(zone(nothing), STATIONS, ...rides).map(([kind]) => kind)).toEqual([
      'ride_through_not_allowed',
      'speeding',
    ]);
  });

  it('as over ride_allowed of GBFS 2, which is both', () => {
    const ring = square(0, 1_000).coordinates;
    const properties = { rules: [{ ride_allowed: false, ride_through_allowed: true, station_parking: true }] };
    const features = [
      { type: 'Feature', id: 'centre', geometry: { type: 'MultiPolygon', coordinates: [ring] }, properties },
    ];
    const imported = importZones(
      { version: '2.3', data: { geofencing_zones: { type: 'FeatureCollection', features } } },
      { profile: 'immediate' },
    );
    if (imported.kind === 'refused') throw new Error(imported.detail);
    const set = compileZoneSet(imported.definition, { fleetId: 'default', version: 1 });
    expect(told(set, STATIONS, ...rideTo(0))).toEqual([]);
    // Two fields, each with its own answer: neither swallows the other.
    expect(told(set, STATIONS, ...rideTo(60))).toEqual([
      ['ride_end_not_allowed', 'centre', 'open', 10],
      ['station_parking', 'centre', 'open', 10],
    ]);
  });
});

describe('with the profile confirmed', () => {
  const quiet = { profile: 'confirmed' } as const;

  it.each([
    ['no farther beside the area than a fix is off', 35, {}, []],
    ['farther, by a receiver that says how bad it is', 45, { accuracyM: 14 }, []],
    ['farther', 45, {}, [['station_parking', 'centre', 'open', 10]]],
    [
      'far off by a device that claims to be hundreds of metres off',
      55,
      { accuracyM: 300 },
      [['station_parking', 'centre', 'open', 10]],
    ],
  ])('a ride that ends %s', (_how, eastM, given, violations) => {
    expect(told(zone({ stationParking: true }, quiet), STATIONS, ...rideTo(eastM, given))).toEqual(violations);
    const precedence = told(zone({ rideEndAllowed: false }, quiet), STATIONS, ...rideTo(eastM, given));
    expect(precedence).toHaveLength(violations.length);
  });
});

describe('what is held against a parked vehicle', () => {
  const quiet = zone({ stationParking: true }, { profile: 'confirmed' });

  it.each([
    ['stays though its receiver says that it is off by more', { eastM: 45, accuracyM: 15 }, 1],
    ['stays though a fix comes near a station that is a point', { eastM: 176 }, 1],
    ['is over in the area', { eastM: 10 }, 2],
    ['is over at the point', { eastM: 190 }, 2],
  ])('%s', (_what, later, facts) => {
    const eastM = later.eastM > 100 ? 166 : 45;
    expect(told(quiet, STATIONS, ...rideTo(eastM, { accuracyM: 8 }), later)).toHaveLength(facts);
  });
});

describe('stations that change', () => {
  const set = zone({ stationParking: true });
  const corral = [{ stationId: 'corral', area: square(0, 40) }];
  const later = aStationSet([{ stationId: 'new', area: square(60, 40) }], 2);
  const parked = reportsOf([...rideTo(60), { eastM: 60 }]);

  it('close what is over from then on, without a report', () => {
    const schedule = aSchedule(set, [NOON, set, STATIONS], [NOON + MINUTE, set, later]);
    const { memory } = evaluate(undefined, parked, schedule);
    const passed = { watermark: NOON + 2 * MINUTE, decideTo: NOON + 2 * MINUTE };
    expect(passTime(memory!, aReport(), passed, schedule, () => undefined).told).toMatchObject([
      { kind: 'station_parking', status: 'closed', closedAt: NOON + MINUTE },
    ]);
  });

  it('are asked as closely as the last fix was measured', () => {
    const quiet = zone({ stationParking: true }, { profile: 'confirmed' });
    const schedule = aSchedule(quiet, [NOON, quiet, aStationSet([])], [NOON + MINUTE, quiet, aStationSet(corral, 2)]);
    const passed = { watermark: NOON + 2 * MINUTE, decideTo: NOON + 2 * MINUTE };
    const closings = [14, undefined].map((accuracyM) => {
      const { memory } = evaluate(undefined, reportsOf(rideTo(45, { accuracyM })), schedule);
      return passTime(memory!, aReport(), passed, schedule, () => undefined).told.length;
    });
    expect(closings).toEqual([1, 0]);
  });

  it('accuse nobody who has ended a ride before', () => {
    const schedule = aSchedule(set, [NOON, set, later], [NOON + MINUTE, set, STATIONS]);
    expect(violationsUnder(schedule, [...parked, ...reportsOf([{ eastM: 60, at: NOON + 2 * MINUTE }])])).toEqual([]);
  });

  it.each([
    ['from a moment on', aSchedule(set, [NOON, set, STATIONS], [NOON + 5_000, set, later])],
    ['in the place of others', { ...aSchedule(set, [NOON, set, later]), revision: 9 }],
  ])('learned late, %s, take back what was decided without them', (_how, after) => {
    const before = aSchedule(set, [NOON, set, STATIONS]);
    const first = step(step(undefined, parked[0]!, before).memory, parked[1]!, before);
    const [opened] = first.asserted;
    expect(opened).toMatchObject({ kind: 'station_parking' });
    const { asserted, retracted } = step(first.memory, parked[2]!, after, () => before);
    expect(retracted).toMatchObject([{ id: opened!.id }]);
    expect(asserted).toEqual([]);
  });

  it('under a new zone set of the same zones are still the same stations', () => {
    const second = zone({ stationParking: true }, { version: 2 });
    const schedule = aSchedule(set, [NOON, set, STATIONS], [NOON + MINUTE, second, STATIONS]);
    const again = reportsOf([{ eastM: 60, at: NOON + 2 * MINUTE }]);
    expect(violationsUnder(schedule, [...parked, ...again]).map(brief)).toEqual([
      ['station_parking', 'centre', 'open', 10],
    ]);
  });
});

test('an explanation names the station that a report was at, and that it said what holds', () => {
  const schedule = under(zone({ rideEndAllowed: false, stationParking: true }), STATIONS);
  const reports = reportsOf([...rideTo(60), { eastM: 0 }]);
  const [, opened] = violationsUnder(schedule, reports);
  const { reports: seen } = explainFact(
    opened!,
    reports.map((report) => ({ report })),
    schedule,
  );
  expect(seen.map(({ station, rule }) => [station, rule.rideEndAllowed])).toEqual([
    [undefined, { value: false, from: 'centre' }],
    [undefined, { value: false, from: 'centre' }],
    [
      { stationId: 'corral', name: 'Dam' },
      { value: true, from: 'station:corral' },
    ],
  ]);
});

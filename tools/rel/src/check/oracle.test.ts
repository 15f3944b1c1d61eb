import { judgeVehicle, type LoggedReport } from './oracle';
import { zoneBook, type BookRule, type BookSet } from './zone-book';

const T = Date.UTC(2026, 10, 21, 10);

function aSet(changes: Partial<BookSet> = {}): BookSet {
  return {
    version: 1,
    globalRules: [],
    zones: [{ zoneId: 'park', geometry: aSquare(0, 10), rules: [] }],
    ...changes,
  };
}

function aSquare(from: number, to: number) {
  const ring = [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
    [from, from],
  ];
  return { type: 'Polygon', coordinates: [ring] };
}

const bookOf = (set: BookSet) => zoneBook([{ revision: 1, version: 1, effectiveAt: -Infinity }], new Map([[1, set]]));

function aReport(second: number, lng: number | undefined, more: Partial<LoggedReport> = {}): LoggedReport {
  const at = T + second * 1_000;
  return {
    fleetId: 'default',
    vehicleId: 'bike-1',
    measuredAt: at,
    receivedAt: at,
    at,
    ...(lng !== undefined && { lng, lat: 5 }),
    ...more,
  };
}

/** Facts in short: `kind zone|global second[-second] [cause]`. */
function story(reports: readonly LoggedReport[], set: BookSet = aSet()): string[] {
  const second = (at: number) => (at - T) / 1_000;
  return judgeVehicle(reports, bookOf(set)).facts.map((fact) =>
    fact.type === 'geofence_event'
      ? `${fact.kind} ${fact.zoneId} ${second(fact.at)} ${fact.cause}`
      : `${fact.kind} ${fact.zoneId ?? 'global'} ${second(fact.openedAt)}-${fact.closedAt === undefined ? '' : second(fact.closedAt)}`,
  );
}

describe('the oracle', () => {
  it('sees a bike that is first met inside, leaves and comes back onto the edge', () => {
    expect(story([aReport(0, 5), aReport(1, 11), aReport(2, 10)])).toEqual([
      'entered park 0 first_fix',
      'exited park 1 moved',
      'entered park 2 moved',
    ]);
  });

  it('sees a hop over a zone, and none where an end is inside, the way leads past or nothing moved', () => {
    expect(story([aReport(0, -5), aReport(5, 15), aReport(10, 15)])).toEqual(['crossed park 5 moved']);
    expect(story([aReport(0, -5), aReport(5, 5)])).toEqual(['entered park 5 moved']);
    expect(story([aReport(0, -5, { lat: 20 }), aReport(5, 15, { lat: 11 })])).toEqual([]);
    expect(story([aReport(0, -5)])).toEqual([]);
  });

  it('passes over copies, and decides a late report at its own time', () => {
    const reports = [aReport(0, 5), aReport(2, 11), aReport(0, 5), aReport(1, 11)];
    expect(judgeVehicle(reports, bookOf(aSet()))).toMatchObject({ copies: 1, late: 1, closed: 0, tooLong: false });
    expect(story(reports)).toEqual(['entered park 0 first_fix', 'exited park 1 moved']);
  });

  it('expects the same facts of every order in which a ride may come', () => {
    const ride = [5, 11, 10, -5, 15, 9].map((lng, second) => aReport(second, lng));
    const told = story(ride);
    expect(story([...ride].reverse())).toEqual(told);
    expect(story([3, 1, 5, 0, 4, 2].map((at) => ride[at]!))).toEqual(told);
  });

  it('tells a parked bike at the moment a zone opens over it and when it closes, once somebody hears of it', () => {
    const zones = [{ zoneId: 'fair', geometry: aSquare(0, 10), rules: [], start: T + 10_000, end: T + 20_000 }];
    expect(story([aReport(0, 5), aReport(30, 5)], aSet({ zones }))).toEqual([
      'entered fair 10 zone_changed',
      'exited fair 20 zone_changed',
    ]);
  });

  it('decides by the zone set that was in force at the time of the report', () => {
    const wide = aSet({ version: 2, zones: [{ zoneId: 'park', geometry: aSquare(0, 20), rules: [] }] });
    const book = zoneBook(
      [
        { revision: 1, version: 1, effectiveAt: -Infinity },
        { revision: 2, version: 2, effectiveAt: T + 10_000 },
      ],
      new Map([
        [1, aSet()],
        [2, wide],
      ]),
    );
    const { facts } = judgeVehicle([aReport(0, 15), aReport(5, 16), aReport(12, 17)], book);
    expect(facts).toMatchObject([{ kind: 'entered', zoneId: 'park', at: T + 10_000, cause: 'zone_changed' }]);
  });

  const trip = { state: 'on_trip' };
  const parked = { state: 'available' };
  const ruled = (rules: readonly BookRule[], globalRules: readonly BookRule[] = []) =>
    aSet({ globalRules, zones: [{ zoneId: 'park', geometry: aSquare(0, 10), rules }] });
  const violations = (reports: readonly LoggedReport[], set: BookSet) =>
    story(reports, set).filter((line) => !/^(entered|exited)/.test(line));

  it('keeps a violation of a ride through open until the bike is out again', () => {
    const reports = [aReport(0, 5, trip), aReport(1, 6), aReport(2, 11)];
    expect(violations(reports, ruled([{ rideThroughAllowed: false }]))).toEqual(['ride_through_not_allowed park 0-2']);
  });

  it('calls it outside the service area where only the global rules forbid riding', () => {
    const set = ruled([{ rideThroughAllowed: true }], [{ rideThroughAllowed: false }]);
    const reports = [aReport(0, 5, trip), aReport(1, 11), aReport(2, 12), aReport(3, 12, parked)];
    expect(violations(reports, set)).toEqual(['outside_service_area global 1-3']);
  });

  it('lets a bike start and end trips only where it may', () => {
    const set = ruled([{ rideStartAllowed: false, rideEndAllowed: false }]);
    const reports = [aReport(0, 5, parked), aReport(1, 5, trip), aReport(2, 6), aReport(3, 6, parked), aReport(4, 11)];
    expect(violations(reports, set)).toEqual(['ride_start_not_allowed park 1-3', 'ride_end_not_allowed park 3-4']);
  });

  it('closes speeding at a slower speed, and not for want of one', () => {
    const reports = [8, 8, undefined, 2].map((speedMps, i) => aReport(i, 5, { ...trip, speedMps }));
    expect(violations(reports, ruled([{ maximumSpeedKph: 20 }]))).toEqual(['speeding park 0-3']);
  });

  it('takes each field of a rule from the first zone that states it', () => {
    const zones = [
      { zoneId: 'first', geometry: aSquare(0, 10), rules: [{ maximumSpeedKph: 40 }] },
      { zoneId: 'second', geometry: aSquare(0, 10), rules: [{ maximumSpeedKph: 5, rideThroughAllowed: false }] },
    ];
    expect(violations([aReport(0, 5, { ...trip, speedMps: 8 })], aSet({ zones }))).toEqual([
      'ride_through_not_allowed second 0-',
    ]);
  });

  it('judges a bike without a type by the only type the rules name, and by none where they name two', () => {
    const slow = (type: string) => ({ vehicleTypeIds: [type], maximumSpeedKph: 5 });
    const fast = [aReport(0, 5, { ...trip, speedMps: 8 })];
    expect(violations(fast, ruled([slow('ebike')]))).toEqual(['speeding park 0-']);
    expect(violations(fast, ruled([slow('ebike'), slow('moped')]))).toEqual([]);
  });
});

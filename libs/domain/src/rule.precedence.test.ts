import { compileZoneSet } from './compile-zone-set';
import { importZones } from './import-zones';
import { resolveRule, zonesAt, type RuleField } from './rule';
import { aSquare, aZoneSet, movedBy, NOON } from './testing';

/**
 * GBFS 3.0, geofencing_zones.json, "Geofencing Rule Precedence" and its three "Polygon Overlap Examples" (MobilityData/gbfs, gbfs.md, pull request 481),
 * read as a file is. In the specification's letters: `a` and `b` are the areas of only one polygon, `ab` that of both, `g` everywhere else.
 */
const [LNG, LAT] = [4.8932, 52.3731];
const HOUR = 3_600_000;

/** Two squares of a kilometre whose middles lie 680 m apart. */
const A = aSquare(LNG, LAT, 1_000);
const B = aSquare(movedBy(LNG, LAT, 680, 0).lng, LAT, 1_000);
const AREAS = { a: -300, ab: 340, b: 900, g: 9_000 } as const;

type Area = keyof typeof AREAS;
type Said = Partial<Record<RuleField, readonly [value: boolean | number, from: string]>>;

/** A file with the polygons A and B, in this order. */
function read(a: object, b: object, globalRules: readonly object[]) {
  const feature = (id: string, square: typeof A, properties: object) => {
    const geometry = { type: 'MultiPolygon', coordinates: [square.coordinates] };
    return { type: 'Feature', id, geometry, properties };
  };
  const file = importZones({
    last_updated: '2026-11-20T12:00:00Z',
    ttl: 60,
    version: '3.0',
    data: {
      geofencing_zones: { type: 'FeatureCollection', features: [feature('A', A, a), feature('B', B, b)] },
      global_rules: globalRules,
    },
  });
  if (file.kind === 'refused') throw new Error(file.detail);
  expect(file).toMatchObject({ refused: [], definition: { origin: 'gbfs3' } });
  return compileZoneSet(file.definition, { fleetId: 'default', version: 1 });
}

function heldIn(set: ReturnType<typeof aZoneSet>, area: Area, vehicleTypeId: string, at = NOON): Said {
  const { lng, lat } = movedBy(LNG, LAT, AREAS[area], 0);
  const rule = resolveRule(set, zonesAt(set, [lng, lat], at), vehicleTypeId);
  const fields = Object.entries(rule.from) as [RuleField, string][];
  return Object.fromEntries(fields.map(([field, from]) => [field, [rule[field]!, from] as const]));
}

describe('the worked tables of the specification', () => {
  const rules = (...all: object[]) => ({ rules: all });
  const bike = ['bike'];
  const scooter = ['scooter'];

  describe('partially overlapping polygons with same vehicle types', () => {
    const set = read(
      rules({ vehicle_type_ids: bike, ride_through_allowed: true }),
      rules({ vehicle_type_ids: bike, ride_through_allowed: false, maximum_speed_kph: 20 }),
      [{ vehicle_type_ids: bike, ride_through_allowed: false, maximum_speed_kph: 10 }],
    );

    it.each<[Area, string, boolean, string, number, string]>([
      ['a', 'bike', true, 'A', 10, 'global'],
      ['ab', 'bike', true, 'A', 20, 'B'],
      ['b', 'bike', false, 'B', 20, 'B'],
      ['g', 'bike', false, 'global', 10, 'global'],
    ])('%s, %s: riding through %s (says %s), at most %s km/h (says %s)', (area, type, through, who, speed, whose) => {
      expect(heldIn(set, area, type)).toEqual({
        rideThroughAllowed: [through, who],
        maximumSpeedKph: [speed, whose],
      });
    });
  });

  describe('partially overlapping polygons with different vehicle types', () => {
    const set = read(
      rules({ vehicle_type_ids: bike, ride_through_allowed: true }),
      rules({ vehicle_type_ids: scooter, ride_through_allowed: false }),
      [
        { vehicle_type_ids: bike, ride_through_allowed: false },
        { vehicle_type_ids: scooter, ride_through_allowed: true },
      ],
    );

    it.each<[Area, string, boolean, string]>([
      ['a', 'bike', true, 'A'],
      ['ab', 'bike', true, 'A'],
      ['b', 'bike', false, 'global'],
      ['g', 'bike', false, 'global'],
      ['a', 'scooter', true, 'global'],
      ['ab', 'scooter', false, 'B'],
      ['b', 'scooter', false, 'B'],
      ['g', 'scooter', true, 'global'],
    ])('%s, %s: riding through %s (says %s)', (area, type, through, who) => {
      expect(heldIn(set, area, type)).toEqual({ rideThroughAllowed: [through, who] });
    });
  });

  describe('partially overlapping polygons with some overlapping vehicle types', () => {
    const set = read(
      rules({ vehicle_type_ids: ['bike', 'scooter'], ride_through_allowed: true }),
      rules({ vehicle_type_ids: scooter, ride_through_allowed: false }),
      [{ ride_through_allowed: false }],
    );

    it.each<[Area, string, boolean, string]>([
      ['a', 'bike', true, 'A'],
      ['ab', 'bike', true, 'A'],
      ['b', 'bike', false, 'global'],
      ['g', 'bike', false, 'global'],
      // The table as it was merged prints "fales" here, against its own rule: polygon A lets scooters through, and nothing comes before it.
      ['a', 'scooter', true, 'A'],
      ['ab', 'scooter', true, 'A'],
      ['b', 'scooter', false, 'B'],
      ['g', 'scooter', false, 'global'],
    ])('%s, %s: riding through %s (says %s)', (area, type, through, who) => {
      expect(heldIn(set, area, type)).toEqual({ rideThroughAllowed: [through, who] });
    });
  });
});

describe('several rules of one array for a type of vehicle: the earlier one, field by field, for that type', () => {
  const set = aZoneSet({
    zones: [
      {
        zoneId: 'A',
        geometry: A,
        rules: [
          { vehicleTypeIds: ['scooter'], maximumSpeedKph: 6, rideEndAllowed: false },
          { vehicleTypeIds: ['bike', 'scooter'], maximumSpeedKph: 15, rideThroughAllowed: true },
          { maximumSpeedKph: 25, rideThroughAllowed: false },
        ],
      },
    ],
    globalRules: [{ vehicleTypeIds: ['scooter'], rideThroughAllowed: false }, { rideThroughAllowed: true }],
  });

  it.each<[string, Area, Said]>([
    ['scooter', 'a', { maximumSpeedKph: [6, 'A'], rideEndAllowed: [false, 'A'], rideThroughAllowed: [true, 'A'] }],
    ['bike', 'a', { maximumSpeedKph: [15, 'A'], rideThroughAllowed: [true, 'A'] }],
    ['moped', 'a', { maximumSpeedKph: [25, 'A'], rideThroughAllowed: [false, 'A'] }],
    ['scooter', 'g', { rideThroughAllowed: [false, 'global'] }],
    ['moped', 'g', { rideThroughAllowed: [true, 'global'] }],
  ])('a %s in %s', (type, area, said) => expect(heldIn(set, area, type)).toEqual(said));
});

describe('polygons outside of their time do not count, so what they hid holds', () => {
  const set = aZoneSet({
    zones: [
      { zoneId: 'A', geometry: A, rules: [{ maximumSpeedKph: 8 }], start: NOON, end: NOON + HOUR },
      { zoneId: 'B', geometry: B, rules: [{ maximumSpeedKph: 20 }], end: NOON + HOUR },
    ],
    globalRules: [{ maximumSpeedKph: 25 }],
  });

  it.each<[string, number, Area, Said]>([
    ['a moment before A starts', -1, 'ab', { maximumSpeedKph: [20, 'B'] }],
    ['when A starts', 0, 'ab', { maximumSpeedKph: [8, 'A'] }],
    ['a moment before both end', HOUR - 1, 'ab', { maximumSpeedKph: [8, 'A'] }],
    ['when both have ended', HOUR, 'ab', { maximumSpeedKph: [25, 'global'] }],
    ['a moment before A starts', -1, 'a', { maximumSpeedKph: [25, 'global'] }],
    ['when both have ended', HOUR, 'b', { maximumSpeedKph: [25, 'global'] }],
  ])('%s', (_when, afterMs, area, said) => expect(heldIn(set, area, 'bike', NOON + afterMs)).toEqual(said));
});

import { resolveRule, zonesAt, type RuleField } from './rule';
import { aSquare, aZoneSet, movedBy, NOON } from './testing';

/**
 * GBFS 3.0, "Geofencing Rule Precedence", sentence by sentence, each as a table of places. The first worked example of the specification
 * is in rule.test.ts.
 */
const [LNG, LAT] = [4.8932, 52.3731];
const HOUR = 3_600_000;

/** Two squares of a kilometre whose middles lie 680 m apart: only in A, in both, only in B, in neither. */
const A = aSquare(LNG, LAT, 1_000);
const B = aSquare(movedBy(LNG, LAT, 680, 0).lng, LAT, 1_000);
const PLACES = { 'only in A': -300, 'in both': 340, 'only in B': 900, 'in neither': 9_000 } as const;

type Said = Partial<Record<RuleField, readonly [value: boolean | number, from: string]>>;
type Place = keyof typeof PLACES;

function heldAt(set: ReturnType<typeof aZoneSet>, place: Place, vehicleTypeId: string, at = NOON): Said {
  const { lng, lat } = movedBy(LNG, LAT, PLACES[place], 0);
  const rule = resolveRule(set, zonesAt(set, [lng, lat], at), vehicleTypeId);
  const fields = Object.entries(rule.from) as [RuleField, string][];
  return Object.fromEntries(fields.map(([field, from]) => [field, [rule[field]!, from] as const]));
}

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

  it.each<[string, Place, Said]>([
    [
      'scooter',
      'only in A',
      { maximumSpeedKph: [6, 'A'], rideEndAllowed: [false, 'A'], rideThroughAllowed: [true, 'A'] },
    ],
    ['bike', 'only in A', { maximumSpeedKph: [15, 'A'], rideThroughAllowed: [true, 'A'] }],
    ['moped', 'only in A', { maximumSpeedKph: [25, 'A'], rideThroughAllowed: [false, 'A'] }],
    ['scooter', 'in neither', { rideThroughAllowed: [false, 'global'] }],
    ['moped', 'in neither', { rideThroughAllowed: [true, 'global'] }],
  ])('a %s %s', (type, place, said) => expect(heldAt(set, place, type)).toEqual(said));
});

describe('polygons that overlap: the earlier one, field by field, for the types its rules are for', () => {
  const set = aZoneSet({
    zones: [
      {
        zoneId: 'A',
        geometry: A,
        rules: [{ vehicleTypeIds: ['bike'], rideEndAllowed: false, rideStartAllowed: true }],
      },
      { zoneId: 'B', geometry: B, rules: [{ rideEndAllowed: true, rideStartAllowed: false, stationParking: true }] },
    ],
    globalRules: [{ rideEndAllowed: false, stationParking: false }],
  });

  it.each<[string, Place, Said]>([
    [
      'bike',
      'only in A',
      { rideEndAllowed: [false, 'A'], rideStartAllowed: [true, 'A'], stationParking: [false, 'global'] },
    ],
    ['bike', 'in both', { rideEndAllowed: [false, 'A'], rideStartAllowed: [true, 'A'], stationParking: [true, 'B'] }],
    ['moped', 'in both', { rideEndAllowed: [true, 'B'], rideStartAllowed: [false, 'B'], stationParking: [true, 'B'] }],
    ['bike', 'only in B', { rideEndAllowed: [true, 'B'], rideStartAllowed: [false, 'B'], stationParking: [true, 'B'] }],
    ['bike', 'in neither', { rideEndAllowed: [false, 'global'], stationParking: [false, 'global'] }],
    ['moped', 'only in A', { rideEndAllowed: [false, 'global'], stationParking: [false, 'global'] }],
  ])('a %s %s', (type, place, said) => expect(heldAt(set, place, type)).toEqual(said));
});

describe('polygons outside of their time do not count, so what they hid holds', () => {
  const set = aZoneSet({
    zones: [
      { zoneId: 'A', geometry: A, rules: [{ maximumSpeedKph: 8 }], start: NOON, end: NOON + HOUR },
      { zoneId: 'B', geometry: B, rules: [{ maximumSpeedKph: 20 }], end: NOON + HOUR },
    ],
    globalRules: [{ maximumSpeedKph: 25 }],
  });

  it.each<[string, number, Place, Said]>([
    ['a moment before A starts', -1, 'in both', { maximumSpeedKph: [20, 'B'] }],
    ['when A starts', 0, 'in both', { maximumSpeedKph: [8, 'A'] }],
    ['a moment before both end', HOUR - 1, 'in both', { maximumSpeedKph: [8, 'A'] }],
    ['when both have ended', HOUR, 'in both', { maximumSpeedKph: [25, 'global'] }],
    ['a moment before A starts', -1, 'only in A', { maximumSpeedKph: [25, 'global'] }],
    ['when both have ended', HOUR, 'only in B', { maximumSpeedKph: [25, 'global'] }],
  ])('%s', (_when, afterMs, place, said) => expect(heldAt(set, place, 'bike', NOON + afterMs)).toEqual(said));
});

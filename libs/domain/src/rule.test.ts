import { outsideServiceArea, resolveRule, zonesAt } from './rule';
import { aZoneSet, NOON } from './testing';
import type { ZoneRule } from './zone-set';

const [LNG, LAT] = [4.8932, 52.3731];

/** All zones of the set, as if a vehicle were in each. */
function everywhere(set: ReturnType<typeof aZoneSet>): readonly number[] {
  return set.definition.zones.map((_zone, i) => i);
}

describe('what holds at a place', () => {
  it('is decided by the first rule of a zone that is for the type and states the field', () => {
    const rules: ZoneRule[] = [
      { vehicleTypeIds: ['scooter'], rideEndAllowed: false, maximumSpeedKph: 6 },
      { vehicleTypeIds: ['bike'], maximumSpeedKph: 15 },
      { rideEndAllowed: true, maximumSpeedKph: 25 },
    ];
    const set = aZoneSet({ zones: [{ rules }] });
    expect(resolveRule(set, [0], 'bike')).toMatchObject({ rideEndAllowed: true, maximumSpeedKph: 15 });
    expect(resolveRule(set, [0], 'scooter')).toMatchObject({ rideEndAllowed: false, maximumSpeedKph: 6 });
    expect(resolveRule(set, [0], 'moped')).toMatchObject({ rideEndAllowed: true, maximumSpeedKph: 25 });
  });

  it('is null, from nobody, where nobody says anything', () => {
    expect(resolveRule(aZoneSet(), [0], undefined)).toEqual({
      rideStartAllowed: null,
      rideEndAllowed: null,
      rideThroughAllowed: null,
      maximumSpeedKph: null,
      stationParking: null,
      maximumParkedMinutes: null,
      from: {},
      vehicleTypeMissing: false,
    });
  });

  it('leaves out zones before their start and from their end on', () => {
    const set = aZoneSet({ zones: [{ start: NOON, end: NOON + 1_000 }, { zoneId: 'always' }] });
    const counted = [NOON - 1, NOON, NOON + 999, NOON + 1_000].map((at) => zonesAt(set, [LNG, LAT], at));
    expect(counted).toEqual([[1], [0, 1], [0, 1], [1]]);
  });
});

describe('a vehicle without a type', () => {
  const forAll: ZoneRule = { rideEndAllowed: false };
  const globalRules: ZoneRule[] = [{ rideThroughAllowed: false }];

  it('is judged like every other where no rule names a type, by the global rules too', () => {
    const set = aZoneSet({ zones: [{ rules: [forAll] }], globalRules });
    const expected = { rideEndAllowed: false, rideThroughAllowed: false, vehicleTypeMissing: false };
    expect(resolveRule(set, [0], undefined)).toMatchObject(expected);
    expect(resolveRule(set, [0], 'anything')).toMatchObject(expected);
  });

  it('is taken for the only type that the rules name', () => {
    const set = aZoneSet({ zones: [{ rules: [{ vehicleTypeIds: ['moped'], maximumSpeedKph: 45 }] }], globalRules });
    expect(resolveRule(set, [0], undefined)).toMatchObject({
      maximumSpeedKph: 45,
      rideThroughAllowed: false,
      vehicleTypeMissing: false,
    });
  });

  it('is judged by the rules of zones for every type alone where several are named, and that is said', () => {
    const rules: ZoneRule[] = [{ vehicleTypeIds: ['bike'], maximumSpeedKph: 15 }, forAll];
    const set = aZoneSet({
      zones: [{ rules }],
      globalRules: [{ vehicleTypeIds: ['moped'], maximumSpeedKph: 45 }, ...globalRules],
    });
    expect(resolveRule(set, [0], undefined)).toEqual({
      rideStartAllowed: null,
      rideEndAllowed: false,
      rideThroughAllowed: null,
      maximumSpeedKph: null,
      stationParking: null,
      maximumParkedMinutes: null,
      from: { rideEndAllowed: 'centre' },
      vehicleTypeMissing: true,
    });
    expect(outsideServiceArea(set, [], undefined)).toBe(false);
    expect(outsideServiceArea(set, [], 'bike')).toBe(true);
  });
});

describe('the service area', () => {
  const globalRules: ZoneRule[] = [{ rideThroughAllowed: false }];
  const zone = (...rules: ZoneRule[]) => ({ rules });

  it.each<[string, Parameters<typeof aZoneSet>[0], boolean]>([
    ['has no edge without global rules', { zones: [zone({ rideThroughAllowed: false })] }, false],
    [
      'has no edge when the global rules allow riding',
      { zones: [zone()], globalRules: [{ rideThroughAllowed: true }] },
      false,
    ],
    [
      'has no edge when the global rules say nothing of riding',
      { zones: [zone()], globalRules: [{ maximumSpeedKph: 20 }] },
      false,
    ],
    ['is left where no zone says a word', { zones: [], globalRules }, true],
    ['is left in a zone that only limits speed', { zones: [zone({ maximumSpeedKph: 6 })], globalRules }, true],
    ['is left in a zone that forbids riding too', { zones: [zone({ rideThroughAllowed: false })], globalRules }, true],
    ['is not left in a zone that allows riding', { zones: [zone({ rideThroughAllowed: true })], globalRules }, false],
    [
      'is not left in a zone that allows riding, whatever an earlier zone forbids',
      {
        zones: [{ zoneId: 'no', ...zone({ rideThroughAllowed: false }) }, zone({ rideThroughAllowed: true })],
        globalRules,
      },
      false,
    ],
  ])('%s', (_what, given, outside) => {
    const set = aZoneSet(given);
    expect(outsideServiceArea(set, everywhere(set), 'bike')).toBe(outside);
  });
});

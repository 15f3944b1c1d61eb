import fc from 'fast-check';
import { completeRules } from './complete-rules';
import { resolveRule } from './rule';
import { aZoneSet } from './testing';
import type { ZoneRule } from './zone-set';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const aRule: fc.Arbitrary<ZoneRule> = fc.record({
  vehicleTypeIds: maybe(fc.uniqueArray(fc.constantFrom('bike', 'moped', 'scooter'), { minLength: 1 })),
  rideStartAllowed: maybe(fc.boolean()),
  rideEndAllowed: maybe(fc.boolean()),
  rideThroughAllowed: maybe(fc.boolean()),
  maximumSpeedKph: maybe(fc.constantFrom(6, 15, 25)),
  stationParking: maybe(fc.boolean()),
});
const someRules = fc.array(aRule, { maxLength: 4 });

it('rules with every right stated mean what they meant, for every type, where nobody says is allowed', () => {
  fc.assert(
    fc.property(
      someRules,
      someRules,
      fc.constantFrom('bike', 'moped', 'scooter', 'car'),
      (rules, globalRules, type) => {
        const complete = completeRules(rules, globalRules);
        const completeGlobally = completeRules(globalRules, []);
        const before = resolveRule(aZoneSet({ zones: [{ rules }], globalRules }), [0], type);
        const after = resolveRule(aZoneSet({ zones: [{ rules: complete }], globalRules: completeGlobally }), [0], type);
        for (const field of ['rideStartAllowed', 'rideEndAllowed', 'rideThroughAllowed'] as const) {
          expect(after[field] ?? true).toBe(before[field] ?? true);
          for (const rule of complete) expect(rule[field]).toBeDefined();
        }
        expect([after.maximumSpeedKph, after.stationParking]).toEqual([before.maximumSpeedKph, before.stationParking]);
      },
    ),
    { numRuns: 2_000 },
  );
});

it('types that are treated alike share a rule, and whoever is not named has one of its own', () => {
  const rules: ZoneRule[] = [
    { vehicleTypeIds: ['bike', 'moped'], rideEndAllowed: false },
    { rideThroughAllowed: true },
  ];
  expect(completeRules(rules, [])).toEqual([
    { vehicleTypeIds: ['bike', 'moped'], rideStartAllowed: true, rideEndAllowed: false, rideThroughAllowed: true },
    { rideStartAllowed: true, rideEndAllowed: true, rideThroughAllowed: true },
  ]);
});

it('rules that state every right already stay as they are, in their order', () => {
  const rights = { rideStartAllowed: true, rideEndAllowed: true, rideThroughAllowed: true };
  const rules: ZoneRule[] = [{ ...rights, vehicleTypeIds: ['moped'] }, { ...rights, vehicleTypeIds: ['bike'] }, rights];
  expect(completeRules(rules, [{ rideThroughAllowed: false }])).toEqual(rules);
});

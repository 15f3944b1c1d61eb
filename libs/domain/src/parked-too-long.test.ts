import type { Fact, Violation } from './fact';
import { passTime } from './pass-time';
import type { Report } from './report';
import { evaluate } from './evaluate';
import { aReport, aSchedule, aSquare, aZoneSet, movedBy, NOON } from './testing';
import type { VehicleMemory } from './vehicle-memory';
import type { Zone, ZoneSchedule } from './zone-set';

const CENTRE = { lng: 4.8932, lat: 52.3731 };
const minutes = (count: number) => NOON + count * 60_000;
const at = (minute: number, given: Partial<Report> = {}) => aReport({ at: minutes(minute), ...CENTRE, ...given });
const outside = movedBy(CENTRE.lng, CENTRE.lat, 2_000, 0);
const kerb: Partial<Zone> = { zoneId: 'kerb', rules: [{ maximumParkedMinutes: 30 }] };
const limited = aSchedule(aZoneSet({ zones: [kerb] }));
const never = () => undefined;

function violations(told: readonly Fact[]) {
  return told
    .filter((fact): fact is Violation => fact.type === 'violation' && fact.kind === 'parked_too_long')
    .map(({ status, openedAt, closedAt, zoneId, retracted }) => {
      const when = (time: number) => (time - NOON) / 60_000;
      const ended = closedAt === undefined ? '' : ` to ${when(closedAt)}`;
      return `${retracted ? 'not ' : ''}${status} in ${zoneId ?? 'the city'} from ${when(openedAt)}${ended}`;
    });
}
const told = (schedule: ZoneSchedule, ...reports: Report[]) => violations(evaluate(undefined, reports, schedule).told);
const wait = (memory: VehicleMemory, minute: number, schedule = limited) =>
  passTime(memory, at(0), { watermark: minutes(minute) + 120_000, decideTo: minutes(minute) }, schedule, never);

const parked = { state: 'available' } as const;
const riding = { state: 'on_trip' } as const;

describe('a vehicle may stand in a zone for half an hour', () => {
  it.each<[string, Report[], string[]]>([
    ['for 29 minutes: nothing', [at(0, parked), at(29, parked)], []],
    ['it stays for 31: it is said for the thirtieth', [at(0, parked), at(31, parked)], ['open in kerb from 30']],
    ['on the thirtieth itself', [at(0, parked), at(30, parked)], ['open in kerb from 30']],
    ['the time counts from the end of the ride', [at(0, riding), at(10, parked), at(39, parked)], []],
    [
      'the next ride ends it',
      [at(0, riding), at(10, parked), at(45, riding)],
      ['open in kerb from 40', 'closed in kerb from 40 to 45'],
    ],
    [
      'carried out of the zone, it is over',
      [at(0, parked), at(50, { ...parked, ...outside })],
      ['open in kerb from 30', 'closed in kerb from 30 to 50'],
    ],
    [
      'carried in, its time begins then',
      [at(0, { ...parked, ...outside }), at(20, parked), at(60, parked)],
      ['open in kerb from 50'],
    ],
    ['riding about for an hour is no parking', [at(0, riding), at(60, riding)], []],
    [
      'losing contact is no ride',
      [at(0, parked), at(20, { state: 'non_contactable' }), at(40, { state: 'missing' })],
      ['open in kerb from 30'],
    ],
    ['nobody says any state: its fixes stay where they are', [at(0), at(16, movedBy(4.8932, 52.3731, 20, 20)), at(31)], ['open in kerb from 30']], // prettier-ignore
    ['nobody says any state: its fixes move', [at(0), at(16, movedBy(4.8932, 52.3731, 0, 100)), at(31)], []],
    ['nobody says any state, but a speed', [at(0), at(16, { speedMps: 4 }), at(31)], []],
  ])('%s', (_what, reports, expected) => {
    expect(told(limited, ...reports)).toEqual(expected);
  });

  it('without another report it is the owner who says it, under the id that a report would give it', () => {
    const { memory } = evaluate(undefined, [at(0, parked)], limited);
    expect(memory!.lookAt).toBe(minutes(15));
    expect(wait(memory!, 29).told.filter(({ kind }) => kind !== 'silent')).toEqual([]);
    const later = wait(memory!, 33);
    expect(violations(later.told)).toEqual(['open in kerb from 30']);
    const byReport = evaluate(memory, [at(33, parked)], limited).told;
    expect(later.told.map(({ id }) => id)).toEqual(expect.arrayContaining(byReport.map(({ id }) => id)));
    // It is not said again.
    expect(violations(evaluate(later.memory, [at(40, parked)], limited).told)).toEqual([]);
    expect(violations(wait(later.memory, 60).told)).toEqual([]);
  });

  it('a report that comes after all, from before, takes it back', () => {
    const { memory } = evaluate(undefined, [at(0, parked)], limited);
    const later = wait(memory!, 45);
    const rode = evaluate(later.memory, [at(20, { ...riding, receivedAt: minutes(50) })], limited);
    expect(violations(rode.told)).toEqual(['not open in kerb from 30']);
    const stood = evaluate(rode.memory, [at(22, { ...parked, receivedAt: minutes(50) })], limited);
    expect(violations(stood.told)).toEqual([]);
    expect(violations(wait(stood.memory!, 60).told)).toEqual(['open in kerb from 52']);
  });

  it('a set that limits it to ten minutes meanwhile is broken when it takes effect; one that allows it ends it', () => {
    const stricter = aZoneSet({ version: 2, zones: [{ ...kerb, rules: [{ maximumParkedMinutes: 10 }] }] });
    const gone = aZoneSet({ version: 3, zones: [{ ...kerb, rules: [] }] });
    const entries = [
      ...limited.entries,
      { effectiveAt: minutes(20), set: stricter },
      { effectiveAt: minutes(25), set: gone },
    ];
    const schedule = { revision: 1, entries };
    const expected = ['open in kerb from 20', 'closed in kerb from 20 to 25'];
    expect(told(schedule, at(0, parked), at(26, parked))).toEqual(expected);
    expect(violations(wait(evaluate(undefined, [at(0, parked)], schedule).memory!, 26, schedule).told)).toEqual(
      expected,
    );
  });

  it('the global rules limit it everywhere else, and each type of vehicle as they say', () => {
    const schedule = aSchedule(
      aZoneSet({
        zones: [
          { zoneId: 'depot', geometry: aSquare(CENTRE.lng, CENTRE.lat, 100), rules: [{ maximumParkedMinutes: 600 }] },
        ],
        globalRules: [{ vehicleTypeIds: ['moped'], maximumParkedMinutes: 5 }, { maximumParkedMinutes: 60 }],
      }),
    );
    const moped = { ...parked, vehicleTypeId: 'moped' };
    const bike = { ...parked, vehicleTypeId: 'bike' };
    expect(told(schedule, at(0, moped), at(70, moped))).toEqual([]);
    expect(told(schedule, at(0, { ...moped, ...outside }), at(70, moped))).toContain('open in the city from 5');
    expect(told(schedule, at(0, { ...bike, ...outside }), at(70, { ...bike, ...outside }))).toEqual([
      'open in the city from 60',
    ]);
  });
});

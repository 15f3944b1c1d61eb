import { evaluate } from './evaluate';
import type { Fact } from './fact';
import { passTime } from './pass-time';
import type { Report } from './report';
import { aReport, aSchedule, aZoneSet, NOON } from './testing';
import type { VehicleMemory } from './vehicle-memory';

const zones = aSchedule(aZoneSet());
const seconds = (count: number) => NOON + count * 1_000;
const heard = (second: number, given: Partial<Report> = {}) =>
  aReport({ at: seconds(second), lng: 4.8932, lat: 52.3731, ...given });
const know = (...reports: Report[]) => evaluate(undefined, reports, zones).memory!;
const wait = (memory: VehicleMemory, second: number, listeningSince?: number, schedule = zones) =>
  passTime(
    memory,
    heard(0),
    { watermark: seconds(second), decideTo: seconds(second) - 120_000, listeningSince },
    schedule,
    () => undefined,
  );
const silences = (told: readonly Fact[]) =>
  told.map((fact) =>
    fact.type === 'violation' && fact.kind === 'silent'
      ? `${fact.status} from ${(fact.openedAt - NOON) / 1_000}${fact.closedAt === undefined ? '' : ` to ${(fact.closedAt - NOON) / 1_000}`}, limit ${fact.limit}`
      : fact.kind,
  );
const riding = { state: 'on_trip', tripId: 'trip-1' } as const;

describe('a vehicle is silent', () => {
  it.each<[string, Partial<Report>, number, string[]]>([
    ['on a trip after a minute', riding, 60, ['open from 60, limit 60']],
    ['on a trip not before', riding, 59.9, []],
    ['parked after a quarter of an hour', { state: 'available' }, 900, ['open from 900, limit 900']],
    ['parked not before', { state: 'available' }, 899, []],
    ['whatever it does, where nobody says', {}, 900, ['open from 900, limit 900']],
    ['never, taken off the street', { state: 'removed' }, 1e6, []],
    ['by our clock, whatever its own says', { ...riding, receivedAt: seconds(50) }, 100, []],
    [
      'by the clock of a polled source, whenever we asked',
      { ...riding, source: 'source', receivedAt: seconds(50) },
      100,
      ['open from 60, limit 60'],
    ],
  ])('%s', (_what, said, second, expected) => {
    expect(silences(wait(know(heard(0, said)), second).told)).toEqual(expected);
  });

  it('until it is heard of again; it is told once', () => {
    const silent = wait(know(heard(0, riding)), 65);
    expect(silences(wait(silent.memory, 600).told)).toEqual([]);
    const back = evaluate(silent.memory, [heard(700, riding)], zones);
    expect(silences(back.told)).toEqual(['closed from 60 to 700, limit 60']);
    expect(back.told[0]).toMatchObject({ id: silent.told[0]!.id, revision: 2, tripId: 'trip-1', observed: 700 });
    expect(silences(wait(back.memory!, 761).told)).toEqual(['open from 760, limit 60']);
  });

  it('a duplicate is no contact, a report too late to count is', () => {
    const silent = wait(know(heard(-600, riding), heard(0, riding)), 65);
    const same = evaluate(silent.memory, [heard(0, { ...riding, receivedAt: seconds(70) })], zones);
    expect(silences(same.told)).toEqual([]);
    const old = evaluate(silent.memory, [heard(-500, { ...riding, receivedAt: seconds(70) })], zones);
    expect(old.outcomes).toEqual(['late_beyond_window']);
    expect(silences(old.told)).toEqual(['closed from 60 to 70, limit 60']);
  });

  it('not while nobody could be heard: the time counts from when we listened again', () => {
    const memory = know(heard(0, riding));
    const back = wait(memory, 600, seconds(599));
    expect(silences(back.told)).toEqual([]);
    expect(back.memory.lookAt).toBe(seconds(659));
    expect(silences(wait(back.memory, 660, seconds(599)).told)).toEqual(['open from 659, limit 60']);
  });

  it('as long as its set allows for its type', () => {
    const silenceLimits = [
      { vehicleTypeIds: ['moped'], onTripS: 20 },
      { onTripS: 600, otherwiseS: null },
    ];
    const schedule = aSchedule(aZoneSet({ silenceLimits }));
    const told = (second: number, said: Partial<Report>) =>
      silences(wait(evaluate(undefined, [heard(0, said)], schedule).memory!, second, undefined, schedule).told);
    expect(told(30, { ...riding, vehicleTypeId: 'moped' })).toEqual(['open from 20, limit 20']);
    expect(told(599, riding)).toEqual([]);
    expect(told(600, riding)).toEqual(['open from 600, limit 600']);
    expect(told(1e6, { state: 'available', vehicleTypeId: 'moped' })).toEqual([]);
  });

  it('is looked for without moving the time to look with every heartbeat', () => {
    const written: (number | undefined)[] = [];
    let memory: VehicleMemory | undefined;
    for (let second = 0; second < 600; second += 5) {
      const before = memory?.lookAt;
      memory = evaluate(memory, [heard(second, riding)], zones).memory!;
      if (memory.lookAt !== before) written.push(memory.lookAt);
      expect(memory.lookAt).toBeLessThanOrEqual(seconds(second + 60));
      expect(memory.lookAt).toBeGreaterThan(seconds(second));
    }
    // Every fifty seconds of the ten minutes.
    expect(written).toHaveLength(12);
    // A trip that begins is looked after sooner than a parked bike.
    const parked = know(heard(0, { state: 'available' }));
    expect(parked.lookAt).toBe(seconds(900));
    expect(evaluate(parked, [heard(10, riding)], zones).memory!.lookAt).toBe(seconds(70));
  });
});

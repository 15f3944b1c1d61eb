import { decodeMemory, encodeMemory } from './encode-memory';
import { evaluate } from './evaluate';
import { checkpointOf, foldStretch, openMemory } from './recent-line';
import type { Report } from './report';
import { passTime } from './pass-time';
import { step } from './step';
import { aReport, aSchedule, aSquare, aZoneSet, NOON } from './testing';
import { LARGEST_MEMORY_BYTES, type VehicleMemory } from './vehicle-memory';
import { vehicleView } from './vehicle-view';

const zones = [
  { zoneId: 'no-parking-12', rules: [{ maximumSpeedKph: 15 }] },
  { zoneId: 'district-centre' },
  { zoneId: 'city', geometry: aSquare(4.8932, 52.3731, 20_000) },
];
const schedule = aSchedule(aZoneSet({ zones }));

const full = (second: number, given: Partial<Report> = {}) =>
  aReport({
    measuredAt: NOON + second * 1_000,
    receivedAt: NOON + second * 1_000 + 700,
    lng: 4.893211,
    lat: 52.373189,
    accuracyM: 8,
    speedMps: 4.2,
    headingDeg: 271.5,
    batteryPercent: 87,
    state: 'on_trip',
    tripId: '6f1c9a34-6a0e-4d7c-8a21-2f6f7e1b9f10',
    vehicleTypeId: 'ebike',
    ...given,
  });

/** What is in a memory, packed or not. */
const within = (memory: VehicleMemory) => {
  const { head, closedAt, measuredLast, scheduleRevision, contactAt, silent, lookAt } = memory;
  return { head, closedAt, measuredLast, scheduleRevision, contactAt, silent, lookAt, ...openMemory(memory) };
};
const freshly = (reports: readonly Report[]) => reports.map((report) => ({ ...report, plain: false }));
const whose = aReport();
const storedAndRead = (memory: VehicleMemory) => decodeMemory(encodeMemory(memory));

describe('the memory of a vehicle', () => {
  it.each<[string, readonly Report[], typeof schedule | undefined]>([
    ['of one report', [full(0)], schedule],
    ['before there are zones', [aReport()], undefined],
    ['of a minute', Array.from({ length: 13 }, (_, i) => full(i * 5)), schedule],
    ['of a day', [full(0), full(86_400, { lng: 0.1 + 0.2, lat: -52.1234567 })], schedule],
    ['of a state report', [full(0), aReport({ at: NOON + 5_000, state: 'missing' })], schedule],
    ['of a clock that runs ahead', [full(0), full(30, { measuredAt: NOON + 10 ** 9, at: NOON + 30_000 })], schedule],
    ['of long ago', [full(0, { measuredAt: -62_000_000_000_000, at: -62_000_000_000_000 })], schedule],
    ['in other scripts', [full(0, { tripId: '行程-7 🚲', vehicleTypeId: 'vélo' })], schedule],
    [
      'of numbers that are not round',
      [full(0, { speedMps: 1 / 3, accuracyM: 1e-9, headingDeg: 359.999, lng: -179.99999999 })],
      schedule,
    ],
    ['of large numbers', [full(0, { accuracyM: 1e300, speedMps: 2 ** 53, batteryPercent: 0 })], schedule],
  ])('%s is read back as it was stored, and stored again', (_what, reports, zones) => {
    const { memory } = evaluate(undefined, reports, zones);
    const once = storedAndRead(memory!);
    expect(within(once)).toEqual(within(memory!));
    expect(within(storedAndRead(once))).toEqual(within(memory!));
    expect(checkpointOf(once)).toEqual(checkpointOf(memory!));
    const next = full(100_000);
    expect(within(storedAndRead(step(once, next, zones).memory))).toEqual(within(step(memory!, next, zones).memory));
  });

  it('of a vehicle of which nothing was heard for long is read back as it was stored', () => {
    const parking = aSchedule(aZoneSet({ zones: [{ rules: [{ maximumParkedMinutes: 30 }] }] }));
    for (const state of ['available', 'on_trip', undefined] as const) {
      const { memory } = evaluate(
        undefined,
        [full(0, { state, speedMps: 0 }), full(5, { state, speedMps: 0 })],
        parking,
      );
      const passed = { watermark: NOON + 3_600_000, decideTo: NOON + 3_480_000 };
      const later = passTime(memory!, aReport(), passed, parking, () => undefined);
      expect(later.told.length).toBe(state === 'on_trip' ? 1 : 2);
      expect(within(storedAndRead(later.memory))).toEqual(within(later.memory));
      const next = full(4_000, { state });
      expect(step(storedAndRead(later.memory), next, parking).told).toEqual(step(later.memory, next, parking).told);
    }
  });

  it('is small: it is written with every heartbeat', () => {
    const sizes = (everyS: number) => {
      let memory: VehicleMemory | undefined;
      let sum = 0;
      let most = 0;
      for (let i = 0; i < 400; i += 1) {
        const report = full(i * everyS, { lng: 4.893211 + (i % 7) * 1e-6, batteryPercent: 100 - Math.floor(i / 4) });
        memory = storedAndRead(step(memory, report, schedule).memory);
        const bytes = encodeMemory(memory).length;
        sum += bytes;
        most = Math.max(most, bytes);
      }
      return [Math.round(sum / 400), most];
    };
    const [at5s, at1s, at10min] = [sizes(5), sizes(1), sizes(600)];
    console.info(`bytes (mean, most): ${at5s.join()} at 5 s, ${at1s.join()} at 1 s, ${at10min.join()} at 10 min`);
    expect(at5s[1]).toBeLessThan(1_200);
    expect(at1s[1]).toBeLessThanOrEqual(LARGEST_MEMORY_BYTES);
    expect(at10min[1]).toBeLessThan(400);
  });

  it('never grows beyond its bound: the window closes early instead, which is counted', () => {
    let memory: VehicleMemory | undefined;
    let closedEarly = 0;
    for (let i = 0; i < 300; i += 1) {
      const result = step(
        memory,
        full(i, { tripId: `${'trip'.repeat(30)}${i}`, lng: 4.8 + i / 3e5, speedMps: i / 7 }),
        schedule,
      );
      memory = storedAndRead(result.memory);
      closedEarly += result.closedEarly;
      expect(encodeMemory(memory).length).toBeLessThanOrEqual(LARGEST_MEMORY_BYTES);
    }
    expect(closedEarly).toBeGreaterThan(200);
    expect(memory!.closedAt).toBeGreaterThan(NOON + 250_000);
    expect(vehicleView(memory!).tripId).toMatch(/299$/);
  });

  it.each([
    ['64 of few words', { tripId: undefined, vehicleTypeId: undefined, headingDeg: undefined }, 64],
    ['as many as there is room for', {}, 57],
  ])(
    'that is full keeps the newest reports, %s, and begins where those that went left the line',
    (_what, said, kept) => {
      const reports = Array.from({ length: 300 }, (_, i) => full(i, { lng: 4.888 + i * 7e-5, ...said }));
      let memory: VehicleMemory | undefined;
      for (let i = 0; i < reports.length; i += 3)
        memory = storedAndRead(evaluate(memory, reports.slice(i, i + 3), schedule).memory!);
      const { reports: left, checkpoint } = openMemory(memory!);
      expect(left.map(({ at }) => at)).toEqual(reports.slice(-left.length).map(({ at }) => at));
      expect(left.length).toBe(kept);
      const gone = reports.slice(0, -left.length);
      expect(checkpoint).toEqual(foldStretch(undefined, freshly(gone), { whose, schedule, again: false }).line);
      expect(memory!.closedAt).toBe(gone.at(-1)!.at);
      expect(encodeMemory(memory!).length).toBeLessThanOrEqual(LARGEST_MEMORY_BYTES);
    },
  );

  it.each([
    ['bytes of a later version', [6, 1], 'its version is 6'],
    ['JSON', [91, 49], 'its version is 91'],
    ['nothing', [], 'its version is none'],
    ['bytes that end too soon', [4, 1, 4, 6], 'decode vehicle memory'],
    ['bytes of version 2 that end too soon', [2, 1, 4, 6], 'decode vehicle memory'],
  ])('is not made up from %s', (_what, stored, message) => {
    expect(() => decodeMemory(Uint8Array.from(stored))).toThrow(message);
  });

  // Stored in every database there is: what was written once is read for ever.
  it('is read as version 2 wrote it, and asks again where each of its reports was', () => {
    const stored =
      '020180d30e000524050d0f044936663163396133342d366130652d346437632d386132312d3266366637653162396631306562696b656e6f2d7061726b696e672d313264697374726963742d63656e74726563697479bee093c58dbf68f80a000ea5ea02b283371f0f8001a205b2d302f00a020001010302f0f51203f0f51204f0f5120104030101f0f512b7b585e7a59213400d1d3ba8c42f4a40030e3e0ad7a3703d2e40f00149be80a89f8dbf68f80a000ea5ea02b283371f0f8001a205b2d302f00a0200010103020003000400010403010100b7b585e7a59213400d1d3ba8c42f4a40030e3e0ad7a3703d2e40f00102a09c01bf0700f80a0ea5ea02b283371f8001a205b2d302f00a020001bf07904ef80a0ea5ea02b283371f8001a205b2d302f00a020001';
    const { memory } = evaluate(undefined, [full(0), full(300), full(310)], schedule);
    const { reports, ...rest } = within(memory!);
    // The vehicle stood still for five minutes and rode at 4 m/s: that was not noticed then.
    const unnoticed = { ...rest, head: { ...rest.head, stuckSince: undefined }, lookAt: undefined };
    const read = decodeMemory(Buffer.from(stored, 'hex'));
    expect(within(read)).toEqual({ ...unnoticed, reports: reports.map((report) => ({ ...report, plain: false })) });
    expect(within(storedAndRead(read))).toEqual(within(read));
  });

  it('is read as it was first written', () => {
    const stored =
      '050180d30e0002f80ab8b4070524050d0f044936663163396133342d366130652d346437632d386132312d3266366637653162396631306562696b656e6f2d7061726b696e672d313264697374726963742d63656e74726563697479be00e093c58dbf68f80a000ea5ea02b283371f0f8001a205b2d302f00a020001010302f0f51203f0f51204f0f5120104030101f0f512b7b585e7a59213400d1d3ba8c42f4a40030e3e0ad7a3703d2e40f00102904e4bbe0080a89f8dbf68f80a000ea5ea02b283371f0f8001a205b2d302f00a0200010103020003000400010403010100b7b585e7a59213400d1d3ba8c42f4a40030e3e0ad7a3703d2e40f0010002a09c01bf0700f80a0ea5ea02b283371f8001a205b2d302f00a020001bf07904ef80a0ea5ea02b283371f8001a205b2d302f00a020001';
    const { memory } = evaluate(undefined, [full(0), full(300), full(310)], schedule);
    expect(Buffer.from(encodeMemory(memory!)).toString('hex')).toBe(stored);
    expect(within(decodeMemory(Buffer.from(stored, 'hex')))).toEqual(within(memory!));
    // Versions 3 and 4 wrote the same, but for a place that was left and for strays, which they did not know.
    for (const version of ['03', '04'])
      expect(within(decodeMemory(Buffer.from(`${version}${stored.slice(2)}`, 'hex')))).toEqual(within(memory!));
  });

  it('remembers that a fix strayed from where the vehicle stands', () => {
    const confirmed = aSchedule(aZoneSet({ zones, profile: 'confirmed' }));
    const stand = Array.from({ length: 12 }, (_, i) => aReport({ at: NOON + 5_000 * i, lng: 4.9, lat: 52.37 }));
    const stray = [
      aReport({ at: NOON + 60_000, lng: 4.901, lat: 52.37 }),
      aReport({ at: NOON + 65_000, lng: 4.9, lat: 52.37 }),
    ];
    const { memory } = evaluate(undefined, [...stand, ...stray], confirmed);
    expect(memory!.head.scatter).toMatchObject({ strays: 16 });
    expect(within(storedAndRead(memory!))).toEqual(within(memory!));
  });

  it('remembers what it doubts, and what has not lasted yet', () => {
    const confirmed = aSchedule(aZoneSet({ zones, profile: 'confirmed' }));
    const away = { lng: 5.5, lat: 52.4 };
    const { memory } = evaluate(
      undefined,
      [full(0), full(5, away), full(10, { ...away, accuracyM: undefined })],
      confirmed,
    );
    const fast = evaluate(undefined, [full(0, { speedMps: 9 })], confirmed).memory!;
    expect(fast.head.open).toMatchObject([{ kind: 'speeding', pending: true }]);
    expect(within(storedAndRead(fast))).toEqual(within(fast));
    expect(memory!.head).toMatchObject({ anomaly: 'teleport', doubted: [{ ...away, accuracyM: 8 }, away] });
    expect(within(storedAndRead(memory!))).toEqual(within(memory!));
  });
});

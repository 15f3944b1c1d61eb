import { step } from './step';
import { aReport, aSchedule, aSquare, aZoneSet } from './testing';
import { decodeMemory, encodeMemory } from './vehicle-memory';

const schedule = aSchedule(
  aZoneSet({
    zones: [
      { zoneId: 'no-parking-12', rules: [{ maximumSpeedKph: 15 }] },
      { zoneId: 'district-centre' },
      { zoneId: 'city', geometry: aSquare(4.8932, 52.3731, 20_000) },
    ],
  }),
);

describe('the memory of a vehicle', () => {
  const report = aReport({
    lng: 4.893211,
    lat: 52.373189,
    accuracyM: 8,
    speedMps: 4.2,
    headingDeg: 271.5,
    batteryPercent: 87,
    state: 'on_trip',
    tripId: '6f1c9a34-6a0e-4d7c-8a21-2f6f7e1b9f10',
    vehicleTypeId: 'ebike',
    receivedAt: Date.UTC(2026, 10, 20, 12, 0, 1),
  });
  const { memory } = step(undefined, report, schedule);

  it('is read back as it was stored', () => {
    expect(decodeMemory(encodeMemory(memory))).toEqual(memory);
    const little = step(undefined, aReport(), undefined).memory;
    expect(decodeMemory(encodeMemory(little))).toEqual(little);
  });

  it('is small: it is written with every heartbeat', () => {
    expect(memory.zones).toHaveLength(3);
    expect(encodeMemory({ ...memory, open: [] }).byteLength).toBeLessThan(250);
    expect(encodeMemory(memory).byteLength).toBeLessThan(350);
  });

  it.each([
    ['bytes of a later version', '[2,1]', 'its version is 2'],
    ['something else altogether', '{"v":1}', 'its version is none'],
    ['no JSON at all', '\u0000', 'decode vehicle memory'],
  ])('is not made up from %s', (_what, stored, message) => {
    expect(() => decodeMemory(new TextEncoder().encode(stored))).toThrow(message);
  });

  // Stored in every database there is: what was written once is read for ever.
  it('is read as it was first written', () => {
    const stored =
      '[1,1795089600000,0,1000,127,4.893211,52.373189,8,4.2,271.5,87,"on_trip","t-1","ebike",1,0,["city",60000],[["speeding","city",1,5000,"t-1",4.8,52.3,18,15]],"riding"]';
    expect(decodeMemory(new TextEncoder().encode(stored))).toEqual({
      v: 1,
      at: 1_795_089_600_000,
      measuredAt: 1_795_089_600_000,
      receivedAt: 1_795_089_601_000,
      said: 127,
      lng: 4.893211,
      lat: 52.373189,
      accuracyM: 8,
      speedMps: 4.2,
      headingDeg: 271.5,
      batteryPercent: 87,
      state: 'on_trip',
      phase: 'riding',
      tripId: 't-1',
      vehicleTypeId: 'ebike',
      zoneSetVersion: 1,
      vehicleTypeMissing: false,
      zones: [{ zoneId: 'city', since: 1_795_089_540_000 }],
      open: [
        {
          kind: 'speeding',
          zoneId: 'city',
          zoneSetVersion: 1,
          openedAt: 1_795_089_595_000,
          tripId: 't-1',
          lng: 4.8,
          lat: 52.3,
          observed: 18,
          limit: 15,
        },
      ],
    });
  });
});

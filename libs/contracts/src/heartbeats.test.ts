import type { Report } from '@corral/domain';
import fc from 'fast-check';
import { decodeHeartbeatRecord, encodeReport } from './heartbeats';

const good = {
  kind: 'report',
  fleetId: 'default',
  vehicleId: 'bike-42',
  measuredAt: 1_795_000_000_000,
  receivedAt: 1_795_000_000_100,
  at: 1_795_000_000_000,
  source: 'device',
  flags: [],
};
const decode = (value: unknown) =>
  decodeHeartbeatRecord(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

describe('a record of the heartbeats topic', () => {
  it('is a report with known fields only', () => {
    const record = decode({ ...good, lat: 52.37, lng: 4.9, state: 'on_trip', colour: 'red', __proto__: null });
    expect(record).toEqual({
      kind: 'report',
      report: { ...good, kind: undefined, lat: 52.37, lng: 4.9, state: 'on_trip' },
    });
    expect(record.kind === 'report' && Object.keys(record.report)).not.toContain('colour');
  });

  it('is empty when it has no value', () => {
    expect(decodeHeartbeatRecord(null)).toMatchObject({ kind: 'undecodable', reason: 'empty' });
    expect(decode('')).toMatchObject({ kind: 'undecodable', reason: 'empty' });
  });

  it.each([
    ['not JSON', '{"kind":"report"', 'not_json'],
    ['a list', '[]', 'wrong_schema'],
    ['null', 'null', 'wrong_schema'],
    ['of no kind', {}, 'wrong_schema'],
    ['a tick without its time', { kind: 'tick' }, 'wrong_schema'],
    ['without a fleet', { ...good, fleetId: undefined }, 'wrong_schema'],
    ['of a vehicle with a NUL in its name', { ...good, vehicleId: 'a\u0000b' }, 'wrong_schema'],
    ['measured at a word', { ...good, measuredAt: 'noon' }, 'wrong_schema'],
    ['measured beyond all calendars', { ...good, at: 9e15 }, 'wrong_schema'],
    ['from nobody', { ...good, source: 'somebody' }, 'wrong_schema'],
    ['with half a position', { ...good, lat: 52 }, 'wrong_schema'],
    ['beyond the pole', { ...good, lat: 91, lng: 4 }, 'wrong_schema'],
    ['in no known state', { ...good, state: 'asleep' }, 'wrong_schema'],
    ['with a speed in words', { ...good, speedMps: 'fast' }, 'wrong_schema'],
  ])('that is %s is undecodable, with the reason', (_what, value, reason) => {
    expect(decode(value)).toMatchObject({ kind: 'undecodable', reason });
  });
});

describe('what is written of a report', () => {
  const id = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((text) => text.isWellFormed());
  const number = fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0);
  const time = fc.integer({ min: 1e11, max: 9e12 });
  const aReport = fc.record(
    {
      ...{ fleetId: id, vehicleId: id, measuredAt: time, receivedAt: time, at: time },
      ...{ source: fc.constantFrom('device', 'operator', 'source'), flags: fc.array(id, { maxLength: 2 }) },
      ...{ lat: number, lng: number, accuracyM: number, speedMps: number, headingDeg: number, altitudeM: number },
      ...{ batteryPercent: number, sequence: fc.nat(), state: fc.constantFrom('available', 'on_trip') },
      ...{ tripId: id, bootId: id, deviceId: id, vehicleTypeId: id },
    },
    { requiredKeys: ['fleetId', 'vehicleId', 'measuredAt', 'receivedAt', 'at', 'source', 'flags'] },
  ) as fc.Arbitrary<Report>;

  it('is what JSON would say of it, whatever is in it and whatever is not', () => {
    fc.assert(
      fc.property(aReport, (report) => {
        expect(JSON.parse(encodeReport(report).toString())).toEqual(
          JSON.parse(JSON.stringify({ kind: 'report', ...report })),
        );
      }),
    );
  });

  it('leaves out what is there and undefined', () => {
    const report = { ...good, source: 'device', flags: [], lat: undefined, tripId: undefined } as unknown as Report;
    expect(Object.keys(JSON.parse(encodeReport(report).toString()))).toEqual([
      'kind',
      'fleetId',
      'receivedAt',
      'source',
      'vehicleId',
      'measuredAt',
      'at',
      'flags',
    ]);
  });
});

import fc from 'fast-check';
import { checkHeartbeat, type HeartbeatContext } from './check-heartbeat';
import { NOON } from './testing';

const WEEK = 7 * 86_400_000;
const CONTEXT: HeartbeatContext = { now: NOON, maxAgeMs: WEEK };
const GOOD = { vehicleId: 'bike-42', measuredAt: NOON, lat: 52.3676, lng: 4.9041 };
const BEYOND_EXACT = 9_007_199_254_740_992;

describe('a heartbeat at the door', () => {
  it('is taken with all its fields, its time as epoch milliseconds', () => {
    const full = {
      ...GOOD,
      deviceId: 'unit-7',
      accuracyM: 8,
      speedMps: 4.2,
      headingDeg: 270,
      altitudeM: -2,
      batteryPercent: 87,
      state: 'on_trip',
      tripId: 'trip-1',
      bootId: 'boot-1',
      sequence: 123,
    };
    const checked = checkHeartbeat({ ...full, measuredAt: '2026-11-20T12:00:00.000Z' }, CONTEXT);
    expect(checked).toEqual({ kind: 'ok', heartbeat: full });
  });

  it.each([
    ['1,024 weeks', 1_024 * WEEK, true],
    ['1,024 weeks and a few hours, waited for offline', 1_024 * WEEK + 20_000_000, true],
    ['twice 1,024 weeks', 2_048 * WEEK, true],
    ['1,023 weeks', 1_023 * WEEK, false],
    ['a month', 4 * WEEK, false],
  ])('that is %s old has a week that rolled over, or has not', (_age, ageMs, rolledOver) => {
    const checked = checkHeartbeat({ ...GOOD, measuredAt: NOON - ageMs }, CONTEXT);
    expect(checked).toMatchObject({ kind: 'rejected', code: 'measured_at_too_old' });
    expect('anomaly' in checked && checked.anomaly === 'week_rollover').toBe(rolledOver);
  });

  it('is a state report without a position', () => {
    const checked = checkHeartbeat({ vehicleId: 'bike-42', measuredAt: NOON, state: 'available' }, CONTEXT);
    expect(checked).toEqual({ kind: 'ok', heartbeat: { vehicleId: 'bike-42', measuredAt: NOON, state: 'available' } });
  });

  it.each<[code: string, field: string, change: Record<string, unknown>]>([
    ['vehicle_id_missing', 'vehicleId', { vehicleId: undefined }],
    ['vehicle_id_missing', 'vehicleId', { vehicleId: undefined, deviceId: 'unit-7' }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: '' }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: 42 }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: null }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: 'x'.repeat(129) }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: '\u{1F6B2}'.repeat(129) }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: 'bike\u0000' }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: 'bike\n42' }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: 'bike\ud800' }],
    ['vehicle_id_invalid', 'vehicleId', { vehicleId: 'bike\u202e42' }],
    ['device_id_invalid', 'deviceId', { deviceId: '' }],
    ['measured_at_missing', 'measuredAt', { measuredAt: undefined }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: null }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: '' }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: 'now' }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: 0 }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: -1 }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: NOON / 1_000 }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: 9e15 }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: Infinity }],
    ['measured_at_invalid', 'measuredAt', { measuredAt: [] }],
    ['measured_at_too_old', 'measuredAt', { measuredAt: NOON - WEEK - 1 }],
    ['measured_at_too_old', 'measuredAt', { measuredAt: '1970-01-01T00:00:00Z' }],
    ['latitude_missing', 'lat', { lat: undefined }],
    ['longitude_missing', 'lng', { lng: undefined }],
    ['not_a_number', 'lat', { lat: '52.1' }],
    ['not_a_number', 'lat', { lat: null }],
    ['not_a_number', 'lat', { lat: [] }],
    ['not_a_number', 'lat', { lat: Infinity }],
    ['not_a_number', 'lng', { lng: '' }],
    ['not_a_number', 'lng', { lng: { deg: 4 } }],
    ['latitude_out_of_range', 'lat', { lat: 91 }],
    ['latitude_out_of_range', 'lat', { lat: -90.000001 }],
    ['longitude_out_of_range', 'lng', { lng: 181 }],
    ['null_island', 'lat', { lat: 0, lng: 0 }],
    ['null_island', 'lat', { lat: -0, lng: 0 }],
    ['accuracy_invalid', 'accuracyM', { accuracyM: -1 }],
    ['accuracy_invalid', 'accuracyM', { accuracyM: null }],
    ['speed_invalid', 'speedMps', { speedMps: -1 }],
    ['speed_invalid', 'speedMps', { speedMps: '4.2' }],
    ['heading_invalid', 'headingDeg', { headingDeg: 361 }],
    ['heading_invalid', 'headingDeg', { headingDeg: -1 }],
    ['altitude_invalid', 'altitudeM', { altitudeM: 'high' }],
    ['altitude_invalid', 'altitudeM', { altitudeM: -Infinity }],
    ['battery_invalid', 'batteryPercent', { batteryPercent: 101 }],
    ['battery_invalid', 'batteryPercent', { batteryPercent: -1 }],
    ['state_unknown', 'state', { state: 'flying' }],
    ['state_unknown', 'state', { state: 'toString' }],
    ['state_unknown', 'state', { state: null }],
    ['trip_id_invalid', 'tripId', { tripId: 7 }],
    ['boot_id_invalid', 'bootId', { bootId: '\u0007' }],
    ['sequence_invalid', 'sequence', { sequence: BEYOND_EXACT }],
    ['sequence_invalid', 'sequence', { sequence: 1.5 }],
    ['sequence_invalid', 'sequence', { sequence: -1 }],
  ])('is refused as %s (%s): %j', (code, field, change) => {
    const checked = checkHeartbeat({ ...GOOD, ...change }, CONTEXT);
    expect(checked).toMatchObject({ kind: 'rejected', code, field });
  });

  it.each([undefined, null, 7, 'bike-42', true, [], [GOOD]])('is refused when it is no object: %j', (value) => {
    expect(checkHeartbeat(value, CONTEXT)).toMatchObject({
      kind: 'rejected',
      code: 'heartbeat_not_an_object',
      field: '',
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['the poles and the antimeridian', { lat: -90, lng: 180 }],
    ['the equator off Ghana, not quite at zero', { lat: 0, lng: 0.001 }],
    ['no speed at all', { speedMps: 0 }],
    ['an empty battery', { batteryPercent: 0 }],
    ['a heading of 360', { headingDeg: 360 }],
    ['the largest exact sequence', { sequence: BEYOND_EXACT - 1 }],
    ['exactly as old as allowed', { measuredAt: NOON - WEEK }],
    ['a year ahead of us: the stamp deals with it', { measuredAt: NOON + 365 * 86_400_000 }],
    ['an id of 128 bicycles', { vehicleId: '\u{1F6B2}'.repeat(128) }],
    ['an id in any alphabet', { vehicleId: 'vélo 四十二' }],
  ])('is taken with %s', (_what, change) => {
    expect(checkHeartbeat({ ...GOOD, ...change }, CONTEXT).kind).toBe('ok');
  });

  it('may stand at (0, 0) where the fleet says so', () => {
    const checked = checkHeartbeat({ ...GOOD, lat: 0, lng: -0 }, { ...CONTEXT, allowNullIsland: true });
    expect(checked).toEqual({ kind: 'ok', heartbeat: { ...GOOD, lat: 0, lng: 0 } });
  });

  it('has no negative zero, which would make two reports of one', () => {
    const checked = checkHeartbeat({ ...GOOD, lng: -0, speedMps: -0, headingDeg: -0 }, CONTEXT);
    expect(checked).toEqual({ kind: 'ok', heartbeat: { ...GOOD, lng: 0, speedMps: 0, headingDeg: 0 } });
  });

  it('takes the vehicle of the credential, and no other', () => {
    const credential = { ...CONTEXT, vehicleId: 'bike-42' };
    const { vehicleId: _unsaid, ...unsaid } = GOOD;
    expect(checkHeartbeat(unsaid, credential)).toMatchObject({ kind: 'ok', heartbeat: { vehicleId: 'bike-42' } });
    expect(checkHeartbeat(GOOD, credential).kind).toBe('ok');
    expect(checkHeartbeat({ ...GOOD, vehicleId: 'bike-43' }, credential)).toMatchObject({
      code: 'vehicle_id_not_yours',
    });
  });

  it('leaves everything else behind, above all what would reach a prototype', () => {
    const sent = JSON.parse(
      `{"vehicleId":"bike-42","measuredAt":${NOON},"vehicleTypeId":"x","admin":true,"__proto__":{"lat":1,"admin":true}}`,
    );
    const checked = checkHeartbeat(sent, CONTEXT);
    expect(checked).toEqual({ kind: 'ok', heartbeat: { vehicleId: 'bike-42', measuredAt: NOON } });
    expect((checked as { heartbeat: { admin?: unknown } }).heartbeat.admin).toBeUndefined();
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it('shows the value it refused, but never more than fits on a line', () => {
    const shownFor = (lat: unknown) => (checkHeartbeat({ ...GOOD, lat }, CONTEXT) as { value: unknown }).value;
    expect([91, '52.1', Infinity, null, true, [1], { a: 1 }].map(shownFor)).toEqual([
      91,
      '52.1',
      'Infinity',
      null,
      true,
      '[list]',
      '[object]',
    ]);
    expect(shownFor('9'.repeat(10_000))).toHaveLength(101);
  });

  it('never throws, whatever came, and never lets in what it would refuse', () => {
    const anything = fc.record(
      Object.fromEntries(
        ['vehicleId', 'measuredAt', 'lat', 'lng', 'speedMps', 'state', 'sequence'].map((f) => [f, fc.anything()]),
      ),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), anything), (value) => {
        const checked = checkHeartbeat(value, CONTEXT);
        if (checked.kind === 'rejected') return JSON.stringify(checked).length < 1_000;
        return checkHeartbeat(checked.heartbeat, CONTEXT).kind === 'ok';
      }),
    );
  });
});

describe('the optional fields of a heartbeat', () => {
  const anything = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.string({ maxLength: 5 }),
    fc.constantFrom(
      null,
      true,
      [],
      {},
      -0,
      360,
      360.1,
      100,
      101,
      2 ** 53,
      2 ** 53 - 1,
      'on_trip',
      'flying',
      '',
      'x'.repeat(129),
    ),
  );
  const finite = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
  const from0To = (most: number) => (value: unknown) =>
    finite(value) && (value as number) >= 0 && (value as number) <= most;
  const id = (value: unknown) => typeof value === 'string' && /^[\x20-\x7e]{1,128}$/.test(value);

  it.each([
    ['deviceId', id],
    ['tripId', id],
    ['bootId', id],
    ['accuracyM', from0To(Number.MAX_VALUE)],
    ['speedMps', from0To(Number.MAX_VALUE)],
    ['headingDeg', from0To(360)],
    ['batteryPercent', from0To(100)],
    ['altitudeM', finite],
    ['sequence', (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0],
    ['state', (value: unknown) => value === 'on_trip'],
  ] as const)('%s is refused for just what it may not be', (field, holds) => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(checkHeartbeat({ ...GOOD, [field]: value }, CONTEXT).kind).toBe(holds(value) ? 'ok' : 'rejected');
      }),
    );
  });
});

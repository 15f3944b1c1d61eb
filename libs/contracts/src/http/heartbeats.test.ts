import { checkHeartbeat, VEHICLE_STATES } from '@corral/domain';
import fc from 'fast-check';
import { heartbeat } from './heartbeats';

const NOW = Date.parse('2026-11-20T10:00:00.000Z');
const context = { now: NOW, maxAgeMs: NOW + 1e14, allowNullIsland: true };

/** What JSON Schema cannot say: the identity may be in the credential, and lat comes with lng. The rest must agree. */
function beyondTheSchema(value: Record<string, unknown>): boolean {
  if (!Object.hasOwn(value, 'vehicleId')) return true;
  if (Object.hasOwn(value, 'lat') !== Object.hasOwn(value, 'lng')) return true;
  return false;
}

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ unit: 'grapheme', minLength: 120, maxLength: 135 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '\u200b', '\u2028', 'é', '🚲'.repeat(128), '🚲'.repeat(129)),
);
const anyNumber = fc.oneof(
  fc.double(),
  fc.integer({ min: -400, max: 400 }),
  fc.constantFrom(
    0,
    -0,
    90,
    -90,
    90.0000001,
    180,
    -180,
    360,
    361,
    100,
    101,
    Infinity,
    NaN,
    1e11,
    99999999999,
    2 ** 53 - 1,
    2 ** 53,
    253402300799999,
    253402300800000,
    1.5,
    NOW,
  ),
);
const anything = fc.oneof(
  { weight: 3, arbitrary: anyNumber },
  { weight: 2, arbitrary: anyText },
  fc.constantFrom(null, true, [], {}, [1], '52.1'),
);
const aTime = fc.oneof(
  fc.constantFrom(
    '2026-11-20T10:00:00.000Z',
    '2026-11-20t10:00:00z',
    '2026-11-20 10:00:00+01:00',
    '2026-11-20T10:00:00',
    '2026-11-20',
    '20261120T100000Z',
    'yesterday',
    '',
  ),
  fc.integer({ min: 1e11, max: 253402300799999 }),
  anything,
);
const fields = {
  vehicleId: fc.oneof(fc.constantFrom('bike-42', 'é🚲'), anyText, anything),
  deviceId: anything,
  lat: anything,
  lng: anything,
  accuracyM: anything,
  speedMps: anything,
  headingDeg: anything,
  altitudeM: anything,
  batteryPercent: anything,
  state: fc.oneof(fc.constantFrom(...VEHICLE_STATES, 'flying'), anything),
  tripId: fc.oneof(anyText, anything),
  bootId: anything,
  sequence: anything,
  unknown: anything,
};
/** A good heartbeat in which a few fields are replaced by anything at all. */
const almostGood = fc
  .record({
    measuredAt: aTime,
    over: fc.record(fields, { requiredKeys: [] }),
    keep: fc.subarray(Object.keys(fields), { maxLength: 3 }),
  })
  .map(({ measuredAt, over, keep }) => {
    const picked = Object.fromEntries(Object.entries(over).filter(([name]) => keep.includes(name)));
    const value: Record<string, unknown> = { vehicleId: 'bike-42', measuredAt, ...picked };
    if (Object.hasOwn(value, 'lat') || Object.hasOwn(value, 'lng')) return { lat: 1, lng: 1, ...value };
    return value;
  });

test('the documented heartbeat and the check at the door take the same, wherever a schema can say it', () => {
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(almostGood, (value) => {
      fc.pre(!beyondTheSchema(value));
      const checked = checkHeartbeat(value, context);
      const documented = heartbeat.safeParse(value);
      seen[documented.success ? 'taken' : 'refused']++;
      return (checked.kind === 'ok') === documented.success;
    }),
    { numRuns: 5_000 },
  );
  // A property that only ever met one side would prove nothing.
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(500);
});

test.each([
  ['only one of lat and lng', { lat: 1 }, 'longitude_missing'],
  ['no identity at all', { vehicleId: undefined }, 'vehicle_id_missing'],
])('what a schema cannot say is said by the check: %s', (_what, over, code) => {
  const value = JSON.parse(JSON.stringify({ vehicleId: 'bike-42', measuredAt: NOW, ...over })) as unknown;
  expect(heartbeat.safeParse(value).success).toBe(true);
  expect(checkHeartbeat(value, context)).toMatchObject({ kind: 'rejected', code });
});

test.each(['2026-02-30T10:00:00Z', '2026-11-20T24:00:00Z', '2026-11-20T10:00:60Z'])(
  '%s looks like a time and is none',
  (measuredAt) => {
    const value = { vehicleId: 'bike-42', measuredAt };
    expect(heartbeat.safeParse(value).success).toBe(true);
    expect(checkHeartbeat(value, context)).toMatchObject({ kind: 'rejected', code: 'measured_at_invalid' });
  },
);

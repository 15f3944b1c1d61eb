import { unpackRecords } from '@corral/messaging';
import fc from 'fast-check';
import { acceptHeartbeats, itemsOf, recordOf, type AcceptContext } from './accept';
import { parseJson } from './http/parse-json';
import { createPlainReader } from './plain-heartbeats';

/** More when hunting: CORRAL_FUZZ_RUNS=200000. */
const RUNS = Number(process.env['CORRAL_FUZZ_RUNS'] ?? 4_000);

const NOW = Date.parse('2026-11-20T10:00:00.000Z');
const ofFleet = { fleetId: 'amsterdam-"1"', receivedAt: NOW, maxAgeMs: 7 * 86_400_000 };
const ofBike = { ...ofFleet, vehicleId: 'bike-1' };
const read = createPlainReader();

/** The records of a body as the long way makes them; why not, when it takes not all of it as it is. */
function theLongWay(body: Buffer, context: AcceptContext = ofFleet) {
  const json = parseJson(body);
  if (json.kind === 'refused') return json.code;
  const found = itemsOf(json.value);
  if (found.kind === 'refused') return found.code;
  const { reports, rejected } = acceptHeartbeats(found.items, context);
  if (rejected.length > 0) return rejected.map(({ code }) => code);
  if (reports.some(({ flags }) => flags.length > 0)) return 'clock_future';
  return reports.map((report) => recordOf(report)).map(shown);
}

function thePlainWay(body: Buffer, context: AcceptContext = ofFleet) {
  const found = read(body, context);
  if (!found) return undefined;
  const records = unpackRecords(found.records).map(shown);
  expect(records).toHaveLength(found.count);
  return records;
}

function shown({ key, value, timestamp }: { key: string | null; value: Buffer; timestamp: number }) {
  return { key, value: value.toString('latin1'), timestamp };
}

const time = (agoMs: number) => new Date(NOW - agoMs).toISOString();
const aBike = (over: object = {}) => ({
  ...{ vehicleId: 'bike-42', measuredAt: time(5_000), lat: 52.367612, lng: 4.904123, accuracyM: 8, speedMps: 4.2 },
  ...{ headingDeg: 270, batteryPercent: 87, state: 'on_trip', tripId: 'trip-1', ...over },
});

describe('a plain request, read without making objects of it', () => {
  test.each<[string, string]>([
    ['one heartbeat', JSON.stringify(aBike())],
    ['a list', JSON.stringify({ heartbeats: [aBike(), aBike({ vehicleId: 'b', lat: -0.1 })] })],
    [
      'a list out of order',
      JSON.stringify({ heartbeats: [1, 3, 2, 3].map((s) => aBike({ measuredAt: time(s * 1e3) })) }),
    ],
    ['every field', JSON.stringify(aBike({ deviceId: 'd', altitudeM: -2.5, bootId: 'b', sequence: 2 ** 53 - 1 }))],
    [
      'fields in another order, spread over lines',
      JSON.stringify(Object.fromEntries(Object.entries(aBike()).reverse()), null, 2),
    ],
    [
      'members nobody knows',
      JSON.stringify({ a: 1, b: 'x', c: null, ...aBike(), d: true, e: false, heartbeat: -1e-9 }),
    ],
    [
      'numbers with needless zeros',
      '{"vehicleId":"a","measuredAt":1795168795000,"lat":52.370000,"lng":4.0,"speedMps":0.0}',
    ],
    [
      'numbers that JavaScript spells otherwise',
      '{"vehicleId":"a","measuredAt":1.795168795e12,"lat":1E-7,"lng":-0,"altitudeM":1e21}',
    ],
    ['all digits of a double', JSON.stringify(aBike({ lat: 52.370215712345674, lng: 4.900000000000001 }))],
    ['a time with an offset', JSON.stringify(aBike({ measuredAt: '2026-11-20T10:59:30+01:00' }))],
    ['a time without milliseconds', JSON.stringify(aBike({ measuredAt: '2026-11-20T09:59:30Z' }))],
    ['a state report', JSON.stringify({ vehicleId: 'a', measuredAt: time(0), state: 'removed' })],
  ])('%s becomes the record that the long way makes', (_, text) => {
    const body = Buffer.from(text);
    expect(thePlainWay(body)).toEqual(theLongWay(body));
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', '{"vehicleId":"a"'],
    ['something after the end', `${JSON.stringify(aBike())} x`],
    ['a comma too many', JSON.stringify(aBike()).replace('}', ',}')],
    ['a number with a leading zero', JSON.stringify(aBike()).replace('270', '0270')],
    ['a bad item among good ones', JSON.stringify({ heartbeats: [aBike(), aBike({ lat: 91 })] })],
    ['an empty list', '{"heartbeats":[]}'],
    ['1,001 heartbeats', JSON.stringify({ heartbeats: Array(1_001).fill(aBike()) })],
    ['a list beside something else', JSON.stringify({ heartbeats: [aBike()], more: 1 })],
    ['a list behind something else', JSON.stringify({ more: 1, heartbeats: [aBike()] })],
    ['a heartbeat that has heartbeats', JSON.stringify({ ...aBike(), heartbeats: 1 })],
    ['a field twice', JSON.stringify(aBike()).replace('"tripId"', '"state"')],
    ['an escaped name', JSON.stringify(aBike()).replace('"lat"', '"l\\u0061t"')],
    ['a text with an escape', JSON.stringify(aBike({ tripId: 'a"b' }))],
    ['letters beyond ASCII', JSON.stringify(aBike({ tripId: 'tür' }))],
    ['a nested member', JSON.stringify(aBike({ more: {} }))],
    ['a place without its other half', JSON.stringify({ vehicleId: 'a', measuredAt: time(0), lat: 1 })],
    ['a device without a fix', JSON.stringify(aBike({ lat: 0, lng: 0 }))],
    ['a clock a minute ahead', JSON.stringify(aBike({ measuredAt: time(-60_000) }))],
    ['a time too old', JSON.stringify(aBike({ measuredAt: time(8 * 86_400_000) }))],
    ['a number for an id', JSON.stringify(aBike({ tripId: 7 }))],
    ['a text for a number', JSON.stringify(aBike({ lat: '7' }))],
    ['null for a number', JSON.stringify(aBike({ speedMps: null }))],
    ['a fraction of a sequence', JSON.stringify(aBike({ sequence: 1.5 }))],
  ])('%s is left to the long way', (_, text) => {
    expect(thePlainWay(Buffer.from(text))).toBeUndefined();
  });

  const { vehicleId: _named, ...unnamed } = aBike();
  test.each<[string, object]>([
    ['heartbeats that do not say whose they are', { heartbeats: [unnamed, unnamed] }],
    ['one that says it is of the credential', { ...unnamed, vehicleId: 'bike-1' }],
    ['both', { heartbeats: [unnamed, { deviceId: 'd', ...unnamed, vehicleId: 'bike-1' }] }],
  ])('with the credential of one vehicle, %s become the records that the long way makes', (_, sent) => {
    const body = Buffer.from(JSON.stringify(sent));
    expect(thePlainWay(body, ofBike)).toEqual(theLongWay(body, ofBike));
  });

  test.each<[string, object, string]>([
    ['one of another vehicle', { heartbeats: [unnamed, aBike({ vehicleId: 'bike-2' })] }, 'bike-1'],
    ['one of a vehicle whose id goes on', aBike({ vehicleId: 'bike-11' }), 'bike-1'],
    ['one of a vehicle whose id ends before', aBike({ vehicleId: 'bike-' }), 'bike-1'],
    ['one of a vehicle that is not plain', unnamed, 'Vélo'],
    ['one of a vehicle that JSON escapes', unnamed, 'a"b'],
  ])('with the credential of one vehicle, %s is left to the long way', (_, sent, vehicleId) => {
    expect(thePlainWay(Buffer.from(JSON.stringify(sent)), { ...ofFleet, vehicleId })).toBeUndefined();
  });

  test('records stay as they are until they are let go, however many come behind them', () => {
    const body = (n: number) =>
      Buffer.from(
        JSON.stringify({ heartbeats: Array.from({ length: 50 }, (_, i) => aBike({ sequence: n * 50 + i })) }),
      );
    const onTheirWay = new Map<number, NonNullable<ReturnType<typeof read>>>();
    for (let n = 0; n < 400; n++) {
      onTheirWay.set(n, read(body(n), ofFleet)!);
      // Answers come in another order, and some never.
      for (const known of [n - 7, n - 30])
        if (known % 3 !== 0) {
          onTheirWay.get(known)?.letGo();
          onTheirWay.delete(known);
        }
    }
    for (const [n, { records }] of onTheirWay) expect(unpackRecords(records).map(shown)).toEqual(theLongWay(body(n)));
  });

  // Both ways say the same of anything: of what is plain, of what is nearly so, and of bytes that were hit by something.
  test('whatever it takes, the long way takes whole and writes the same', () => {
    const taken = { fleet: 0, bike: 0 };
    fc.assert(
      fc.property(aBody, (body) => {
        for (const [who, context] of [['fleet', ofFleet] as const, ['bike', ofBike] as const]) {
          const plain = thePlainWay(body, context);
          if (plain === undefined) continue;
          taken[who]++;
          expect(plain).toEqual(theLongWay(body, context));
        }
      }),
      { numRuns: RUNS },
    );
    expect(taken.fleet).toBeGreaterThan(RUNS / 10);
    expect(taken.bike).toBeGreaterThan(RUNS / 10);
  });
});

const space = fc.constantFrom('', '', '', '', '', ' ', '\n', '\r\n\t');
const number = fc.oneof(
  fc.integer({ min: -200, max: 400 }).map(String),
  fc.integer({ min: -90_000_000, max: 90_000_000 }).map((n) => (n / 1e6).toFixed(6)),
  fc.double({ min: -90, max: 90 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    '-0',
    '0.0',
    '1e5',
    '1E+20',
    '1e21',
    '1e-7',
    '0.000001',
    '0.00000099',
    '123456789012345',
    '1e400',
    '00',
  ),
  fc.constantFrom(
    '9007199254740991',
    '9007199254740993',
    '1.',
    '.5',
    '+1',
    '1.50e1',
    '-',
    '12345678.12345678',
    '1e-400',
  ),
);
const id = fc.oneof(
  fc.constantFrom('"bike-1"', '"bike-2"', '"x"', '""', '"tür"', '"a\\"b"', '"a\\u0041"', `"${'y'.repeat(128)}"`),
  fc.constantFrom(`"${'y'.repeat(129)}"`, '"\u007f"', '"a\tb"', '7', 'null'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).map((text) => JSON.stringify(text)),
);
const measuredAt = fc.oneof(
  fc.integer({ min: -60_010, max: 8 * 86_400_000 }).map((ago) => `"${time(ago)}"`),
  fc.integer({ min: 0, max: 90_000 }).map((ago) => `"${time(ago)}"`),
  fc.integer({ min: 0, max: 90_000 }).map((ago) => String(NOW - ago)),
  fc.constantFrom('"2026-11-20T09:59:60.000Z"', '"2026-11-20T09:59:5x.000Z"', '"2026-11-20t09:59:01.5z"', '1795168795'),
  fc.constantFrom('"2026-11-20T09:59:07Z"', '"2026-11-20T09:59:07.1234Z"', '"2026-11-20T09:59:07,123Z"', '"Z"', '1e12'),
  fc.constantFrom('1795168795000.5', '1795168795000.0', '17951687950e2', '"2026-11-20T10:59:07+01:00"', '""'),
);
const state = fc.constantFrom('"on_trip"', '"available"', '"removed"', '"flying"', '""', 'null', '1');
const anything = fc.constantFrom(
  '1',
  '"x"',
  'null',
  'true',
  'false',
  '{}',
  '[]',
  'nul',
  '"\\n"',
  '-1.5e3',
  '{"lat":1}',
);

/** Mostly good, so that whole requests are. */
const member = fc.oneof(
  ...(
    ['lat', 'lng', 'accuracyM', 'speedMps', 'headingDeg', 'altitudeM', 'batteryPercent', 'sequence'] as const
  ).flatMap((name) => [
    { weight: 12, arbitrary: fc.constant([name, String(name.length)] as const) },
    { weight: 3, arbitrary: number.map((text) => [name, text] as const) },
  ]),
  { weight: 5, arbitrary: state.map((text) => ['state', text] as const) },
  { weight: 3, arbitrary: id.map((text) => ['tripId', text] as const) },
  { weight: 2, arbitrary: id.map((text) => ['bootId', text] as const) },
  { weight: 2, arbitrary: id.map((text) => ['deviceId', text] as const) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('rider', '__proto__', 'heartbeats', 'l\\u0061t', ''), anything),
  },
);

const item = fc
  .record({
    vehicleId: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('"bike-1"', '"bike-1"', '"bike-2"') },
      { weight: 2, arbitrary: fc.constant(undefined) },
      id,
    ),
    measuredAt,
    members: fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 9 }),
    again: fc.oneof({ weight: 30, arbitrary: fc.constant([]) }, fc.array(member, { maxLength: 1 })),
    place: fc.boolean(),
    shuffled: fc.boolean(),
    seed: fc.nat(),
    spaces: fc.array(space, { minLength: 5, maxLength: 5 }),
  })
  .map(({ vehicleId, measuredAt: at, members, again, place, shuffled, seed, spaces: [a, b, c, d, e] }) => {
    const fields: (readonly [string, string])[] = [['measuredAt', at], ...members, ...again];
    if (vehicleId !== undefined) fields.unshift(['vehicleId', vehicleId]);
    if (place)
      for (const [name, text] of [
        ['lat', '52.367612'],
        ['lng', '4.904100'],
      ] as const)
        if (!members.some(([known]) => known === name)) fields.push([name, text]);
    if (shuffled) fields.sort(([x], [y]) => ((x.length * 7 + seed) % 13) - ((y.length * 7 + seed) % 13));
    return `{${a}${fields.map(([name, text]) => `"${name}"${b}:${c}${text}`).join(`${d},${e}`)}${a}}`;
  });

const aBody = fc
  .record({
    items: fc.array(item, { minLength: 1, maxLength: 4 }),
    lone: fc.boolean(),
    s: fc.array(space, { minLength: 3, maxLength: 3 }),
    hits: fc.oneof(
      { weight: 5, arbitrary: fc.constant([]) },
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\0.-eE9 \n\u0000\u00ffZ'), fc.boolean()), {
        maxLength: 2,
      }),
    ),
  })
  .map(({ items, lone, s: [a, b, c], hits }) => {
    let text = lone ? `${a}${items[0]}${b}` : `${a}{${b}"heartbeats"${c}:${a}[${items.join(`${b},${c}`)}]${a}}`;
    for (const [place, byte, instead] of hits) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + byte + text.slice(instead ? at + 1 : at);
    }
    return Buffer.from(text);
  });

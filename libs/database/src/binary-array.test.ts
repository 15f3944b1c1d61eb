import { binaryArray, type ElementTypeName } from './binary-array';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());

/** What PostgreSQL made of them, as its own text. */
async function texts(type: ElementTypeName, values: readonly unknown[]): Promise<(string | null)[]> {
  const { rows } = await server.database.query<{ text: string | null }>(
    `SELECT element::text AS text FROM unnest($1::${type}[]) WITH ORDINALITY AS a (element, place) ORDER BY place`,
    [binaryArray(type, values, (value) => value)],
  );
  return rows.map(({ text }) => text);
}

const long = 'x'.repeat(100_000);

test.each<[ElementTypeName, readonly unknown[], readonly (string | null)[]]>([
  [
    'text',
    ['', 'a"b\\c,{}', 'bicycle é', '🚲', long, `${long}é`, undefined],
    ['', 'a"b\\c,{}', 'bicycle é', '🚲', long, `${long}é`, null],
  ],
  ['text', ['lone \ud800 surrogate'], ['lone \ufffd surrogate']],
  ['int', [0, -1, 2_147_483_647, -2_147_483_648, null], ['0', '-1', '2147483647', '-2147483648', null]],
  [
    'bigint',
    [0, -1, 4_294_967_296, -4_294_967_297, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    ['0', '-1', '4294967296', '-4294967297', '9007199254740991', '-9007199254740991'],
  ],
  ['float8', [0.1, -0, 1e-7, Infinity, NaN], ['0.1', '-0', '1e-07', 'Infinity', 'NaN']],
  ['boolean', [true, false, null], ['true', 'false', null]],
  ['bytea', [Uint8Array.of(0, 255), Buffer.alloc(0)], ['\\x00ff', '\\x']],
  ['date', ['2000-01-01', '1969-12-31', '9999-12-31'], ['2000-01-01', '1969-12-31', '9999-12-31']],
  [
    'timestamptz',
    ['1970-01-01T00:00:00.001Z', '0001-01-01T00:00:00Z', '2286-01-01T00:00:00.007Z', '9999-12-31T23:59:59.999Z']
      .map((at) => Date.parse(at))
      .concat(Infinity, -Infinity),
    [
      '1970-01-01 00:00:00.001+00',
      '0001-01-01 00:00:00+00',
      '2286-01-01 00:00:00.007+00',
      '9999-12-31 23:59:59.999+00',
      'infinity',
      '-infinity',
    ],
  ],
  ['text', [], []],
])('a list of %s arrives as it was', async (type, values, expected) => {
  expect(await texts(type, values)).toEqual(expected);
});

test.each<[ElementTypeName, unknown]>([
  ['int', 2_147_483_648],
  ['int', 0.5],
  ['bigint', 2 ** 53],
  ['float8', '1'],
  ['bytea', 'text'],
  ['date', 'yesterday'],
  ['timestamptz', Number.NaN],
])('a list of %s cannot hold %p', (type, value) => {
  expect(() => binaryArray(type, [value], (it) => it)).toThrow(String(value));
});

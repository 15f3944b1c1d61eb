import fc from 'fast-check';
import { formatTime, isEpochMs, parseTime } from './parse-time';

describe('reading an RFC 3339 time', () => {
  it.each([
    ['2026-11-20T10:00:00.000Z', Date.UTC(2026, 10, 20, 10)],
    ['2026-11-20T10:00:00Z', Date.UTC(2026, 10, 20, 10)],
    ['2026-11-20t10:00:00z', Date.UTC(2026, 10, 20, 10)],
    ['2026-11-20 10:00:00+00:00', Date.UTC(2026, 10, 20, 10)],
    ['2026-11-20T11:30:00+01:30', Date.UTC(2026, 10, 20, 10)],
    ['2026-11-20T08:30:00-01:30', Date.UTC(2026, 10, 20, 10)],
    ['2026-11-20T10:00:00.5Z', Date.UTC(2026, 10, 20, 10, 0, 0, 500)],
    ['2025-05-21T07:55:15.826202+00:00', Date.UTC(2025, 4, 21, 7, 55, 15, 826)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['1970-01-01T00:00:00Z', 0],
  ])('%s', (text, at) => {
    expect(parseTime(text)).toBe(at);
  });

  it.each([
    'yesterday',
    '',
    '2026-11-20',
    '2026-11-20T10:00:00',
    '2026-11-20T10:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T10:60:00Z',
    '2026-11-20T23:59:60Z',
    '2026-11-20T10:00:00+24:00',
    '2026-11-20T10:00:00.Z',
    ' 2026-11-20T10:00:00Z',
    '2026-11-20T10:00:00Z\n',
    '+002026-11-20T10:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it('reads back every time we write', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (at) => parseTime(formatTime(at)) === at));
  });
});

it('a number of seconds is no number of milliseconds', () => {
  expect([0, -1, 1_795_000_000, 99_999_999_999, 9e15, Infinity, NaN].filter(isEpochMs)).toEqual([]);
  expect(isEpochMs(Date.UTC(2026, 10, 20))).toBe(true);
});

it('reading a time by place agrees with reading it by the rules of the RFC, written as a regular expression', () => {
  const looksRight =
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2\d|3[01])[Tt ]([01]\d|2[0-3])(:[0-5]\d){2}(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
  const template = fc.constantFrom('2026-11-20T10:00:00.123Z', '1999-02-29T23:59:59+01:30', '0042-06-30 00:00:00.5z');
  const spoiled = fc
    .tuple(template, fc.nat(24), fc.constantFrom(...'0123456789-:.TZz+ x'), fc.boolean())
    .map(([text, i, by, inserted]) => text.slice(0, i) + by + text.slice(inserted ? i : i + 1));
  fc.assert(
    fc.property(spoiled, (text) => {
      const at = parseTime(text);
      const [day, time] = [text.slice(0, 10), text.slice(11)];
      const midnight = new Date(`${day}T00:00:00Z`);
      const exists = looksRight.test(text) && midnight.toISOString().startsWith(day);
      expect(at).toBe(exists ? Date.parse(`${day}T${time.toUpperCase().replace(/(\.\d{3})\d+/, '$1')}`) : undefined);
    }),
    { numRuns: 5_000 },
  );
});

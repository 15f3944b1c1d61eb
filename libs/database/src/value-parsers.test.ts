import { parseTimestamptz, valueParsers } from './value-parsers';

describe('a time read from PostgreSQL', () => {
  test.each([
    ['2026-11-21 09:42:00+00', Date.UTC(2026, 10, 21, 9, 42, 0)],
    ['2026-11-21 09:42:00.1+00', Date.UTC(2026, 10, 21, 9, 42, 0, 100)],
    ['2026-11-21 09:42:00.123+00', Date.UTC(2026, 10, 21, 9, 42, 0, 123)],
    ['2026-11-21 09:42:00.123999+00', Date.UTC(2026, 10, 21, 9, 42, 0, 123)],
    ['2026-11-21 11:42:00.12+02', Date.UTC(2026, 10, 21, 9, 42, 0, 120)],
    ['2026-11-21 04:12:00-05:30', Date.UTC(2026, 10, 21, 9, 42, 0)],
    ['1969-12-31 23:59:59.999+00', -1],
    ['12026-01-01 00:00:00+00', Date.UTC(12026, 0, 1)],
    ['0001-01-01 00:00:00+00 BC', -62167219200000],
    ['infinity', Infinity],
    ['-infinity', -Infinity],
  ])('%s is %d ms', (text, ms) => {
    expect(parseTimestamptz(text)).toBe(ms);
  });

  test('text that is no time is refused, and shown', () => {
    expect(() => parseTimestamptz('Sat Nov 21 09:42:00 2026 UTC')).toThrow('Sat Nov 21');
  });
});

test('an int8 that a number cannot hold exactly is refused rather than rounded', () => {
  const parse = valueParsers.getTypeParser(20);
  expect(parse('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => parse('9007199254740993')).toThrow('9007199254740993');
});

import type { z } from 'zod';
import { readTime, sayTime, timeInput } from './time';
import { booleanInQuery, identifiersInQuery, integerInQuery, numberInQuery, wordsInQuery } from './query';

describe('a time that somebody sends', () => {
  test.each([
    ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T11:00:00.123456+01:00', '2026-11-20T10:00:00.123Z'],
    ['1763632800000', '2025-11-20T10:00:00.000Z'],
    [1763632800000, '2025-11-20T10:00:00.000Z'],
  ])('%s is %s', (given, meant) => {
    expect(sayTime(readTime(given)!)).toBe(meant);
  });

  test.each([
    '',
    'now',
    '2026-11-20',
    '2026-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '1763632800',
    1_763_632_800,
    -1,
    1e300,
    NaN,
  ])('%s is none', (given) => {
    expect(readTime(given)).toBeUndefined();
  });

  test('in a body is refused with a word of its own', () => {
    const issue = timeInput.safeParse(5).error!.issues[0]!;
    expect(issue).toMatchObject({ code: 'custom', params: { code: 'time_invalid' } });
  });
});

describe('a query is read strictly', () => {
  test.each<[string, z.ZodType, readonly string[], readonly string[]]>([
    [
      'number',
      numberInQuery(-90, 90),
      ['0', '-90', '52.3676', '1e-7', '.5'],
      ['', ' ', '90.1', '1e3', '1e', '.', 'NaN', '0x10', '+1'],
    ],
    ['integer', integerInQuery(1, 1000), ['1', '1000'], ['0', '1001', '1.5', '-1', '', '1e2']],
    ['boolean', booleanInQuery, ['true', 'false'], ['', '1', 'yes', 'TRUE']],
    ['list of words', wordsInQuery(['a', 'b']), ['a', 'a,b', 'b,b'], ['', 'c', 'a,', 'a, b']],
    ['list of ids', identifiersInQuery, ['x', 'x,y'], ['', 'x,', 'a\u0007']],
  ])('a %s', (_kind, schema, good, bad) => {
    for (const text of good) expect(schema.safeParse(text).success).toBe(true);
    for (const text of bad) expect(schema.safeParse(text).success).toBe(false);
  });
});

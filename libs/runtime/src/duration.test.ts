import { formatDuration, parseDuration } from './duration';

const DAY = 86_400_000;

test.each([
  ['P7D', 7 * DAY],
  ['P30Y', 30 * 365.25 * DAY],
  ['PT10S', 10_000],
  ['PT0.5S', 500],
  ['P1DT12H', 1.5 * DAY],
  ['P2W', 14 * DAY],
  ['PT5M', 300_000],
  ['10s', 10_000],
  ['120s', 120_000],
  ['5m', 300_000],
  ['500ms', 500],
  ['7d', 7 * DAY],
  ['1.5h', 5_400_000],
])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(['', 'P', 'PT', 'P7', '7', '-P7D', 'P7D ', '10 s', 'P1.5D', '1e3s', 'PT1DS', 'seven days'])(
  '%j is no duration',
  (text) => expect(parseDuration(text)).toBeUndefined(),
);

test.each([
  [7 * DAY, 'P7D'],
  [10_000, 'PT10S'],
  [1.5 * DAY, 'P1DT12H'],
  [500, 'PT0.5S'],
  [0, 'PT0S'],
])('%d ms is written %s and read back', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
  expect(parseDuration(text)).toBe(ms);
});

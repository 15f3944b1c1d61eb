import { types } from 'pg';

/** Anything that turns PostgreSQL's text form of a value into a JavaScript value. */
type Parse = (text: string) => unknown;

// Object ids of PostgreSQL's built-in types; they never change.
const int8 = 20;
const int8Array = 1016;
const numeric = 1700;
const date = 1082;
const dateArray = 1182;
const timestamptz = 1184;
const timestamptzArray = 1185;

/**
 * How answers become values, for our connections only (pg's global table stays as it is): int8 and numeric are numbers (beyond 2^53 − 1 an
 * int8 is refused rather than rounded), timestamptz is epoch milliseconds (±Infinity for infinity), date stays 'YYYY-MM-DD'; the rest is pg's own:
 * bytea a Buffer, json parsed, arrays as arrays.
 */
export const valueParsers = {
  getTypeParser(oid: number, format: 'text' | 'binary' = 'text'): Parse {
    const ours = format === 'text' ? parsers.get(oid) : undefined;
    return ours ?? (types.getTypeParser(oid, format as 'text') as Parse);
  },
};

const parsers = new Map<number, Parse>([
  [int8, parseInt8],
  [numeric, Number],
  [date, (text) => text],
  [timestamptz, parseTimestamptz],
  [int8Array, (text) => parseArray(text, parseInt8)],
  [dateArray, (text) => parseArray(text, (element) => element)],
  [timestamptzArray, (text) => parseArray(text, parseTimestamptz)],
]);

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the int8 ${text} is beyond what a number holds exactly`);
  return value;
}

const zero = 48;

/** Epoch milliseconds of a timestamptz in ISO style; what is finer than a millisecond is cut off. */
export function parseTimestamptz(text: string): number {
  // The hot shape, by position: 2026-11-21 09:42:00[.123456]+00. Our sessions are in UTC.
  if (text.length >= 22 && text.charCodeAt(4) === 45 && text.charCodeAt(10) === 32 && text.endsWith('+00')) {
    const two = (at: number) => (text.charCodeAt(at) - zero) * 10 + (text.charCodeAt(at + 1) - zero);
    const digit = (at: number) => (at < text.length - 3 ? text.charCodeAt(at) - zero : 0);
    const fraction = text.length > 22 ? digit(20) * 100 + digit(21) * 10 + digit(22) : 0;
    const year = two(0) * 100 + two(2);
    if (year >= 100) return Date.UTC(year, two(5) - 1, two(8), two(11), two(14), two(17), fraction);
  }
  return parseAnyTimestamptz(text);
}

const anyTimestamptz =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

function parseAnyTimestamptz(text: string): number {
  if (text === 'infinity') return Infinity;
  if (text === '-infinity') return -Infinity;
  const match = anyTimestamptz.exec(text);
  if (match === null) throw new RangeError(`not a timestamptz in ISO style: ${text}`);
  const [, y, month, day, hour, minute, second, fraction = '', sign, zoneHour, zoneMinute = '0', zoneSecond = '0', bc] =
    match;
  const moment = new Date(0);
  moment.setUTCFullYear(bc === undefined ? Number(y) : 1 - Number(y), Number(month) - 1, Number(day));
  moment.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3)));
  const zoneMs = ((Number(zoneHour) * 60 + Number(zoneMinute)) * 60 + Number(zoneSecond)) * 1000;
  return moment.getTime() - (sign === '-' ? -zoneMs : zoneMs);
}

/** PostgreSQL's text form of a one-dimensional array of values without quotes inside (numbers, dates, times). */
function parseArray(text: string, parse: Parse): unknown[] {
  const inside = text.slice(1, -1);
  if (inside === '') return [];
  return inside.split(',').map((element) => (element === 'NULL' ? null : parse(element.replaceAll('"', ''))));
}

/**
 * Which moment does this RFC 3339 text name, in epoch milliseconds? `undefined`: none, the text is no such time. Fractions
 * below a millisecond are cut off. Leap seconds are refused: no clock that counts milliseconds knows them. Read by place rather
 * than by regular expression, since every heartbeat has one: 0.1 instead of 0.6 µs.
 */
export function parseTime(text: string): number | undefined {
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return undefined;
  if (text[10] !== 'T' && text[10] !== 't' && text[10] !== ' ') return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  // Written so that what is no number (NaN) fails too.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;

  let end = 19;
  let millisecond = 0;
  if (text[end] === '.') {
    for (end += 1; isDigit(text, end); end += 1) {
      if (end < 23) millisecond += digits(text, end, end + 1) * 10 ** (22 - end);
    }
    if (end === 20) return undefined;
  }
  const offset = offsetMs(text, end);
  return Number.isNaN(offset)
    ? undefined
    : daysSince1970(year, month, day) * 86_400_000 +
        ((hour * 60 + minute) * 60 + second) * 1_000 +
        millisecond -
        offset;
}

/** A time of `parseTime` as RFC 3339 text in UTC with milliseconds. */
export function formatTime(at: number): string {
  return new Date(at).toISOString();
}

/** Is this a moment we take as epoch milliseconds: from 1973 (below, somebody wrote seconds) to the end of the year 9999? */
export function isEpochMs(value: number): boolean {
  return value >= FEWEST_MS && value <= MOST_MS;
}

/** Below it a number is no time in milliseconds; a plausible number of seconds is. */
export const FEWEST_MS = 1e11;

const MOST_MS = 253_402_300_799_999;

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days of the Gregorian calendar, by H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013: years begin in March, so that a leap day ends one. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

/** The offset that the text ends with, from there on; NaN if it does not end with one. */
function offsetMs(text: string, from: number): number {
  if (text.length === from + 1 && (text[from] === 'Z' || text[from] === 'z')) return 0;
  const sign = text[from] === '+' ? 1 : text[from] === '-' ? -1 : NaN;
  const hours = digits(text, from + 1, from + 3);
  const minutes = digits(text, from + 4, from + 6);
  const sound = text.length === from + 6 && text[from + 3] === ':' && hours <= 23 && minutes <= 59;
  return sound ? sign * (hours * 60 + minutes) * 60_000 : NaN;
}

/** The number that these places of the text spell; NaN if one of them is no digit. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i += 1) {
    if (!isDigit(text, i)) return NaN;
    number = number * 10 + text.charCodeAt(i) - ZERO;
  }
  return number;
}

function isDigit(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  return code >= ZERO && code <= ZERO + 9;
}

const ZERO = 48;

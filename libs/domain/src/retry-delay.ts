/**
 * How long to wait after a delivery's failed attempt before the next one, in milliseconds; `undefined`: there is no such attempt any
 * more. Attempt 1 is the first, at once. `random` (0 to 1, 1 excluded) spreads the wait by ±20 %, so that what failed together does
 * not return together.
 */
export function retryDelayMs(attempt: number, random: number): number | undefined {
  const due = SCHEDULE_MS[attempt - 1];
  if (due === undefined) return undefined;
  const wait = due - (SCHEDULE_MS[attempt - 2] ?? 0);
  return Math.round(wait * (1 - JITTER + 2 * JITTER * random));
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const JITTER = 0.2;

/** Attempts are made at these times after the first (CONTRACT 7), so that the last is made a day after it: for alerts the first hour matters most. */
const SCHEDULE_MS: readonly number[] = [
  0,
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  24 * HOUR,
];

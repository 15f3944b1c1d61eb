/**
 * How long to wait before a delivery's attempt, in milliseconds; `undefined`: there is no such attempt any more. Attempt 1 is
 * the first. `random` (0 to 1, 1 excluded) spreads the delay by ±20 %, so that what failed together does not return together.
 */
export function retryDelayMs(attempt: number, random: number): number | undefined {
  const delay = SCHEDULE_MS[attempt - 1];
  return delay === undefined ? undefined : Math.round(delay * (1 - JITTER + 2 * JITTER * random));
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const JITTER = 0.2;

/** For alerts the first hour matters most (CONTRACT 7). */
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

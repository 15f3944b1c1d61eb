/**
 * Is something of that age (ms) of just now but for the week? GPS counts weeks in ten bits, so a receiver that loses count is 1,024
 * weeks behind, or twice that (IS-GPS-200, 20.3.3.3.1.1).
 */
export function isWeekRollover(ageMs: number): boolean {
  const beyond = ageMs % ROLLOVER_MS;
  return ageMs > ROLLOVER_MS / 2 && (beyond < DAY_MS || beyond > ROLLOVER_MS - DAY_MS);
}

const DAY_MS = 86_400_000;
const ROLLOVER_MS = 1_024 * 7 * DAY_MS;

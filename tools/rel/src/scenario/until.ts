import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until it is so; answers after how many milliseconds that was, undefined when it was not within `withinMs`. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  withinMs: number,
  everyMs = 50,
): Promise<number | undefined> {
  const began = performance.now();
  for (;;) {
    if (await isSo()) return Math.round(performance.now() - began);
    if (performance.now() - began > withinMs) return undefined;
    await sleep(everyMs);
  }
}

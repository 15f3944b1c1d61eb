import { explain } from './explain';
import type { Logger } from './logger';

/** Waits. Rejects with the signal's reason as soon as it aborts, leaving no timer behind. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** How long and how loudly to try again. */
export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly logger?: Logger;
  /** The first pause at most, 100 ms by default; it doubles with each failure. */
  readonly minMs?: number;
  /** The longest pause, 15 s by default. */
  readonly maxMs?: number;
}

/**
 * Tries until it succeeds or the signal aborts. Each pause is random between half of it and all of it, so that a herd does not come
 * back together. `what` completes the sentence "could not …, trying again".
 */
export async function retryForever<T>(what: string, attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, logger, minMs = 100, maxMs = 15_000 } = options;
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const longest = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30));
      const pauseMs = Math.round(longest * (0.5 + Math.random() / 2));
      logger?.warn({ reason: explain(error), failures: failures + 1, pauseMs }, `could not ${what}, trying again`);
      await sleep(pauseMs, signal);
    }
  }
}

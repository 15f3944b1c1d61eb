import { sleep } from './backoff';
import { explain } from './explain';
import type { Health } from './health';
import type { Logger } from './logger';

/** How patient a program is with what it needs at its start. */
export interface WaitAtStartOptions {
  /** For how long; 0: the first failure is the end (`CORRAL_WAIT_AT_START`). */
  readonly limitMs: number;
  /** Whether waiting may help against this error. */
  readonly heals: (error: unknown) => boolean;
  /** Says meanwhile what is waited for. */
  readonly health: Pick<Health, 'ready'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Tries until it succeeds, until waiting cannot help, or until patience ends; then throws the last failure. `what` is its name, such as `PostgreSQL`. */
export async function waitAtStart<T>(what: string, attempt: () => Promise<T>, options: WaitAtStartOptions): Promise<T> {
  const { limitMs, heals, health, logger, signal } = options;
  let reason: string | undefined;
  const deadline = performance.now() + limitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      const reached = await attempt();
      if (reason !== undefined) logger.info({ what }, 'what was waited for is there');
      reason = undefined;
      return reached;
    } catch (error) {
      if (performance.now() >= deadline || !heals(error)) throw error;
      if (reason === undefined) {
        logger.warn({ what, reason: explain(error) }, 'not there yet: waiting for it');
        health.ready(what, () => reason);
      }
      reason = `waiting for ${what}: ${explain(error)}`;
    }
    await sleep(pauseMs * (0.5 + Math.random() / 2), signal);
  }
}

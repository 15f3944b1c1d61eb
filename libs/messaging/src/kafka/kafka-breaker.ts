import { explain, type Logger } from '@corral/runtime';

/** Knows whether it is worth waiting for Kafka. */
export interface Breaker {
  /** Since when Kafka does not answer (`performance.now()`), or undefined: appends may try. */
  openSince(): number | undefined;
  /** It answered the probe, but no append has gone through yet. */
  onTrial(): boolean;
  trip(reason: string): void;
  worked(): void;
  close(): void;
}

const PROBE_PAUSE_MS = 500;

/**
 * After the first missed deadline everybody is answered at once, while a probe asks whether Kafka is back; then appends try again, on a
 * short deadline until one of them succeeds: metadata may be served by a broker that cannot write.
 */
export function createBreaker({ probe, logger }: { probe: () => Promise<void>; logger: Logger }): Breaker {
  let state: 'closed' | 'open' | 'trial' = 'closed';
  let trippedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function probeSoon(): void {
    timer = setTimeout(() => {
      probe().then(
        () => {
          if (closed || state !== 'open') return;
          state = 'trial';
          logger.info('Kafka answers again, appends try');
        },
        (error: unknown) => {
          if (closed || state !== 'open') return;
          logger.debug({ reason: explain(error) }, 'Kafka still does not answer');
          probeSoon();
        },
      );
    }, PROBE_PAUSE_MS);
  }

  return {
    openSince: () => (state === 'open' ? trippedAt : undefined),
    onTrial: () => state === 'trial',
    trip(reason) {
      if (closed || state === 'open') return;
      if (state === 'closed') {
        trippedAt = performance.now();
        logger.error({ reason }, 'Kafka does not answer: appends are refused until it does');
      }
      state = 'open';
      probeSoon();
    },
    worked() {
      if (state === 'closed') return;
      // An answer that comes while we are open is as good as a probe.
      clearTimeout(timer);
      state = 'closed';
      logger.warn({ forMs: Math.round(performance.now() - trippedAt) }, 'Kafka takes appends again');
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

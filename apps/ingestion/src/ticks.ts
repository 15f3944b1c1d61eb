import { encodeTick, HEARTBEATS_TOPIC } from '@corral/contracts';
import type { EventLog } from '@corral/messaging';
import { explain, type Logger, type Metrics } from '@corral/runtime';

/** What {@link startTicks} needs. */
export interface TicksOptions {
  readonly log: Pick<EventLog, 'append' | 'partitions'>;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** 5 s by default. */
  readonly everyMs?: number;
}

const EVERY_MS = 5_000;

/**
 * Appends a tick to every partition again and again: without one a silent partition cannot be told from one nobody takes heartbeats for.
 * Several instances repeat it, harmlessly. A tick that fails is left out; the next one says the same. Answers how to stop.
 */
export function startTicks({ log, clock, logger, metrics, everyMs = EVERY_MS }: TicksOptions): () => Promise<void> {
  const total = metrics.counter('corral_ticks_total');
  const stopping = new AbortController();
  let last: Promise<void> | undefined;
  let works = true;

  async function tick(): Promise<void> {
    const receivedAt = clock();
    const value = encodeTick(receivedAt);
    const records = Array.from({ length: log.partitions }, (_, partition) => ({
      key: null,
      value,
      timestamp: receivedAt,
      partition,
    }));
    try {
      await log.append(HEARTBEATS_TOPIC, records, stopping.signal);
      total.inc({}, records.length);
      works = true;
    } catch (error) {
      if (works && !stopping.signal.aborted)
        logger.warn({ reason: explain(error) }, 'could not write ticks; watermarks stand still');
      works = false;
    }
  }

  function tickUnlessPending(): void {
    last ??= tick().finally(() => {
      last = undefined;
    });
  }

  tickUnlessPending();
  const timer = setInterval(tickUnlessPending, everyMs);
  return async () => {
    clearInterval(timer);
    stopping.abort(new Error('stopping'));
    await last;
  };
}

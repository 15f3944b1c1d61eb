import { retryForever, type Logger } from '@corral/runtime';
import type { AttemptResult, DeliveryQueue } from './delivery-queue';

/** Keeps the results of attempts. It gathers them while the last write is under way, so that a busy hour is a few statements rather than one per attempt. */
export function createAttemptRecorder(queue: DeliveryQueue, logger: Logger, signal: AbortSignal, recorded: () => void) {
  let waiting: AttemptResult[] = [];
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    await last;
    const results = waiting;
    waiting = [];
    next = undefined;
    last = retryForever('record delivery attempts', () => queue.record(results, signal), { signal, logger }).then(
      (disabled) => {
        for (const endpoint of disabled) logger.warn(endpoint, 'webhook endpoint disabled');
      },
      () => {
        logger.warn(
          { attempts: results.length },
          'delivery attempts not recorded: they will be made again under the same ids',
        );
      },
    );
    await last;
    recorded();
  }

  return {
    record(result: AttemptResult): Promise<void> {
      waiting.push(result);
      return (next ??= flush());
    },
  };
}

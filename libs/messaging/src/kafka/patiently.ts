import { sleep } from '@corral/runtime';
import { UnusableTopic } from './unusable-topic';

const PAUSE_MS = 100;

/**
 * Tries for so many milliseconds: one broker may not yet know what another one does (a new topic, a new leader). Gives up at once when
 * no waiting helps.
 */
export async function patiently<T>(limitMs: number, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const deadline = performance.now() + limitMs; ;) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (error instanceof UnusableTopic || performance.now() > deadline) throw error;
    }
    await sleep(PAUSE_MS, signal);
  }
}

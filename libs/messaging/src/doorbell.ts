/** Something to wait at until somebody rings: wakes readers early, and ends pauses when their owner stops. */
export interface Doorbell {
  /** Wakes all who wait; with nobody there, the next one to come does not wait at all. */
  ring(): void;
  /** Settles when rung, after `ms`, or when aborted; says which. Never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<'rung' | 'time' | 'aborted'>;
}

/** A doorbell that nobody has rung yet. */
export function createDoorbell(): Doorbell {
  const waiting = new Set<() => void>();
  let missed = false;
  return {
    ring() {
      if (waiting.size === 0) missed = true;
      for (const wake of [...waiting]) wake();
    },
    wait(ms, signal) {
      if (signal?.aborted) return Promise.resolve('aborted');
      if (missed) {
        missed = false;
        return Promise.resolve('rung');
      }
      return new Promise((resolve) => {
        const done = (how: 'rung' | 'time' | 'aborted') => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal?.removeEventListener('abort', abort);
          resolve(how);
        };
        const wake = () => done('rung');
        const abort = () => done('aborted');
        const timer = setTimeout(() => done('time'), ms);
        waiting.add(wake);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
  };
}

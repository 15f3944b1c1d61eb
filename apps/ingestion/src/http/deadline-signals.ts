/** A deadline that many share: a signal and a timer for each request cost more than all else that is done for it. */
export interface SharedDeadline {
  readonly signal: AbortSignal;
  /** Called with the reason when the deadline passes; whoever is answered before takes itself off the list. */
  readonly waiting: Set<(error: Error) => void>;
}

/** Deadlines that pass `withinMs` from now, or up to a second later. */
export function createDeadlineSignals(withinMs: number): { next(): SharedDeadline } {
  let current: SharedDeadline | undefined;
  let until = 0;
  return {
    next() {
      const now = performance.now();
      if (current && now < until) return current;
      until = now + SHARED_FOR_MS;
      return (current = makeDeadline(withinMs));
    },
  };
}

const SHARED_FOR_MS = 1_000;

function makeDeadline(withinMs: number): SharedDeadline {
  const controller = new AbortController();
  const waiting = new Set<(error: Error) => void>();
  setTimeout(() => {
    const error = new Error(`no answer of the log within ${withinMs / 1000} s`);
    for (const giveUp of waiting) giveUp(error);
    controller.abort(error);
  }, withinMs + SHARED_FOR_MS).unref();
  return { signal: controller.signal, waiting };
}

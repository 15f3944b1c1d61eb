/** The package, as its import has it. */
export type KafkaJs = typeof import('kafkajs');

interface RequestQueue {
  pending: readonly unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

let loaded: Promise<KafkaJs> | undefined;

/** kafkajs, loaded when it is first needed (it costs 30 ms of a cold start), without its timer that never rests. */
export function loadKafkaJs(): Promise<KafkaJs> {
  loaded ??= (async () => {
    // @ts-expect-error: the inside of kafkajs has no types; 2.2.4 is pinned exactly.
    const inside = (await import('kafkajs/src/network/requestQueue')) as { default: { prototype: RequestQueue } };
    calmRequestQueue(inside.default.prototype);
    return await import('kafkajs');
  })();
  return loaded;
}

/**
 * kafkajs arms a timer of 1 ms for ever on each connection (5 % of a core when idle; Node warns of its negative time). Here it is armed
 * only while requests wait, or the broker asked for a pause. Never for less than 10 ms, and always while something waits: a queue that
 * is not looked at again is a consumer that stands still (its pull request #1532).
 */
function calmRequestQueue(prototype: RequestQueue): void {
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    const throttledMs = this.throttledUntil - Date.now();
    if (this.throttleCheckTimeoutId || (this.pending.length === 0 && throttledMs <= 0)) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(throttledMs, 10),
    );
  };
}

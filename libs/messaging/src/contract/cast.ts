import type { AppendRecord } from '../event-log';
import type { HandlerHooks, RecordingHandler } from '../testing/recording-handler';

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

/** A record of one bike, of now. */
export function aRecord(text: string, over: Partial<AppendRecord> = {}): AppendRecord {
  return { key: 'almere/bike-1', value: Buffer.from(text), timestamp: Date.now(), ...over };
}

/** Records whose values count from 0. */
export function someRecords(count: number, over: Partial<AppendRecord> = {}): AppendRecord[] {
  return Array.from({ length: count }, (_, at) => aRecord(`${at}`, over));
}

/** Their values as text. */
export function texts(records: readonly { readonly value: Buffer | null }[]): (string | undefined)[] {
  return records.map(({ value }) => value?.toString());
}

/** How many different records were handled, all handlers together. */
export function countDistinct(handlers: readonly RecordingHandler[]): number {
  return new Set(
    handlers.flatMap((handler) => handler.handled().map(({ partition, offset }) => `${partition}/${offset}`)),
  ).size;
}

/** In partition 0, its first batch waits until it is aborted, then rejects; later ones go through. */
export function aStuckHandler(rejection: Error): { hooks: HandlerHooks; entered(): boolean; aborted(): boolean } {
  let entered = false;
  let aborted = false;
  return {
    entered: () => entered,
    aborted: () => aborted,
    hooks: {
      async batch(partition, _records, signal) {
        if (partition !== 0 || entered) return;
        entered = true;
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        aborted = true;
        throw rejection;
      },
    },
  };
}

import type { PartitionBounds, PartitionHandler, Placement, StoredRecord } from '../event-log';

/** What a handler lived through, in order. */
export type HandlerEvent =
  | { readonly kind: 'assigned'; readonly partition: number; readonly bounds: PartitionBounds }
  | { readonly kind: 'batch'; readonly partition: number; readonly records: readonly StoredRecord[] }
  | { readonly kind: 'done'; readonly partition: number }
  | { readonly kind: 'parked'; readonly partition: number; readonly reason: string }
  | { readonly kind: 'revoked'; readonly partition: number };

/** A handler that keeps its places as a consumer with a database does, and writes down all it lives through. */
export interface RecordingHandler extends PartitionHandler {
  readonly events: HandlerEvent[];
  /** The next offset per partition: where it reads from when assigned. Moves when a batch is done. */
  readonly next: Map<number, number>;
  /** All records of batches that were done, in order. */
  handled(partition?: number): StoredRecord[];
}

/** What a test wants to happen inside. */
export interface HandlerHooks {
  /** Instead of reading from the saved place. */
  assigned?(partition: number, bounds: PartitionBounds, signal: AbortSignal): Promise<Placement | undefined>;
  /** Before the batch is done; rejecting makes the batch reject, and the place stay. */
  batch?(partition: number, records: readonly StoredRecord[], signal: AbortSignal): Promise<void>;
}

/** A handler for tests; several may share one `next`, as several processes share a database. */
export function recordingHandler(hooks: HandlerHooks = {}, next = new Map<number, number>()): RecordingHandler {
  const events: HandlerEvent[] = [];
  const handled: StoredRecord[] = [];
  return {
    events,
    next,
    handled: (partition) => handled.filter((record) => partition === undefined || record.partition === partition),
    async assigned(partition, bounds, signal) {
      events.push({ kind: 'assigned', partition, bounds });
      return (
        (await hooks.assigned?.(partition, bounds, signal)) ?? {
          kind: 'read',
          from: next.get(partition) ?? bounds.start,
        }
      );
    },
    async batch(partition, records, signal) {
      events.push({ kind: 'batch', partition, records });
      await hooks.batch?.(partition, records, signal);
      next.set(partition, records.at(-1)!.offset + 1);
      handled.push(...records);
      events.push({ kind: 'done', partition });
    },
    async parked(partition, reason) {
      events.push({ kind: 'parked', partition, reason });
    },
    async revoked(partition) {
      events.push({ kind: 'revoked', partition });
    },
  };
}

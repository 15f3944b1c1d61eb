import type { PartitionHandler } from '../event-log';

/** Told where a partition begins to be read, and how far its handler has settled since. */
export type NoteProgress = (partition: number, offset: number, how: 'placed' | 'settled') => void;

/** The handler, with a note of how far it has come, told of a partition's end only when it was told of its beginning. */
export function noteProgress(handler: PartitionHandler, note: NoteProgress): PartitionHandler {
  let told = false;
  return {
    async assigned(partition, bounds, signal) {
      told = true;
      const placement = await handler.assigned(partition, bounds, signal);
      if (placement.kind === 'read') note(partition, placement.from, 'placed');
      return placement;
    },
    async batch(partition, records, signal) {
      await handler.batch(partition, records, signal);
      note(partition, records.at(-1)!.offset + 1, 'settled');
    },
    parked: (partition, reason) => handler.parked(partition, reason),
    async revoked(partition) {
      if (told) await handler.revoked(partition);
    },
  };
}

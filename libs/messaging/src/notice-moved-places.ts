import { readMovedPlaces, type ConsumerOfTopic, type Database } from '@corral/database';
import { explain, type Logger } from '@corral/runtime';
import type { OwnedPartition } from './owned-partition';

/** How soon an owner notices that an operator moved its partition, milliseconds. */
const LOOK_MS = 2_000;

/**
 * Looks now and then whether an operator moved a partition of ours (`corral offsets reset`). One that flows finds out at its fence; one that is
 * parked, or has nothing to read, would never. `reassign` gives our partitions up and claims them anew, at the places where they now are.
 */
export function noticeMovedPlaces(options: {
  readonly database: Database;
  readonly of: ConsumerOfTopic;
  readonly owned: ReadonlyMap<number, OwnedPartition>;
  readonly reassign: () => Promise<void>;
  readonly logger: Logger;
}): { stop(): Promise<void> } {
  const { database, of, owned, reassign, logger } = options;
  let looking: Promise<void> = Promise.resolve();
  let busy = false;

  async function look(): Promise<void> {
    const moved = await readMovedPlaces(database, of);
    const ours = moved.filter(({ partition, epoch }) => (owned.get(partition)?.epoch ?? epoch) < epoch);
    if (ours.length === 0) return;
    logger.warn(
      { partitions: ours.map(({ partition }) => partition) },
      'an operator moved partitions of ours, claiming anew',
    );
    await reassign();
  }

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    looking = look()
      .catch((error: unknown) => logger.debug({ reason: explain(error) }, 'could not look for moved partitions'))
      .finally(() => (busy = false));
  }, LOOK_MS);
  return {
    stop() {
      clearInterval(timer);
      return looking;
    },
  };
}

import { readOutbox, type Database } from '@corral/database';
import type { Logger } from '@corral/runtime';
import type { OwnedPartition } from './owned-partition';
import { untilAborted } from './until-aborted';

const PAGE = 1_000;

/**
 * Publishes what an earlier owner committed and may not have published: all of the outbox after `published_seq`, before anything new. Some of
 * it may be there already: known ids and revisions, harmless. Waits for the log as long as it takes, or until aborted.
 */
export async function publishLeftovers(
  { partition, relay, over }: OwnedPartition,
  from: { database: Database; consumer: string; nextSeq: number; logger: Logger; signal: AbortSignal },
): Promise<void> {
  const { database, consumer, nextSeq, logger, signal } = from;
  const first = relay.publishedSeq() + 1;
  for (let after = first - 1; after < nextSeq - 1; after = relay.publishedSeq()) {
    const rows = await readOutbox(database, consumer, partition, after, PAGE);
    if (rows.length === 0) {
      logger.error({ partition, from: after + 1, to: nextSeq - 1 }, 'messages of the outbox are gone unpublished');
      return;
    }
    relay.push(rows);
    const abort = () => over.abort();
    signal.addEventListener('abort', abort, { once: true });
    await untilAborted(relay.settled(), signal).finally(() => signal.removeEventListener('abort', abort));
    over.signal.throwIfAborted();
  }
  if (first < nextSeq) logger.info({ partition, from: first, to: nextSeq - 1 }, 'published what an earlier owner left');
}

import type { Suspicion } from './dead-letter-limits';
import type { OutboxRelay } from './outbox-relay';

/** A partition under one claim: what its last commit left in `partition_owner`, and what goes on around it. One claim, one object. */
export interface OwnedPartition {
  readonly partition: number;
  readonly epoch: number;
  revision: number;
  nextOffset: number;
  nextSeq: number;
  /** As the database has it; the relay may be further. */
  publishedSeq: number;
  /** Receipt of the last record read, epoch milliseconds. */
  watermark: number | undefined;
  /** What was set aside lately, as of the last commit. */
  suspicion: Suspicion;
  readonly relay: OutboxRelay;
  /** Aborted when this claim has ended: nothing may be written or published under it any more. */
  readonly over: AbortController;
  /** Records are read from it (it is not parked). */
  flows: boolean;
  /** A transaction of it is under way: a second one would find another revision. */
  busy: boolean;
  /** Of the last commit, epoch milliseconds. */
  committedAt: number;
}

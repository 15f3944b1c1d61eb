import { hostname } from 'node:os';
import { claimPartition, parkPartition, type Claim, type Database, type Transaction } from '@corral/database';
import { explain, retryForever, type Logger } from '@corral/runtime';
import { NO_SUSPICION } from './dead-letter-limits';
import {
  OwnershipLost,
  placeInLog,
  type Consumption,
  type EventLog,
  type PartitionBounds,
  type PartitionHandler,
  type Placement,
  type StoredRecord,
} from './event-log';
import { tryFlush } from './flush-transaction';
import { createGatherer } from './gatherer';
import { createOutboxRelay } from './outbox-relay';
import { noticeMovedPlaces } from './notice-moved-places';
import type { OwnedPartition } from './owned-partition';
import { publishLeftovers } from './publish-leftovers';
import { settlesWithin } from './until-aborted';

/** A message for the topic this consumer publishes to; `seq` is handed out under the fence. */
export interface OutboxMessage {
  readonly fleetId: string;
  readonly vehicleId: string;
  /** Such as `geofence_event.entered`, `violation.opened`. */
  readonly type: string;
  readonly id: string;
  readonly revision: number;
  /** The `data` member of the record: plain JSON. */
  readonly data: unknown;
  /** When what led to it was received, epoch milliseconds: how long everything took is told from there. */
  readonly receivedAt?: number;
  /** Of the record that led to it ({@link StoredRecord.traceparent}), or of a span that follows it. */
  readonly traceparent?: string;
}

/** One partition's share of a flush. */
export interface FlushPartition {
  readonly partition: number;
  /** The same object as long as the partition is ours without a break: what was committed under it nobody else has changed since. */
  readonly claim: object;
  readonly records: readonly StoredRecord[];
  /** Receipt of the last record that was read before these, epoch milliseconds. */
  readonly watermark?: number;
  /** Adds to the outbox, in order, in this transaction; published after the commit. */
  publish(message: OutboxMessage): void;
  /** By which what is done because of a record goes on with its trace. */
  traceparentFor(record: StoredRecord): string | undefined;
  /** Sets a record aside with its raw bytes, in this transaction. */
  deadLetter(record: StoredRecord, reason: string, detail?: string): void;
}

/** Everything that was delivered, in one transaction. */
export interface Flush {
  readonly tx: Transaction;
  readonly partitions: readonly FlushPartition[];
}

/** Told what happens, for metrics. Must not throw. */
export interface FencedObserver {
  flushed?(flush: {
    readonly partitions: number;
    readonly records: number;
    readonly seconds: number;
    /** Of one of the traces that go through it, if any does. */
    readonly traceparent?: string;
  }): void;
  claimed?(partition: number): void;
  deadLettered?(reason: string): void;
  /** Somebody else has the partition; what we were about to write was not written. */
  fenced?(partition: number): void;
  published?(messages: number): void;
}

/** What {@link consumeFenced} needs. */
export interface FencedConsumerOptions {
  readonly log: EventLog;
  readonly database: Database;
  readonly consumer: string;
  readonly topic: string;
  /** Where the outbox goes; without it `publish` is refused. */
  readonly publishTo?: string;
  readonly logger: Logger;
  readonly observer?: FencedObserver;
  /** Who we are in `partition_owner.owner`; host and pid when absent. */
  readonly owner?: string;
  /** At most so many records per partition and batch; the log's default when absent. */
  readonly maxBatch?: number;
  /** How long nothing is fetched from Kafka after a fetch that found something; the log's default when absent. */
  readonly restMs?: number;
  /** How long a log that ends before our offset, or another cluster, must look so before the partition is parked, ms. Default 10,000. */
  readonly doubtMs?: number;
  /** A transaction that failed after so long is tried again in halves, ms. Default 5,000. */
  readonly slowMs?: number;
  /** Reads, decides and writes all effects of the flush in `flush.tx`. May be called again for the same records after a roll-back. */
  write(flush: Flush): Promise<void>;
  /** Called after each commit, with what was committed. */
  committed?(flush: Flush): void;
}

/** A consumer whose effects, offsets and outbox are one fenced transaction (DESIGN 3: fence, gather, outbox). */
export type FencedConsumption = Consumption & {
  /** Per partition: where we are. For readiness, metrics and `/v1/status`. `watermark`: receipt of the last record read, epoch ms. */
  progress(): readonly { partition: number; nextOffset: number; watermark?: number }[];
  /** Messages committed and not yet in the log. */
  unpublished(): number;
  /**
   * A transaction of the owner's own in one partition, without records: in turn with its batches and ended by the same fence. Answers whether it was
   * committed: not when the partition is not ours or does not flow, or the database refuses; what is to be done must be found again then.
   */
  inTurn(partition: number, write: (flush: Flush) => Promise<void>): Promise<boolean>;
  /** Keys of vehicles of which too many records in a row could not be used: what comes of them goes straight to the dead letters until the next claim. */
  setAside(): readonly string[];
};

/** The shape of {@link consumeFenced}, for whoever takes it as an argument. */
export type ConsumeFenced = (options: FencedConsumerOptions) => Promise<FencedConsumption>;

/** How long a partition that was given up may still publish what it committed. */
const DRAIN_MS = 5_000;
/** What a claim that ends still has under way is not worth more: the next owner finds the same without it. */
const LAST_FLUSH_MS = 1_000;
/** `published_seq` moves with the next flush, or by itself after so long. */
const IDLE_MS = 1_000;

/** Starts consuming: claims, publishes what an earlier owner left, then reads, gathers, writes, publishes. */
export async function consumeFenced(options: FencedConsumerOptions): Promise<FencedConsumption> {
  const { log, database, consumer, topic } = options;
  const owner = options.owner ?? `${hostname()}:${process.pid}`;
  const logger = options.logger.child({ consumer, topic });
  const owned = new Map<number, OwnedPartition>();
  const doubts = new Map<number, number>();
  const unpublished = () => [...owned.values()].reduce((sum, { relay }) => sum + relay.unpublished(), 0);
  const flowing = () => [...owned.values()].filter(({ flows }) => flows).length;
  const gatherer = createGatherer({ ...options, logger }, { flowing, unpublished });

  const handler: PartitionHandler = {
    async assigned(partition, bounds, signal) {
      const claim = await claimPartition(database, { consumer, topic, partition, owner, ...ofLog(bounds) });
      owned.get(partition)?.over.abort();
      const ours = own(partition, claim);
      owned.set(partition, ours);
      const placement = place(partition, claim, bounds);
      await publishLeftovers(ours, { database, consumer, nextSeq: claim.nextSeq, logger, signal });
      ours.flows = placement.kind === 'read';
      logger.info({ partition, epoch: claim.epoch, ...placement }, 'claimed a partition');
      options.observer?.claimed?.(partition);
      return placement;
    },
    async batch(partition, records, signal) {
      const ours = owned.get(partition);
      if (ours === undefined || ours.over.signal.aborted || signal.aborted)
        throw new OwnershipLost(`partition ${partition} is not ours`);
      const first = records[0]?.offset;
      if (first !== ours.nextOffset)
        throw new Error(`partition ${partition} was given from offset ${first}, not ${ours.nextOffset}`);
      const abort = () => ours.over.abort();
      signal.addEventListener('abort', abort, { once: true });
      try {
        await gatherer.deliver(ours, records);
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    async parked(partition, reason) {
      const ours = owned.get(partition);
      if (ours === undefined) return;
      ours.flows = false;
      const write = () => parkPartition(database, { ...claimOf(ours), reason });
      await retryForever('write down why a partition is parked', write, { signal: ours.over.signal, logger }).catch(
        (error: unknown) =>
          logger.warn(
            { partition, reason: explain(error) },
            'a parked partition was let go before it was written down',
          ),
      );
    },
    async revoked(partition) {
      const ours = owned.get(partition);
      if (ours === undefined) return;
      ours.flows = false;
      // Drain, then let go: what is published now need not be published again by the next owner.
      const drainMs = log.reachable() ? DRAIN_MS : 0;
      if (!ours.over.signal.aborted && (await ours.relay.drained(drainMs)))
        await settlesWithin(saveProgress(ours), LAST_FLUSH_MS);
      ours.over.abort();
      if (owned.get(partition) === ours) owned.delete(partition);
      logger.info({ partition, epoch: ours.epoch }, 'let a partition go');
    },
  };

  function own(partition: number, claim: Claim): OwnedPartition {
    const over = new AbortController();
    const { epoch, revision, nextOffset, nextSeq, publishedSeq, watermark } = claim;
    const onPublished = options.observer?.published;
    const relay = createOutboxRelay({
      log,
      topic: options.publishTo,
      publishedSeq,
      logger,
      signal: over.signal,
      onPublished,
    });
    return {
      partition,
      epoch,
      revision,
      nextOffset,
      nextSeq,
      publishedSeq,
      watermark,
      suspicion: NO_SUSPICION,
      relay,
      over,
      flows: false,
      busy: false,
      committedAt: 0,
    };
  }

  function place(partition: number, claim: Claim, bounds: PartitionBounds): Placement {
    if (claim.parkedReason !== undefined) return { kind: 'park', reason: claim.parkedReason };
    const placement = placeInLog(claim, bounds);
    if (placement.kind === 'read' || claim.nextOffset < bounds.start) {
      doubts.delete(partition);
      return placement;
    }
    // After a change of leaders a broker may show an end that is a moment old: look again before an operator is called.
    const since = doubts.get(partition) ?? Date.now();
    doubts.set(partition, since);
    if (Date.now() - since < (options.doubtMs ?? 10_000)) throw new Error(placement.reason);
    return placement;
  }

  async function saveProgress(ours: OwnedPartition): Promise<void> {
    if (ours.busy || ours.over.signal.aborted || ours.relay.publishedSeq() <= ours.publishedSeq) return;
    ours.busy = true;
    await tryFlush(options, [{ owned: ours, records: [] }], async () => {});
    ours.busy = false;
  }

  const claimOf = ({ partition, epoch }: OwnedPartition) => ({ consumer, topic, partition, epoch });

  const consumption = await log.consume({
    consumer,
    topic,
    handler,
    maxBatch: options.maxBatch,
    restMs: options.restMs,
  });
  const moved = noticeMovedPlaces({
    database,
    of: { consumer, topic },
    owned,
    reassign: () => consumption.reassign(),
    logger,
  });
  const idle = setInterval(() => {
    for (const ours of owned.values())
      if (ours.relay.publishedSeq() > ours.publishedSeq && Date.now() - ours.committedAt >= IDLE_MS)
        gatherer.touch(ours);
  }, IDLE_MS / 2);

  return {
    assigned: () => consumption.assigned(),
    parked: () => consumption.parked(),
    reassign: () => consumption.reassign(),
    failed: consumption.failed,
    progress: () =>
      [...owned.values()]
        .map(({ partition, nextOffset, watermark }) => ({ partition, nextOffset, watermark }))
        .sort((a, b) => a.partition - b.partition),
    unpublished,
    async inTurn(partition, write) {
      const ours = owned.get(partition);
      return ours !== undefined && ours.flows && (await gatherer.inTurn(ours, write));
    },
    setAside: () => [...owned.values()].flatMap(({ suspicion }) => [...suspicion.setAside]),
    park: (partition, reason) => consumption.park(partition, reason),
    async stop() {
      await moved.stop();
      await consumption.stop();
      clearInterval(idle);
      await gatherer.idle(LAST_FLUSH_MS);
    },
  };
}

function ofLog({ start, clusterId }: PartitionBounds): { start: number; clusterId: string } {
  return { start, clusterId };
}

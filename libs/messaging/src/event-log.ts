import type { TopicSpec } from '@corral/contracts';
import type { PackedRecords } from './packed-records';

/** A record to append. Without `partition` the key decides (Java's murmur2 over its UTF-8 bytes). */
export interface AppendRecord {
  readonly key: string | null;
  readonly value: Buffer;
  /** Receipt, epoch milliseconds. */
  readonly timestamp: number;
  readonly partition?: number;
  /** W3C, if what led to it is traced; Kafka carries it as the header of that name. */
  readonly traceparent?: string;
}

/** A record as the log gives it back. `value` is null for a tombstone. */
export interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  /** Of what wrote it, if that is traced. */
  readonly traceparent?: string;
}

/** What a partition holds: offsets `start` (oldest kept) up to but without `end`, and whose log it is. */
export interface PartitionBounds {
  readonly start: number;
  readonly end: number;
  /** Changes when the cluster (or database) is another one, so that a saved offset cannot be mistaken for its own. */
  readonly clusterId: string;
}

/**
 * Where to read from, or why not to. With `after` the record before `from` must be the one that was read last, received at that time (epoch ms): it is
 * read once more, and the partition is parked if another one stands there.
 */
export type Placement =
  | { readonly kind: 'read'; readonly from: number; readonly after?: number }
  | { readonly kind: 'park'; readonly reason: string };

/** What a consumer does with the partitions it is given. Calls for one partition never overlap, those of different partitions may. */
export interface PartitionHandler {
  /** A partition is ours: claim it and say where to read from. No record is delivered before this settled. Rejecting: tried again after a pause. */
  assigned(partition: number, bounds: PartitionBounds, signal: AbortSignal): Promise<Placement>;
  /**
   * Records in offset order, without gaps, the first at the offset last asked for. Settles when their effects are durable; only then come more.
   * Rejecting with {@link OwnershipLost} lets the partition go (it is assigned anew, after a new claim), with {@link MustPark} parks it; any other
   * rejection is a bug and parks it too:
   * retries of what may heal belong inside.
   */
  batch(partition: number, records: readonly StoredRecord[], signal: AbortSignal): Promise<void>;
  /**
   * The partition stands still from now on, whoever found out that it must: the log (records gone, a topic made anew), this handler, or somebody who
   * parked it. To be written down, so that the next owner lets it stand as well and an operator sees it.
   */
  parked(partition: number, reason: string): Promise<void>;
  /** The partition is no longer ours; the batch in flight has settled or was aborted. */
  revoked(partition: number): Promise<void>;
}

/** Somebody else claimed the partition after us: what we were about to write must not be written. */
export class OwnershipLost extends Error {
  override readonly name = 'OwnershipLost';
}

/** The partition must stand still until an operator decides; the message says why. */
export class MustPark extends Error {
  override readonly name = 'MustPark';
}

export interface ConsumeOptions {
  /** The group in Kafka; the lock's name in PostgreSQL. */
  readonly consumer: string;
  readonly topic: string;
  readonly handler: PartitionHandler;
  /** At most so many records per batch. Default 2,000. */
  readonly maxBatch?: number;
  /**
   * How long nothing is fetched from Kafka after a fetch that found something, milliseconds: each costs the broker and us the same whatever it brings.
   * Default and least 10; more for a consumer on which nobody waits. Not after a fetch that brought much: of that there is more.
   */
  readonly restMs?: number;
}

/** A partition that stands still until an operator decides, and why. */
export interface ParkedPartition {
  readonly partition: number;
  readonly reason: string;
}

/** A running consumer. */
export interface Consumption {
  /** The partitions that are ours and flow (parked ones too), ascending. */
  assigned(): readonly number[];
  parked(): readonly ParkedPartition[];
  /** Stop this partition, loudly; the others go on. */
  park(partition: number, reason: string): void;
  /** Test hook and remedy: give all partitions up and take them again, as after a rebalance; a batch in flight meets its fate. */
  reassign(): Promise<void>;
  /** Why this consumer can do no more, once it cannot (readiness turns red, the process should end). */
  readonly failed: Promise<Error>;
  /** Finish the batches in flight, hand back all partitions. Safe to call twice. */
  stop(): Promise<void>;
}

/** The event log: topics of partitions of records, appended durably and read in order. */
export interface EventLog {
  readonly kind: 'kafka' | 'postgres' | 'memory';
  /** How many partitions every topic of ours has. */
  readonly partitions: number;
  /**
   * Resolves when EVERY record is durable (Kafka: acks=all and its partition named in the result; PostgreSQL: committed).
   * Rejects when any may not be: some may then be there, and a resend makes a harmless copy. Never hangs beyond its deadline (8 s).
   */
  append(topic: string, records: readonly AppendRecord[] | PackedRecords, signal: AbortSignal): Promise<void>;
  bounds(topic: string, signal: AbortSignal): Promise<readonly PartitionBounds[]>;
  /** All records of one partition from an offset up to the end as of the call: for tools and checks, outside of any group. */
  read(topic: string, partition: number, from: number, signal: AbortSignal): AsyncIterable<StoredRecord>;
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** Whether an append would have a chance just now: for readiness and for answering 503 at once. */
  reachable(): boolean;
  close(): Promise<void>;
}

/** Makes topics as they must be. Separate from {@link EventLog}: only `corral migrate` and `corral up` do it. */
export interface TopicAdmin {
  /** Creates what is missing; refuses (rejects with a sentence that names topic, found and wanted) another partition count. */
  ensureTopics(topics: readonly TopicSpec[], partitions: number, signal: AbortSignal): Promise<void>;
}

/**
 * Where a claimed partition may go on: pure, the same for every adapter. A saved offset below `start` is a gap, above `end` a log that
 * lost its tail or was recreated; another cluster's offsets mean nothing here. A topic that was recreated and has grown past the saved offset
 * shows only in the record before it, which `watermark` (receipt of the last record read, epoch ms) tells from another.
 */
export function placeInLog(
  saved: { readonly nextOffset: number; readonly clusterId: string; readonly watermark?: number },
  bounds: PartitionBounds,
): Placement {
  if (saved.clusterId !== bounds.clusterId)
    return {
      kind: 'park',
      reason: `the log is another one (cluster ${bounds.clusterId}, the saved offset is of ${saved.clusterId})`,
    };
  if (saved.nextOffset < bounds.start)
    return {
      kind: 'park',
      reason: `records ${saved.nextOffset} to ${bounds.start - 1} are gone: retention passed this consumer`,
    };
  if (saved.nextOffset > bounds.end)
    return {
      kind: 'park',
      reason: `the log ends at ${bounds.end}, before the saved offset ${saved.nextOffset}: it was recreated or lost its tail`,
    };
  const { nextOffset: from, watermark: after } = saved;
  return after === undefined || from === bounds.start ? { kind: 'read', from } : { kind: 'read', from, after };
}

/** Does a reason why a partition is parked say that its log is not the one that was read? Then a saved offset tells nothing of what was read of it. */
export function saysAnotherLog(reason: string): boolean {
  return /recreated|the log went back|the log is another one/.test(reason);
}

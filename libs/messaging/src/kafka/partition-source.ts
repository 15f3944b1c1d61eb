import type { PackedRecords } from '../packed-records';

/** Records of one partition, in order: the n-th is the `picks[n]`-th of `blocks[n]`. Two lists instead of an object for each record. */
export interface RecordBatch {
  readonly blocks: readonly { readonly records: PackedRecords }[];
  readonly picks: readonly number[];
  /** What they take on the wire at most. */
  readonly bytes: number;
}

/** One partition that has something to send. Its records are taken when a request is really written, so that as many as possible go along. */
export interface PartitionSource {
  readonly topic: string;
  readonly partition: number;
  /** What is to go now, in order; none: nobody waits for it any more. Not called again before {@link settled}. */
  take(): RecordBatch;
  /** Durable; or, with an error, perhaps not. */
  settled(error?: Error): void;
}

/** Writes to Kafka: durable is only what the answer names without an error. */
export interface KafkaSender {
  /** Sends what the source has as soon as may be, and settles it once. */
  offer(source: PartitionSource): void;
  disconnect(): Promise<void>;
}

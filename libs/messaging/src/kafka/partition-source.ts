import type { KafkaMessage } from './encode-produce';

/** One partition that has something to send. Its records are taken when a request is really written, so that as many as possible go along. */
export interface PartitionSource {
  readonly topic: string;
  readonly partition: number;
  /** What is to go now, in order; none: nobody waits for it any more. Not called again before {@link settled}. */
  take(): readonly KafkaMessage[];
  /** Durable; or, with an error, perhaps not. */
  settled(error?: Error): void;
}

/** Writes to Kafka: durable is only what the answer names without an error. */
export interface KafkaSender {
  /** Sends what the source has as soon as may be, and settles it once. */
  offer(source: PartitionSource): void;
  disconnect(): Promise<void>;
}

import { vehicleKey } from '@corral/contracts';
import type { OutboxRow } from '@corral/database';
import { explain, retryForever, type Logger } from '@corral/runtime';
import type { EventLog } from './event-log';
import { settlesWithin } from './until-aborted';

/** Publishes what one claim of a partition committed, in order, one append at a time. */
export interface OutboxRelay {
  /** Rows whose commit is done, in `seq` order. */
  push(rows: readonly OutboxRow[]): void;
  /** The last `seq` that the log has for certain. */
  publishedSeq(): number;
  unpublished(): number;
  /** Whether everything pushed is in the log, within `ms`. */
  drained(ms: number): Promise<boolean>;
  /** Settles when the append under way has ended, one way or the other. */
  settled(): Promise<void>;
}

/** What {@link createOutboxRelay} needs. */
export interface OutboxRelayOptions {
  readonly log: EventLog;
  /** Where messages go; a consumer that publishes nothing has none. */
  readonly topic: string | undefined;
  readonly publishedSeq: number;
  readonly logger: Logger;
  /** Aborted when the claim is over: nothing more is published, the next owner finds the rest in the outbox. */
  readonly signal: AbortSignal;
  /** Told after each append with the number of messages. */
  onPublished?(messages: number): void;
}

/** In one append: 48 partitions at once stay below what a log takes in flight. */
const APPEND_ROWS = 200;

/** A relay with nothing to do yet. */
export function createOutboxRelay(options: OutboxRelayOptions): OutboxRelay {
  const { log, topic, logger, signal } = options;
  let waiting: OutboxRow[] = [];
  let inFlight = 0;
  let publishedSeq = options.publishedSeq;
  let running: Promise<void> | undefined;

  async function run(to: string): Promise<void> {
    while (waiting.length > 0) {
      const rows = waiting.slice(0, APPEND_ROWS);
      waiting = waiting.slice(APPEND_ROWS);
      inFlight = rows.length;
      const records = rows.map(toRecord);
      await retryForever(`publish to ${to}`, () => log.append(to, records, signal), {
        signal,
        logger,
        maxMs: 2_000,
      });
      inFlight = 0;
      publishedSeq = rows.at(-1)!.seq;
      options.onPublished?.(rows.length);
    }
  }

  return {
    push(rows) {
      if (rows.length === 0 || signal.aborted) return;
      if (topic === undefined) throw new Error('messages without a topic to publish them to');
      waiting.push(...rows);
      running ??= run(topic)
        .catch((error: unknown) => {
          if (!signal.aborted) logger.error({ reason: explain(error) }, 'the relay of the outbox failed');
        })
        .finally(() => {
          running = undefined;
        });
    },
    publishedSeq: () => publishedSeq,
    // Given up with the claim: the next owner publishes them, we need not keep room for them.
    unpublished: () => (signal.aborted ? 0 : waiting.length + inFlight),
    async drained(ms) {
      if (running) await settlesWithin(running, ms);
      return waiting.length + inFlight === 0;
    },
    async settled() {
      await running;
    },
  };
}

function toRecord(row: OutboxRow) {
  return {
    key: vehicleKey(row.fleetId, row.vehicleId),
    value: Buffer.from(row.payload),
    timestamp: Date.now(),
    partition: row.partition,
    ...(row.traceparent === undefined ? {} : { traceparent: row.traceparent }),
  };
}

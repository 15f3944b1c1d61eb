import { explain, type Logger } from '@corral/runtime';
import { createDoorbell } from './doorbell';
import { MustPark, OwnershipLost, type PartitionBounds, type PartitionHandler, type StoredRecord } from './event-log';
import { settlesWithin } from './until-aborted';

/** One partition of a log that is asked for its records (memory, PostgreSQL), unlike Kafka, which hands them out. */
export interface PartitionSource {
  bounds(signal: AbortSignal): Promise<PartitionBounds>;
  /** Records from an offset on, at most `max`; none when nothing is there yet. */
  read(from: number, max: number, signal: AbortSignal): Promise<readonly StoredRecord[]>;
}

/** What {@link readPartition} needs. */
export interface PartitionReaderOptions {
  readonly partition: number;
  readonly source: PartitionSource;
  readonly handler: PartitionHandler;
  readonly maxBatch: number;
  /** How long to wait at most before looking again when nothing rang, milliseconds. */
  readonly pollMs: number;
  readonly logger: Logger;
}

/** One partition being read, from claim to revocation. */
export interface PartitionReader {
  readonly partition: number;
  /** Why it stands still, if it does. */
  parked(): string | undefined;
  park(reason: string): void;
  /** There may be something to read. */
  wake(): void;
  /** How it ended: stopped, or the handler said that it is not ours any more. Never rejects. */
  readonly ended: Promise<'stopped' | 'lost'>;
  /** Takes no more; lets the batch in flight finish for `drainMs`, then aborts it. */
  stop(drainMs: number): Promise<void>;
}

/** A handler that was told to abort and does not come back is left behind after this long: the fence holds against it. */
const ABORT_MS = 1_000;
/** An idle partition asks only now and then whether retention has passed it. */
const POLLS_PER_BOUNDS_CHECK = 20;

/** Claims a partition through the handler and feeds it what the source has, until stopped. */
export function readPartition(options: PartitionReaderOptions): PartitionReader {
  const { partition, source, handler, maxBatch, pollMs } = options;
  const logger = options.logger.child({ partition });
  const bell = createDoorbell();
  const abort = new AbortController();
  let stopping = false;
  let handling = false;
  let parkedReason: string | undefined;

  const park = (reason: string): void => {
    if (parkedReason !== undefined) return;
    parkedReason = reason;
    logger.error({ reason }, 'a partition is parked: it stands still until an operator decides');
    bell.ring();
  };

  const ended = run().catch((error: unknown) => {
    logger.error({ err: error }, 'a partition reader failed');
    return 'lost' as const;
  });

  async function run(): Promise<'stopped' | 'lost'> {
    let { from: next, after } = await claim();
    if (after !== undefined) next--;
    let idlePolls = 0;
    for (let failures = 0; !stopping;) {
      if (parkedReason !== undefined) {
        await standStill(parkedReason);
        return 'stopped';
      }
      try {
        const records = await source.read(next, after === undefined ? maxBatch : 1, abort.signal);
        failures = 0;
        if (after !== undefined && records.length > 0) {
          // Retention may have taken it since the claim: then there is nothing to compare.
          const [before] = records;
          if (before!.offset === next && before!.timestamp !== after) park(replaced(before!, after));
          after = undefined;
          next++;
        } else if (records.length > 0) {
          const settled = await deliver(next, records);
          if (settled === 'lost') return 'lost';
          if (settled === 'done') next = records.at(-1)!.offset + 1;
          idlePolls = 0;
        } else if ((await bell.wait(pollMs, abort.signal)) === 'time' && ++idlePolls % POLLS_PER_BOUNDS_CHECK === 0) {
          const { start } = await source.bounds(abort.signal);
          if (after !== undefined && start > next) {
            after = undefined;
            next++;
          }
          if (start > next) park(gap(next, start));
        }
      } catch (error) {
        if (!stopping) await pauseAfter('could not read a partition', error, failures++);
      }
    }
    return 'stopped';
  }

  /** Asks the handler where to read from until it says so; the place means nothing once parked or stopped. */
  async function claim(): Promise<{ readonly from: number; readonly after?: number }> {
    for (let failures = 0; !stopping;) {
      try {
        const bounds = await source.bounds(abort.signal);
        if (stopping) break;
        const placement = await handler.assigned(partition, bounds, abort.signal);
        if (placement.kind === 'read') return placement;
        park(placement.reason);
        break;
      } catch (error) {
        if (!stopping) await pauseAfter('could not claim a partition', error, failures++);
      }
    }
    return { from: 0 };
  }

  async function deliver(next: number, records: readonly StoredRecord[]): Promise<'done' | 'parked' | 'lost'> {
    const first = records[0]!.offset;
    if (first !== next) {
      park(first > next ? gap(next, first) : `the log went back from ${next} to ${first}`);
      return 'parked';
    }
    if (stopping || parkedReason !== undefined) return 'parked';
    handling = true;
    try {
      await handler.batch(partition, records, abort.signal);
      return 'done';
    } catch (error) {
      if (stopping) return 'parked';
      if (error instanceof OwnershipLost) return 'lost';
      park(error instanceof MustPark ? error.message : `the handler failed: ${explain(error)}`);
      return 'parked';
    } finally {
      handling = false;
    }
  }

  /** Until stopped: what parked it is written down once, and an operator's decision is a new claim. */
  async function standStill(reason: string): Promise<void> {
    handling = true;
    await handler
      .parked(partition, reason)
      .catch((error: unknown) => logger.error({ err: error }, 'a handler failed at being parked'));
    handling = false;
    while (!stopping) await bell.wait(60_000, abort.signal);
  }

  async function pauseAfter(what: string, error: unknown, failures: number): Promise<void> {
    const pauseMs = Math.round(Math.min(2_000, 100 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2));
    logger.warn({ reason: explain(error), failures: failures + 1, pauseMs }, `${what}, trying again`);
    await bell.wait(pauseMs, abort.signal);
  }

  return {
    partition,
    parked: () => parkedReason,
    park,
    wake: () => bell.ring(),
    ended,
    async stop(drainMs) {
      stopping = true;
      bell.ring();
      // Only what the handler writes is worth waiting for; a claim can be made again.
      if (handling) await settlesWithin(ended, drainMs);
      abort.abort(new OwnershipLost(`partition ${partition} was taken away`));
      if (!(await settlesWithin(ended, ABORT_MS))) logger.warn('a handler did not come back after its abort');
    },
  };
}

function replaced({ offset, timestamp }: StoredRecord, after: number): string {
  const [found, read] = [new Date(timestamp).toISOString(), new Date(after).toISOString()];
  return `record ${offset} was received at ${found}, and the one read there at ${read}: the log was recreated, and has grown past the saved offset`;
}

function gap(next: number, start: number): string {
  return `records ${next} to ${start - 1} are gone: retention passed this consumer`;
}

import { explain, type Logger } from '@corral/runtime';
import { createDoorbell } from './doorbell';
import type { ConsumeOptions, Consumption } from './event-log';
import { readPartition, type PartitionReader, type PartitionSource } from './partition-reader';

/** One process' place among those who share a topic as the same consumer. */
export interface Membership {
  /** How many share it now, us included. */
  members(): Promise<number>;
  /** Takes a partition if nobody has it. */
  take(partition: number): Promise<boolean>;
  release(partition: number): Promise<void>;
  /** Releases everything. */
  leave(): Promise<void>;
}

/** What a membership tells its owner about. */
export interface MembershipEvents {
  /** Members came or went, or a partition became free. */
  changed(): void;
  /** There may be records in this partition. */
  records(partition: number): void;
  /** Everything taken is lost (the connection that held it is gone). */
  lost(reason: string): void;
}

/** What {@link startPulledConsumption} needs. */
export interface PulledConsumptionOptions {
  readonly consume: ConsumeOptions;
  readonly partitions: number;
  source(partition: number): PartitionSource;
  join(events: MembershipEvents): Promise<Membership>;
  /** Whether an error may heal by itself (the database is away); any other one, five times in a row, ends the consumption. */
  mayHeal(error: unknown): boolean;
  /** How often members and free partitions are looked at, and idle partitions read, milliseconds. */
  readonly pollMs: number;
  /** How long a batch in flight may go on when its partition is given up, milliseconds. */
  readonly drainMs: number;
  readonly logger: Logger;
}

/**
 * A consumer over a log that is asked for its records. Members share out the partitions: each takes free ones up to the fair share,
 * gives back what it has beyond it, and takes over what a dead one leaves. Who holds a partition is only who *should* write: the fence
 * in the database is the judge.
 */
export async function startPulledConsumption(options: PulledConsumptionOptions): Promise<Consumption> {
  const { consume, partitions, pollMs, drainMs } = options;
  const logger = options.logger.child({ consumer: consume.consumer, topic: consume.topic });
  const readers = new Map<number, PartitionReader>();
  const bell = createDoorbell();
  const stopped = new AbortController();
  let membership: Membership | undefined;
  let lostReason: string | undefined;
  let failures = 0;
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  // Taking, giving up and stopping happen one after another.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };

  async function settle(): Promise<void> {
    if (stopped.signal.aborted) return;
    if (lostReason !== undefined) {
      logger.warn({ reason: lostReason }, 'all partitions are lost, joining anew');
      await giveUpAll('lost');
      lostReason = undefined;
    }
    membership ??= await options.join({
      changed: () => bell.ring(),
      records: (partition) => readers.get(partition)?.wake(),
      lost: (reason) => {
        lostReason = reason;
        bell.ring();
      },
    });
    const share = Math.ceil(partitions / Math.max(1, await membership.members()));
    const surplus = [...readers.values()].slice(share);
    await Promise.all(surplus.map((reader) => giveUp(reader)));
    for (let partition = 0; partition < partitions && readers.size < share; partition++) {
      if (readers.has(partition) || !(await membership.take(partition))) continue;
      start(partition);
    }
  }

  function start(partition: number): void {
    const reader = readPartition({
      partition,
      source: options.source(partition),
      handler: consume.handler,
      maxBatch: consume.maxBatch ?? 2_000,
      pollMs,
      logger,
    });
    readers.set(partition, reader);
    void reader.ended.then(async (how) => {
      if (how === 'stopped') return;
      // Somebody else claimed it: let go, and compete for it again with everybody else.
      logger.warn({ partition }, 'a partition is not ours any more, letting it go');
      await inTurn(() => giveUp(reader));
      bell.ring();
    });
  }

  async function giveUp(reader: PartitionReader): Promise<void> {
    const { partition } = reader;
    if (readers.get(partition) !== reader) return;
    await reader.stop(drainMs);
    await consume.handler
      .revoked(partition)
      .catch((error: unknown) => logger.error({ partition, err: error }, 'a handler failed at being revoked'));
    readers.delete(partition);
    if (lostReason === undefined)
      await membership?.release(partition).catch((error: unknown) => {
        lostReason ??= explain(error);
      });
  }

  async function giveUpAll(why: 'stop' | 'lost'): Promise<void> {
    await Promise.all([...readers.values()].map((reader) => giveUp(reader)));
    const left = membership;
    membership = undefined;
    await left
      ?.leave()
      .catch(
        (error: unknown) => why === 'stop' && logger.warn({ reason: explain(error) }, 'could not leave in good order'),
      );
  }

  async function settleOrSay(): Promise<void> {
    try {
      await inTurn(settle);
      failures = 0;
    } catch (error) {
      failures++;
      logger.warn({ reason: explain(error), failures }, 'could not share out partitions, trying again');
      lostReason ??= explain(error);
      if (!options.mayHeal(error) && failures >= 5)
        fail(new Error(`consume ${consume.topic} as ${consume.consumer}`, { cause: error }));
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      const pauseMs = failures === 0 ? pollMs : Math.min(2_000, 100 * 2 ** Math.min(failures, 6));
      await bell.wait(pauseMs, stopped.signal);
      await settleOrSay();
    }
  }

  await settleOrSay();
  const running = run();
  let stopping: Promise<void> | undefined;

  return {
    assigned: () => [...readers.keys()].sort((a, b) => a - b),
    parked: () =>
      [...readers.values()].flatMap((reader) => {
        const reason = reader.parked();
        return reason === undefined ? [] : [{ partition: reader.partition, reason }];
      }),
    park: (partition, reason) => readers.get(partition)?.park(reason),
    async reassign() {
      await inTurn(() => Promise.all([...readers.values()].map((reader) => giveUp(reader))));
      await settleOrSay();
    },
    failed,
    stop() {
      stopping ??= (async () => {
        stopped.abort();
        await running;
        await inTurn(() => giveUpAll('stop'));
      })();
      return stopping;
    },
  };
}

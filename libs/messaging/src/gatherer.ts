import { explain } from '@corral/runtime';
import { createDoorbell } from './doorbell';
import { MustPark, OwnershipLost, type StoredRecord } from './event-log';
import type { FencedConsumerOptions, Flush } from './fenced-consumer';
import { tryFlush, type FlushPart } from './flush-transaction';
import type { OwnedPartition } from './owned-partition';

/** Turns the batches of many partitions into few transactions. */
export interface Gatherer {
  /** Settles when the effects of these records are durable; rejects with {@link OwnershipLost} when the claim is over. */
  deliver(owned: OwnedPartition, records: readonly StoredRecord[]): Promise<void>;
  /** Saves a partition's progress with the next transaction, if it has no batch of its own in it. */
  touch(owned: OwnedPartition): void;
  /** A transaction without records, between two batches of the partition; answers whether it was committed. */
  inTurn(owned: OwnedPartition, write: (flush: Flush) => Promise<void>): Promise<boolean>;
  /** Settles when nothing is under way, or after `ms`. */
  idle(ms: number): Promise<void>;
}

/** How long the first batch waits for others while the consumer is busy, milliseconds. */
const GATHER_MS = 5;
/** Records in one transaction at most, a partition's own aside; the rest goes into the next. */
const FLUSH_RECORDS = 4_000;
/** While one transaction is under way another begins beside it when so many records wait: PostgreSQL writes the one while we decide the other. */
const BESIDE_RECORDS = 1_000;
/** Transactions at once. A third would find neither of the two who work for them idle. */
const AT_ONCE = 2;
/** Messages committed and not yet in the log, at most: beyond it flushes wait. */
const UNPUBLISHED = 10_000;
/** What took so long and failed was too much: a transaction that stands idle for 10 s while we decide is ended by PostgreSQL, and would be again. */
const SLOW_MS = 5_000;
/** So often a record may fail alone before it is poison. */
const POISON_TRIES = 3;

interface Job extends FlushPart {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Batches are parked until every flowing partition has delivered, or for 5 ms, or not at all when the consumer was idle; then one transaction
 * writes them all. What comes meanwhile waits for its end, or is written beside it when it is much; each partition is in one of them only.
 * Partitions that lost their fence are left out; when a lock or a record is at fault each partition goes on alone beside the others, so that one
 * locked vehicle does not hold up all partitions.
 */
export function createGatherer(
  options: FencedConsumerOptions,
  now: {
    /** How many partitions may deliver. */
    flowing(): number;
    /** Messages committed and not yet in the log. */
    unpublished(): number;
  },
): Gatherer {
  const { logger, slowMs = SLOW_MS } = options;
  const parked = new Map<OwnedPartition, Job>();
  const alone = new Set<Promise<void>>();
  const quiet = createDoorbell();
  let timer: NodeJS.Timeout | undefined;
  let running = 0;
  /** Records in the next transaction: fewer after one that was too much, twice as many after each that was not. */
  let most = FLUSH_RECORDS;
  let endedAt = -Infinity;

  function schedule(): void {
    if (parked.size === 0 || running >= AT_ONCE) return;
    if (running > 0) {
      if (parkedRecords() >= BESIDE_RECORDS) begin();
      return;
    }
    const first = timer === undefined;
    const busy = performance.now() - endedAt < GATHER_MS;
    if (parked.size >= now.flowing() || (first && !busy)) {
      begin();
    } else if (first) {
      timer = setTimeout(begin, GATHER_MS);
    }
  }

  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    running++;
    setImmediate(() => void run());
  }

  function parkedRecords(): number {
    let sum = 0;
    for (const { owned, records } of parked.values()) if (!owned.busy) sum += records.length;
    return sum;
  }

  async function run(): Promise<void> {
    const jobs = takeJobs();
    for (const { owned } of jobs) owned.busy = true;
    // It answers every job itself; what it throws is a bug, and the log then parks these partitions.
    await flushTogether(jobs).catch((error: unknown) => jobs.forEach((job) => fail(job, error)));
    endedAt = performance.now();
    running--;
    schedule();
    quiet.ring();
  }

  /** What is parked, in the order of partitions, as far as it fits. */
  function takeJobs(): Job[] {
    const jobs: Job[] = [];
    let records = 0;
    for (const job of parked.values()) {
      if (jobs.length > 0 && records + job.records.length > most) continue;
      // A transaction under way carries the progress anyway.
      if (job.owned.busy) {
        if (job.records.length === 0) parked.delete(job.owned);
        continue;
      }
      jobs.push(job);
      records += job.records.length;
    }
    for (const { owned } of jobs) parked.delete(owned);
    return jobs.sort((a, b) => a.owned.partition - b.owned.partition);
  }

  async function flushTogether(jobs: readonly Job[]): Promise<void> {
    let left = jobs;
    for (let failures = 0; ;) {
      left = await stillOurs(left);
      if (left.length === 0) return;
      const began = performance.now();
      const outcome = await tryFlush(options, left, options.write);
      if (outcome.kind === 'committed') {
        most = Math.min(2 * most, FLUSH_RECORDS);
        left.forEach(done);
        return;
      }
      if (outcome.kind === 'fenced')
        left.filter(({ owned }) => outcome.partitions.includes(owned.partition)).forEach(lose);
      else if (outcome.kind === 'limit') {
        left.filter(({ owned }) => outcome.limits.has(owned.partition)).forEach(goAlone);
        left = left.filter(({ owned }) => !outcome.limits.has(owned.partition));
      } else if (outcome.kind === 'away') {
        const tooMuch = performance.now() - began > slowMs;
        await pauseAfter(outcome.error, left, failures++);
        if (tooMuch) left = firstHalf(left);
      } else {
        logger.warn(
          { reason: explain(outcome.error), partitions: left.length },
          'a flush failed, trying each partition alone',
        );
        for (const job of left) goAlone(job);
        return;
      }
    }
  }

  /** The other half waits for its turn; what is a single partition's goes alone, where its records are halved. */
  function firstHalf(jobs: readonly Job[]): readonly Job[] {
    if (jobs.length === 1) {
      goAlone(jobs[0]!);
      return [];
    }
    const half = jobs.length >> 1;
    most = Math.max(
      1,
      jobs.slice(0, half).reduce((sum, { records }) => sum + records.length, 0),
    );
    for (const job of jobs.slice(half)) {
      // Progress without records is not worth another turn, and would take the place of a batch that came meanwhile.
      if (job.records.length === 0) {
        done(job);
        continue;
      }
      job.owned.busy = false;
      parked.set(job.owned, job);
    }
    return jobs.slice(0, half);
  }

  function goAlone(job: Job): void {
    if (job.records.length === 0) return done(job);
    const going = flushAlone(job)
      .catch((error: unknown) => fail(job, error))
      .finally(() => {
        alone.delete(going);
        quiet.ring();
      });
    alone.add(going);
  }

  /**
   * One partition by itself: locks are waited for, a transaction that is refused is halved down to the record at fault, and where too much would be
   * set aside it stops right before.
   */
  async function flushAlone(job: Job): Promise<void> {
    const { owned } = job;
    const chunks: (readonly StoredRecord[])[] = [job.records];
    let failures = 0;
    let tries = 0;
    let lastError: unknown;
    let stop: string | undefined;
    while (chunks.length > 0) {
      if ((await stillOurs([job])).length === 0) return;
      const chunk = chunks[0]!;
      const poison = tries >= POISON_TRIES;
      const began = performance.now();
      const outcome = await tryFlush(
        options,
        [{ owned, records: chunk }],
        poison ? setAside(lastError) : options.write,
      );
      switch (outcome.kind) {
        case 'committed':
          chunks.shift();
          failures = tries = 0;
          break;
        case 'fenced':
          return lose(job);
        case 'limit': {
          const { keep, reason } = outcome.limits.get(owned.partition)!;
          stop = reason;
          chunks.splice(0, chunks.length, ...(keep > 0 ? [chunk.slice(0, keep)] : []));
          tries = 0;
          break;
        }
        case 'locked':
        case 'away':
          await pauseAfter(outcome.error, [job], failures++);
          if (outcome.kind === 'away' && performance.now() - began > slowMs) chunks.splice(0, 1, ...halvesOf(chunk));
          break;
        case 'refused':
          if (poison) await pauseAfter(outcome.error, [job], failures++);
          else if (chunk.length > 1) chunks.splice(0, 1, ...halvesOf(chunk));
          else {
            lastError = outcome.error;
            // What heals within a moment is no fault of the record.
            await createDoorbell().wait(25 * ++tries, owned.over.signal);
          }
      }
    }
    if (stop === undefined) done(job);
    else fail(job, new MustPark(stop));
  }

  async function inTurn(owned: OwnedPartition, write: (flush: Flush) => Promise<void>): Promise<boolean> {
    while (owned.busy && !owned.over.signal.aborted) await quiet.wait(20, owned.over.signal);
    if (owned.over.signal.aborted || !owned.flows) return false;
    owned.busy = true;
    try {
      const outcome = await tryFlush(options, [{ owned, records: [], inTurn: true }], write);
      if (outcome.kind === 'fenced') giveUp(owned);
      if ('error' in outcome) {
        const level = outcome.kind === 'refused' ? 'error' : 'warn';
        const { partition } = owned;
        logger[level]({ partition, reason: explain(outcome.error) }, 'could not write what no record asked for');
      }
      return outcome.kind === 'committed';
    } finally {
      owned.busy = false;
      schedule();
      quiet.ring();
    }
  }

  function setAside(error: unknown): (flush: Flush) => Promise<void> {
    return async ({ partitions }) => {
      for (const { partition, records, deadLetter } of partitions)
        for (const record of records) {
          logger.error(
            { partition, offset: record.offset, reason: explain(error) },
            'a record cannot be written: it becomes a dead letter',
          );
          deadLetter(record, 'write_failed', explain(error));
        }
    };
  }

  /** Those whose claim holds, once there is room for more messages; the others are told. */
  async function stillOurs(jobs: readonly Job[]): Promise<readonly Job[]> {
    for (let left = jobs, waited = false; ; waited = true) {
      left.filter(({ owned }) => owned.over.signal.aborted).forEach(lose);
      left = left.filter(({ owned }) => !owned.over.signal.aborted);
      if (left.length === 0 || now.unpublished() < UNPUBLISHED) return left;
      if (!waited)
        logger.warn({ unpublished: now.unpublished() }, 'too many messages wait to be published, not writing on');
      await quiet.wait(20);
    }
  }

  async function pauseAfter(error: unknown, jobs: readonly Job[], failures: number): Promise<void> {
    const pauseMs = Math.round(Math.min(2_000, 50 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2));
    logger.warn({ reason: explain(error), failures: failures + 1, pauseMs }, 'could not write a flush, trying again');
    await createDoorbell().wait(pauseMs, AbortSignal.any(jobs.map(({ owned }) => owned.over.signal)));
  }

  function done(job: Job): void {
    job.owned.busy = false;
    job.resolve();
  }

  function lose(job: Job): void {
    giveUp(job.owned);
    fail(job, new OwnershipLost(`partition ${job.owned.partition} is not ours any more`));
  }

  function giveUp({ partition, epoch, over }: OwnedPartition): void {
    if (over.signal.aborted) return;
    logger.warn({ partition, epoch }, 'FENCED: somebody else has this partition, nothing was written');
    options.observer?.fenced?.(partition);
    over.abort();
  }

  function fail(job: Job, error: unknown): void {
    job.owned.busy = false;
    job.reject(error as Error);
  }

  return {
    deliver: (owned, records) =>
      new Promise((resolve, reject) => {
        parked.set(owned, { owned, records, resolve, reject });
        schedule();
      }),
    touch(owned) {
      if (parked.has(owned) || owned.busy) return;
      parked.set(owned, { owned, records: [], resolve: () => {}, reject: () => {} });
      schedule();
    },
    inTurn,
    async idle(ms) {
      const until = performance.now() + ms;
      while ((running > 0 || parked.size > 0 || alone.size > 0) && performance.now() < until) await quiet.wait(20);
    },
  };
}

function halvesOf(records: readonly StoredRecord[]): readonly (readonly StoredRecord[])[] {
  const half = records.length >> 1;
  return half === 0 ? [records] : [records.slice(0, half), records.slice(half)];
}

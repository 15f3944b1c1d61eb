import { explain, type Logger } from '@corral/runtime';
import type { AppendRecord } from '../event-log';
import { partitionFor, partitionOfBytes } from '../murmur2';
import { countOf, packRecords, type PackedRecords } from '../packed-records';
import { mostBytesOf } from './encode-produce';
import { createBreaker } from './kafka-breaker';
import { watchForSilence } from './kafka-silence';
import type { KafkaSender, PartitionSource, RecordBatch } from './partition-source';
import { UnusableTopic } from './unusable-topic';

export interface KafkaAppenderOptions {
  readonly partitions: number;
  /** Writes what a partition has; one request of a partition at a time. */
  readonly sender: Pick<KafkaSender, 'offer'>;
  /** Rejects unless the topic is there and has our number of partitions; undefined when that is known already. */
  checkTopic(topic: string): Promise<void> | undefined;
  /** Settles when Kafka answers, on a connection of its own; asked when no append is answered, and now and then while Kafka is away. */
  probe(): Promise<void>;
  readonly logger: Logger;
  readonly deadlineMs?: number;
  /** The deadline while Kafka only just came back. */
  readonly trialDeadlineMs?: number;
  /** After so long without any answer Kafka is asked; nobody waits on when that is not answered either. */
  readonly suspectMs?: number;
  readonly maxInFlightRecords?: number;
  readonly maxInFlightBytes?: number;
}

/** Appends in batches, one send in flight per partition, within a deadline and bounded memory. */
export interface KafkaAppender {
  append(topic: string, records: readonly AppendRecord[] | PackedRecords, signal: AbortSignal): Promise<void>;
  reachable(): boolean;
  /** Refuses new appends and lets those somebody waits for come to their end. */
  close(): Promise<void>;
}

/** kafkajs groups the messages of a send in quadratic time; beyond this size it shows. */
const SEND_RECORDS = 1_000;
const SEND_BYTES = 900_000;
const SEND_AGAIN_MS = 100;
/** The broker's default limit of a batch is 1,048,588 bytes. */
const RECORD_BYTES = 1_040_000;

interface PendingAppend {
  readonly topic: string;
  readonly dueAt: number;
  readonly limitMs: number;
  left: number;
  settled: boolean;
  lastFailure: Error | undefined;
  resolve(): void;
  reject(error: Error): void;
  /** Those that wait under the same signal. */
  readonly company: Set<PendingAppend>;
}

/** Records, and the partition of each. */
interface Placed {
  readonly records: PackedRecords;
  readonly partitions: readonly number[];
}

/** Records on their way, and who waits for them. */
interface Block {
  readonly records: PackedRecords;
  readonly append: PendingAppend;
}

interface Batch extends RecordBatch {
  readonly blocks: Block[];
  readonly picks: number[];
  bytes: number;
}

function emptyBatch(): Batch {
  return { blocks: [], picks: [], bytes: 0 };
}

function push(batch: Batch, block: Block, pick: number): void {
  batch.blocks.push(block);
  batch.picks.push(pick);
  batch.bytes += sizeOf(block.records, pick);
}

/**
 * The producing side. kafkajs has no linger, so we batch: a partition that is idle sends at the end of the turn, a busy one collects
 * until its answer comes. An append is durable when every partition it touched was named without an error in an answer; idempotent
 * mode is not used, since it loses a batch with every lost reply.
 */
export function createKafkaAppender(options: KafkaAppenderOptions): KafkaAppender {
  const { partitions, sender, logger, deadlineMs = 8_000, trialDeadlineMs = 1_500 } = options;
  const { maxInFlightRecords = 20_000, maxInFlightBytes = 64_000_000 } = options;
  const queues = new Map<string, PartitionQueue[]>();
  const breaker = createBreaker({ probe: options.probe, logger });
  const inFlight = { records: 0, bytes: 0 };
  /** Appends not answered yet, the longest waiting first. */
  const waiting = new Set<PendingAppend>();
  /** One listener a signal, however many appends wait under it. */
  const companies = new WeakMap<AbortSignal, Set<PendingAppend>>();
  const silence = watchForSilence({
    waiting: () => waiting.size > 0,
    probe: options.probe,
    suspectMs: options.suspectMs,
    silent() {
      breaker.trip('nothing at all comes back from it');
      for (const pending of waiting)
        answer(pending, new Error('append: nothing at all comes back from Kafka', { cause: pending.lastFailure }));
      sweepSoon();
    },
  });
  let timer: { readonly handle: NodeJS.Timeout; readonly at: number } | undefined;
  let sweeping = false;
  let closed = false;
  let allAnswered: (() => void) | undefined;

  function append(topic: string, records: readonly AppendRecord[] | PackedRecords, signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted();
      if (closed) throw new Error('the log is closed');
      const since = breaker.openSince();
      if (since !== undefined)
        throw new Error(`Kafka has not answered for ${Math.round((performance.now() - since) / 1000)} s`);
      const placed = place(records, partitions);
      let count = 0;
      for (const each of placed) count += each.partitions.length;
      if (count === 0) return Promise.resolve();
      const bytes = room(placed, count);
      const checked = options.checkTopic(topic);
      return new Promise<void>((resolve, reject) => {
        inFlight.records += count;
        inFlight.bytes += bytes;
        const pending = open(topic, count, signal, resolve, reject);
        const queue = () => {
          for (const each of placed) enqueue(each, pending);
        };
        if (checked === undefined) return queue();
        checked.then(queue, (error: unknown) => {
          inFlight.records -= count;
          inFlight.bytes -= bytes;
          if (mayHeal(error)) breaker.trip('its topics could not be looked at');
          answer(pending, new Error(`append to ${topic}`, { cause: error }));
        });
      });
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** The bytes of records that fit. Throws when one is too large, or all are too many for what is on its way. */
  function room(placed: readonly Placed[], count: number): number {
    let bytes = 0;
    for (const { records } of placed)
      for (let pick = 0; pick < countOf(records); pick++) {
        const size = sizeOf(records, pick);
        if (size > RECORD_BYTES)
          throw new Error(`a record of ${size} bytes is more than Kafka takes (${RECORD_BYTES})`);
        bytes += size;
      }
    if (inFlight.records + count > maxInFlightRecords || inFlight.bytes + bytes > maxInFlightBytes)
      throw new Error(`too much is on its way to Kafka already (${inFlight.records} records, ${inFlight.bytes} bytes)`);
    return bytes;
  }

  /** An append that is answered exactly once: by its last record, its first failure, its deadline or its signal. */
  function open(
    topic: string,
    left: number,
    signal: AbortSignal,
    resolve: () => void,
    reject: (error: Error) => void,
  ): PendingAppend {
    const limitMs = breaker.onTrial() ? trialDeadlineMs : deadlineMs;
    const dueAt = performance.now() + limitMs;
    const company = companyOf(signal);
    const pending = { topic, dueAt, limitMs, left, settled: false, lastFailure: undefined, resolve, reject, company };
    if (waiting.size === 0) silence.begin();
    waiting.add(pending);
    company.add(pending);
    wakeBy(dueAt);
    return pending;
  }

  function companyOf(signal: AbortSignal): Set<PendingAppend> {
    let company = companies.get(signal);
    if (!company) {
      const made = new Set<PendingAppend>();
      companies.set(signal, (company = made));
      const abort = () => {
        const reason = signal.reason instanceof Error ? signal.reason : new Error('the append was aborted');
        for (const pending of made) answer(pending, reason);
        sweepSoon();
      };
      signal.addEventListener('abort', abort, { once: true });
    }
    return company;
  }

  function answer(pending: PendingAppend, error?: Error): void {
    if (pending.settled) return;
    pending.settled = true;
    waiting.delete(pending);
    pending.company.delete(pending);
    if (error) pending.reject(error);
    else pending.resolve();
    if (waiting.size > 0) return;
    if (timer) clearTimeout(timer.handle);
    timer = undefined;
    allAnswered?.();
  }

  /** One timer for all: it costs as much as a record otherwise. */
  function wakeBy(at: number): void {
    if (timer && timer.at <= at) return;
    if (timer) clearTimeout(timer.handle);
    timer = { handle: setTimeout(missDeadlines, at - performance.now()), at };
  }

  function missDeadlines(): void {
    timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const pending of waiting) {
      // Timers may ring a fraction of a millisecond early.
      if (pending.dueAt - now > 1) {
        next = Math.min(next, pending.dueAt);
        continue;
      }
      const limit = `${pending.limitMs / 1000} s`;
      answer(
        pending,
        new Error(`append to ${pending.topic}: Kafka did not confirm within ${limit}`, { cause: pending.lastFailure }),
      );
      breaker.trip(`an append was not confirmed within ${limit}`);
      sweepSoon();
    }
    if (next !== Infinity) wakeBy(next);
  }

  function enqueue({ records, partitions }: Placed, append: PendingAppend): void {
    const { topic } = append;
    let ofTopic = queues.get(topic);
    if (!ofTopic) queues.set(topic, (ofTopic = []));
    const block: Block = { records, append };
    for (let pick = 0; pick < partitions.length; pick++) {
      const partition = partitions[pick]!;
      (ofTopic[partition] ??= createQueue(topic, partition)).add(block, pick);
    }
  }

  interface PartitionQueue {
    add(block: Block, pick: number): void;
    /** Lets go of what nobody waits for any more. */
    sweep(): void;
  }

  /** One partition: what waits, and the batch that was taken and is not settled yet. */
  function createQueue(topic: string, partition: number): PartitionQueue {
    let waiting = emptyBatch();
    let batch = emptyBatch();
    let offered = false;

    function offer(): void {
      if (offered || (batch.picks.length === 0 && waiting.picks.length === 0)) return;
      offered = true;
      sender.offer(source);
    }

    const source: PartitionSource = {
      topic,
      partition,
      take() {
        // What failed goes again, for as long as somebody waits: a broker that restarts is back within a deadline. A copy is harmless.
        if (batch.blocks.every(({ append: { settled } }) => settled)) {
          forget(batch);
          batch = nextBatch();
        }
        return batch;
      },
      settled(error) {
        if (error === undefined) {
          offered = false;
          if (batch.picks.length > 0) {
            breaker.worked();
            silence.answered();
          }
          for (const { append } of batch.blocks) if (--append.left === 0) answer(append);
          forget(batch);
          batch = emptyBatch();
          return offer();
        }
        logger.debug({ topic, partition, reason: explain(error) }, 'a send failed');
        const failure = new Error(`append to ${topic}, partition ${partition}`, { cause: error });
        const heals = mayHeal(error);
        for (const { append } of batch.blocks) {
          append.lastFailure = failure;
          if (!heals) answer(append, failure);
        }
        setTimeout(() => {
          offered = false;
          offer();
        }, SEND_AGAIN_MS);
      },
    };

    /** The next send's worth, in order, without what has been answered meanwhile. */
    function nextBatch(): Batch {
      dropAnswered();
      const all = waiting;
      waiting = emptyBatch();
      if (all.picks.length <= SEND_RECORDS && all.bytes <= SEND_BYTES) return all;
      const next = emptyBatch();
      all.picks.forEach((pick, i) => {
        const block = all.blocks[i]!;
        const bytes = next.bytes + sizeOf(block.records, pick);
        const fits = next.picks.length < SEND_RECORDS && (next.picks.length === 0 || bytes <= SEND_BYTES);
        push(fits && waiting.picks.length === 0 ? next : waiting, block, pick);
      });
      return next;
    }

    function dropAnswered(): void {
      if (waiting.blocks.every(({ append }) => !append.settled)) return;
      const all = waiting;
      const gone = emptyBatch();
      waiting = emptyBatch();
      all.picks.forEach((pick, i) => push(all.blocks[i]!.append.settled ? gone : waiting, all.blocks[i]!, pick));
      forget(gone);
    }

    return {
      add(block, pick) {
        push(waiting, block, pick);
        offer();
      },
      sweep: dropAnswered,
    };
  }

  /** Lets go of what waits behind a send that hangs although nobody waits for it any more. */
  function sweepSoon(): void {
    if (sweeping) return;
    sweeping = true;
    setImmediate(() => {
      sweeping = false;
      for (const ofTopic of queues.values()) ofTopic.forEach((queue) => queue.sweep());
    });
  }

  function forget({ picks, bytes }: RecordBatch): void {
    inFlight.records -= picks.length;
    inFlight.bytes -= bytes;
  }

  return {
    append,
    reachable: () => !closed && breaker.openSince() === undefined,
    async close() {
      closed = true;
      breaker.close();
      silence.close();
      // A send that hangs and that nobody waits for any more is no reason to stay.
      if (waiting.size > 0) await new Promise<void>((resolve) => (allAnswered = resolve));
    },
  };
}

/** Where each of the records goes. Throws for one that can go nowhere. */
function place(records: readonly AppendRecord[] | PackedRecords, partitions: number): readonly Placed[] {
  if ('bounds' in records) {
    const { bytes, bounds } = records;
    const found: number[] = [];
    for (let at = 0; at < bounds.length; at += 3) {
      if (bounds[at]! < 0) throw new Error('a record without a key must name its partition');
      found.push(partitionOfBytes(bytes, bounds[at]!, bounds[at + 1]!, partitions));
    }
    return [{ records, partitions: found }];
  }
  const targets = records.map((record) => partitionFor(record, partitions));
  let from = 0;
  return packRecords(records).map((packed) => ({
    records: packed,
    partitions: targets.slice(from, (from += countOf(packed))),
  }));
}

/** What a record takes on the wire at most. */
function sizeOf({ bounds, traceparent }: PackedRecords, pick: number): number {
  const keyAt = bounds[3 * pick]!;
  return mostBytesOf(bounds[3 * pick + 2]! - (keyAt < 0 ? bounds[3 * pick + 1]! : keyAt), traceparent);
}

/** A topic that is not there, a message too large or a right we lack say nothing about the broker's health. */
function mayHeal(error: unknown): boolean {
  if (error instanceof UnusableTopic) return false;
  for (let link = error; link instanceof Error; link = link.cause)
    if ((link as { retriable?: boolean }).retriable === false && link.name === 'KafkaJSProtocolError') return false;
  return true;
}

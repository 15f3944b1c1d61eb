import { setTimeout as sleep } from 'node:timers/promises';
import { explain, type Logger } from '@corral/runtime';
import type { AppendRecord } from '../event-log';
import { partitionFor } from '../murmur2';
import { createBreaker } from './kafka-breaker';
import { watchForSilence } from './kafka-silence';
import { UnusableTopic } from './unusable-topic';

/** A record on its way to one partition. */
export interface KafkaMessage {
  readonly key: string | null;
  readonly value: Buffer;
  readonly timestamp: string;
  readonly partition: number;
  readonly headers?: { readonly traceparent: string };
}

export interface KafkaAppenderOptions {
  readonly partitions: number;
  /** Writes to one partition; settles when the broker said that they are durable there, rejects when they may not be. */
  send(topic: string, partition: number, messages: readonly KafkaMessage[]): Promise<void>;
  /** Rejects unless the topic is there and has our number of partitions. */
  checkTopic(topic: string): Promise<void>;
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
  append(topic: string, records: readonly AppendRecord[], signal: AbortSignal): Promise<void>;
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
  left: number;
  settled: boolean;
  lastFailure?: Error;
  settle(error?: Error): void;
}

interface Queued {
  readonly message: KafkaMessage;
  readonly bytes: number;
  readonly append: PendingAppend;
}

interface PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  waiting: Queued[];
  sending: boolean;
}

/**
 * The producing side. kafkajs has no linger, so we batch: a partition that is idle sends at the end of the turn, a busy one collects
 * until its answer comes. Each send names one partition: several at once can be acknowledged without having been written when
 * leadership moves, and idempotent mode loses a batch with every lost reply.
 */
export function createKafkaAppender(options: KafkaAppenderOptions): KafkaAppender {
  const { partitions, logger, deadlineMs = 8_000, trialDeadlineMs = 1_500 } = options;
  const { maxInFlightRecords = 20_000, maxInFlightBytes = 64_000_000 } = options;
  const queues = new Map<string, PartitionQueue[]>();
  const breaker = createBreaker({ probe: options.probe, logger });
  const inFlight = { records: 0, bytes: 0 };
  const open = new Set<PendingAppend>();
  const silence = watchForSilence({
    waiting: () => open.size > 0,
    probe: options.probe,
    suspectMs: options.suspectMs,
    silent() {
      breaker.trip('nothing at all comes back from it');
      for (const { settle, lastFailure } of [...open])
        settle(new Error('append: nothing at all comes back from Kafka', { cause: lastFailure }));
      sweepSoon();
    },
  });
  /** Settle when their appends were answered. */
  const waitedFor = new Set<Promise<void>>();
  let sweeping = false;
  let closed = false;

  async function append(topic: string, records: readonly AppendRecord[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (closed) throw new Error('the log is closed');
    if (records.length === 0) return;
    const since = breaker.openSince();
    if (since !== undefined)
      throw new Error(`Kafka has not answered for ${Math.round((performance.now() - since) / 1000)} s`);
    const messages = records.map((record) => toMessage(record, partitions));
    const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0);
    const tooLarge = messages.find((message) => sizeOf(message) > RECORD_BYTES);
    if (tooLarge) throw new Error(`a record of ${sizeOf(tooLarge)} bytes is more than Kafka takes (${RECORD_BYTES})`);
    if (inFlight.records + messages.length > maxInFlightRecords || inFlight.bytes + bytes > maxInFlightBytes)
      throw new Error(`too much is on its way to Kafka already (${inFlight.records} records, ${inFlight.bytes} bytes)`);
    inFlight.records += messages.length;
    inFlight.bytes += bytes;
    const answered = new Promise<void>((resolve, reject) => {
      const pending = openAppend(topic, messages.length, signal, (error) => (error ? reject(error) : resolve()));
      const queued = messages.map((message) => ({ message, bytes: sizeOf(message), append: pending }));
      options.checkTopic(topic).then(
        () => queued.forEach((item) => enqueue(topic, item)),
        (error: unknown) => {
          forget(queued);
          if (mayHeal(error)) breaker.trip('its topics could not be looked at');
          pending.settle(new Error(`append to ${topic}`, { cause: error }));
        },
      );
    });
    const settled = answered.then(
      () => undefined,
      () => undefined,
    );
    waitedFor.add(settled);
    await answered.finally(() => waitedFor.delete(settled));
  }

  /** An append that is answered exactly once: by its last record, its first failure, its deadline or its signal. */
  function openAppend(
    topic: string,
    left: number,
    signal: AbortSignal,
    answer: (error?: Error) => void,
  ): PendingAppend {
    const limitMs = breaker.onTrial() ? trialDeadlineMs : deadlineMs;
    const timer = setTimeout(() => {
      const late = `append to ${topic}: Kafka did not confirm within ${limitMs / 1000} s`;
      pending.settle(new Error(late, { cause: pending.lastFailure }));
      breaker.trip(`an append was not confirmed within ${limitMs / 1000} s`);
      sweepSoon();
    }, limitMs);
    const abort = () => {
      pending.settle(signal.reason instanceof Error ? signal.reason : new Error('the append was aborted'));
      sweepSoon();
    };
    const pending: PendingAppend = {
      left,
      settled: false,
      settle(error) {
        if (pending.settled) return;
        pending.settled = true;
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        open.delete(pending);
        answer(error);
      },
    };
    if (open.size === 0) silence.begin();
    open.add(pending);
    signal.addEventListener('abort', abort, { once: true });
    return pending;
  }

  function enqueue(topic: string, item: Queued): void {
    const { partition } = item.message;
    let ofTopic = queues.get(topic);
    if (!ofTopic) queues.set(topic, (ofTopic = []));
    const queue = (ofTopic[partition] ??= { topic, partition, waiting: [], sending: false });
    queue.waiting.push(item);
    if (queue.sending) return;
    queue.sending = true;
    void sendAll(queue);
  }

  async function sendAll(queue: PartitionQueue): Promise<void> {
    // What arrives in the same turn goes in the same send.
    await new Promise(setImmediate);
    for (let batch = take(queue); batch.length > 0; batch = take(queue)) {
      await sendUntilAnswered(queue, batch);
      forget(batch);
    }
    queue.sending = false;
  }

  /** Tries for as long as somebody waits: a broker that restarts is back within a deadline. A copy of what did arrive is harmless. */
  async function sendUntilAnswered({ topic, partition }: PartitionQueue, batch: readonly Queued[]): Promise<void> {
    const messages = batch.map((item) => item.message);
    while (batch.some(({ append }) => !append.settled)) {
      try {
        await options.send(topic, partition, messages);
        breaker.worked();
        silence.answered();
        for (const { append } of batch) if (--append.left === 0) append.settle();
        return;
      } catch (error) {
        logger.debug({ topic, partition, reason: explain(error) }, 'a send failed');
        const failure = new Error(`append to ${topic}, partition ${partition}`, { cause: error });
        for (const { append } of batch) {
          append.lastFailure = failure;
          if (!mayHeal(error)) append.settle(failure);
        }
        await sleep(SEND_AGAIN_MS);
      }
    }
  }

  /** The next send's worth, in order, without what has been answered meanwhile. */
  function take(queue: PartitionQueue): Queued[] {
    const batch: Queued[] = [];
    let bytes = 0;
    let at = 0;
    for (; at < queue.waiting.length && batch.length < SEND_RECORDS; at++) {
      const item = queue.waiting[at]!;
      if (item.append.settled) {
        forget([item]);
        continue;
      }
      if (batch.length > 0 && bytes + item.bytes > SEND_BYTES) break;
      bytes += item.bytes;
      batch.push(item);
    }
    queue.waiting = at === queue.waiting.length ? [] : queue.waiting.slice(at);
    return batch;
  }

  /** Lets go of what waits behind a send that hangs although nobody waits for it any more. */
  function sweepSoon(): void {
    if (sweeping) return;
    sweeping = true;
    setImmediate(() => {
      sweeping = false;
      for (const ofTopic of queues.values())
        ofTopic.forEach((queue) => {
          forget(queue.waiting.filter((item) => item.append.settled));
          queue.waiting = queue.waiting.filter((item) => !item.append.settled);
        });
    });
  }

  function forget(items: readonly Queued[]): void {
    inFlight.records -= items.length;
    for (const item of items) inFlight.bytes -= item.bytes;
  }

  return {
    append,
    reachable: () => !closed && breaker.openSince() === undefined,
    async close() {
      closed = true;
      breaker.close();
      silence.close();
      // A send that hangs and that nobody waits for any more is no reason to stay.
      while (waitedFor.size > 0) await Promise.all(waitedFor);
    },
  };
}

function toMessage(record: AppendRecord, partitions: number): KafkaMessage {
  const partition = partitionFor(record, partitions);
  const { key, value, timestamp, traceparent } = record;
  const message = { key, value, timestamp: String(timestamp), partition };
  return traceparent === undefined ? message : { ...message, headers: { traceparent } };
}

/** Roughly what a record takes on the wire. */
function sizeOf({ key, value }: KafkaMessage): number {
  return value.length + (key?.length ?? 0) + 32;
}

/** A topic that is not there, a message too large or a right we lack say nothing about the broker's health. */
function mayHeal(error: unknown): boolean {
  if (error instanceof UnusableTopic) return false;
  for (let link = error; link instanceof Error; link = link.cause)
    if ((link as { retriable?: boolean }).retriable === false && link.name === 'KafkaJSProtocolError') return false;
  return true;
}

import { explain, sleep, type Logger } from '@corral/runtime';
import type { Cluster, Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent, Kafka } from 'kafkajs';
import type { ConsumeOptions, Consumption, PartitionBounds, PartitionHandler } from '../event-log';
import { createDoorbell } from '../doorbell';
import { readPartition, type PartitionReader } from '../partition-reader';
import { settlesWithin } from '../until-aborted';
import { recordsOf } from './fetched-message';
import { createPartitionBuffer, type PartitionBuffer } from './kafka-partition-buffer';
import type { KafkaJs } from './load-kafkajs';
import { noteProgress } from './note-progress';
import { readFetchesOurselves } from './read-fetches';

/** How a group is consumed; the defaults are measured ones. */
export interface KafkaConsumeSettings {
  /** How long a member that fell silent keeps its partitions. */
  readonly sessionTimeoutMs: number;
  /** How long a fetch waits for something to come; also how long leaving and pausing take. */
  readonly maxWaitMs: number;
  /** How long a batch in flight may go on when its partition is given up. */
  readonly drainMs: number;
}

export interface KafkaConsumptionOptions extends KafkaConsumeSettings {
  readonly kafkajs: KafkaJs;
  readonly kafka: Kafka;
  readonly partitions: number;
  readonly consume: ConsumeOptions;
  bounds(signal: AbortSignal): Promise<readonly PartitionBounds[]>;
  /** The ids of the group's members as the broker has them, none while it is being shared out anew. */
  members(): Promise<readonly string[]>;
  /** What was fetched is decoded by us; false: by kafkajs. */
  readonly decode: boolean;
  readonly logger: Logger;
}

interface OwnedPartition {
  readonly handler: PartitionHandler;
  readonly reader: PartitionReader;
  readonly buffer: PartitionBuffer;
  /** Which sharing-out of the group gave it to us. */
  readonly join: number;
  givenUp?: Promise<void>;
}

const COMMIT_EVERY_MS = 5_000;
/**
 * Between two fetches that found something, unless the consumer wants more. A fetch over all partitions costs the broker and us the same whether it
 * brings one record or a thousand, and without a pause it brings whatever came during the last one. What comes in an idle moment is handed on at once
 * all the same.
 */
const REST_MS = 10;
/** The same, at most, while so many records of the last fetches have not been taken yet: what comes then would wait as well. */
const LONG_REST_MS = 60;
const MUCH_WAITS = 1_000;
/** Bytes of values, keys and heads come on top, of the megabyte that a fetch brings at most and of the 256 KB of one partition: there is more to be had. */
const [MUCH_FETCHED, MUCH_OF_ONE] = [700_000, 170_000];
const IDLE_POLL_MS = 5_000;
/** Crashes that are not the network's, without a join between them, after which there is no hope; those of the network have no end. */
const CRASHES_IN_A_ROW = 10;
const RUN_AGAIN_MS = 500;
/** Leaving before the first join is done would leave a member behind. */
const FIRST_JOIN_LIMIT_MS = 5_000;
/** Leaving takes 0.3 s; from a broker that says nothing we are gone after our session anyway. */
const LEAVE_LIMIT_MS = 4_000;
/** How long a cluster may take to find a coordinator for our group. */
const COORDINATOR_LIMIT_MS = 60_000;
const COORDINATOR_PAUSE_MS = 250;

/**
 * A member of a group. kafkajs fetches and keeps the membership, and does nothing else: `eachBatch` puts what came into the partition's
 * buffer and returns, so heartbeats go on however long a handler takes (a database that is away), and one slow partition does not hold
 * up the others of its fetch. The readers beside it claim, hand over, park and drain.
 *
 * Rebalancing is eager: all is drained and given up before we join, and claimed anew after. The claim comes before the seek and the seek
 * before the resume, with everything paused from within the event of the join: kafkajs would otherwise deliver from its own offset first.
 */
export async function startKafkaConsumption(options: KafkaConsumptionOptions): Promise<Consumption> {
  const { kafkajs, consume, sessionTimeoutMs, drainMs } = options;
  const { topic } = consume;
  const logger = options.logger.child({ consumer: consume.consumer, topic });
  const owned = new Map<number, OwnedPartition>();
  /** Up to where handlers have settled: never ahead of them. */
  const settledOffsets = new Map<number, number>();
  const stopped = new AbortController();
  const bell = createDoorbell();
  /** How often in a row a partition was claimed by somebody else before we had settled anything. */
  const losses = new Map<number, number>();
  let memberId = '';
  let join = 0;
  /** From the moment we let go of everything until the group has been shared out: nothing is taken meanwhile. */
  let joining = true;
  let crashes = 0;
  let failing: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (failing = resolve));
  let joinedOnce: () => void = () => undefined;
  const firstJoin = new Promise<void>((resolve) => (joinedOnce = resolve));

  const consumer: Consumer = options.kafka.consumer({
    groupId: consume.consumer,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.max(50, Math.min(1_000, Math.round(sessionTimeoutMs * 0.15))),
    rebalanceTimeout: 60_000,
    minBytes: 1,
    maxBytes: 1_048_576,
    maxBytesPerPartition: 262_144,
    maxWaitTimeInMs: options.maxWaitMs,
    allowAutoTopicCreation: false,
    retry: {
      initialRetryTime: 100,
      maxRetryTime: 1_000,
      retries: 5,
      restartOnFailure: async () => !stopped.signal.aborted,
    },
    partitionAssigners: [
      (config) => {
        beforeEachJoin(config.cluster, letGo, stopped.signal);
        if (options.decode) readFetchesOurselves(config.cluster);
        return kafkajs.PartitionAssigners.roundRobin(config);
      },
    ],
  });
  consumer.on(consumer.events.GROUP_JOIN, joined);
  consumer.on(consumer.events.CRASH, crashed);

  async function letGo(): Promise<void> {
    joining = true;
    pause([...owned.keys()]);
    await giveUpAll(drainMs);
  }

  // kafkajs starts a listener synchronously within the join: what is paused here has not been fetched yet.
  function joined(event: ConsumerGroupJoinEvent): void {
    const partitions = [...(event.payload.memberAssignment[topic] ?? [])].sort((a, b) => a - b);
    pause(partitions);
    memberId = event.payload.memberId;
    join++;
    joining = false;
    crashes = 0;
    joinedOnce();
    logger.info({ partitions, tookMs: event.payload.duration }, 'joined the group');
    settledOffsets.clear();
    if (!stopped.signal.aborted) for (const partition of partitions) take(partition);
  }

  function crashed(event: ConsumerCrashEvent): void {
    const { error, restart } = event.payload;
    // Nobody joins any more.
    if (stopped.signal.aborted) return joinedOnce();
    if (!isNetwork(error)) crashes++;
    logger.warn({ reason: explain(error), restart, crashes }, 'the consumer crashed');
    const passes = restart || isNamed(error, /^KafkaJSLockTimeout$/);
    if (crashes >= CRASHES_IN_A_ROW || !passes) fail(error);
    else if (!restart) void runAgain();
  }

  function fail(cause: unknown): void {
    failing(new Error(`consume ${topic} as ${consume.consumer}`, { cause }));
  }

  /** kafkajs gives up for good when a connection could not be made in time, as with a broker that takes it and says nothing. */
  function runAgain(): Promise<void> {
    return sleep(RUN_AGAIN_MS, stopped.signal)
      .then(run)
      .catch((error: unknown) => (stopped.signal.aborted ? undefined : fail(error)));
  }

  function take(partition: number): void {
    const ours = join;
    const isOurs = () => owned.get(partition)?.join === ours && owned.get(partition)?.buffer === buffer;
    const buffer = createPartitionBuffer(
      {
        bounds: async (signal) => boundsOf(await sharedBounds(signal), topic, partition),
        startAt(offset) {
          if (!isOurs()) return;
          whileFetching(() => consumer.seek({ topic, partition, offset: String(offset) }));
          resume([partition]);
        },
        pause: () => isOurs() && pause([partition]),
        resume: () => isOurs() && resume([partition]),
      },
      () => reader.wake(),
    );
    const handler = noteProgress(consume.handler, (partition, offset, how) => {
      settledOffsets.set(partition, offset);
      if (how === 'settled') losses.delete(partition);
    });
    const reader = readPartition({
      partition,
      source: buffer,
      handler,
      maxBatch: consume.maxBatch ?? 2_000,
      pollMs: IDLE_POLL_MS,
      logger,
    });
    const mine: OwnedPartition = { handler, reader, buffer, join: ours };
    owned.set(partition, mine);
    void reader.ended.then((how) => (how === 'lost' ? takeAgain(mine) : undefined));
  }

  /** Somebody else claimed it. If the group still has us, that was a zombie, and we claim it back; else the next join decides. */
  async function takeAgain(lost: OwnedPartition): Promise<void> {
    const { partition } = lost.reader;
    const before = losses.get(partition) ?? 0;
    losses.set(partition, before + 1);
    logger.warn({ partition, before }, 'FENCED: a partition is not ours any more');
    pause([partition]);
    await giveUp(lost, 0);
    for (let tries = before; mayTake(lost); tries++) {
      if (tries > 0) await bell.wait(Math.min(5_000, 100 * 2 ** Math.min(tries, 6)), stopped.signal);
      const isMember = await options.members().then(
        (ids) => ids.includes(memberId),
        () => false,
      );
      if (isMember && mayTake(lost)) return take(partition);
    }
  }

  /** Whether what we gave up is still ours to take: no join came in between, and none is under way. */
  function mayTake({ reader, join: then }: OwnedPartition): boolean {
    return then === join && !joining && !owned.has(reader.partition) && !stopped.signal.aborted;
  }

  function giveUp(mine: OwnedPartition, graceMs: number): Promise<void> {
    mine.givenUp ??= (async () => {
      const { partition, stop } = mine.reader;
      await stop(graceMs);
      await mine.handler
        .revoked(partition)
        .catch((error: unknown) => logger.error({ partition, err: error }, 'a handler failed at being revoked'));
      if (owned.get(partition) === mine) owned.delete(partition);
    })();
    return mine.givenUp;
  }

  async function giveUpAll(graceMs: number): Promise<void> {
    await Promise.all([...owned.values()].map((mine) => giveUp(mine, graceMs)));
  }

  // All partitions of a join ask at once: one answer serves them.
  let asking: Promise<readonly PartitionBounds[]> | undefined;
  function sharedBounds(signal: AbortSignal): Promise<readonly PartitionBounds[]> {
    signal.throwIfAborted();
    asking ??= options.bounds(stopped.signal).finally(() => (asking = undefined));
    return asking;
  }

  function pause(partitions: number[]): void {
    if (partitions.length > 0) whileFetching(() => consumer.pause([{ topic, partitions }]));
  }

  function resume(partitions: number[]): void {
    whileFetching(() => consumer.resume([{ topic, partitions }]));
  }

  /** Between a crash and the next join nothing fetches, and kafkajs throws: the join begins anew with every partition anyway. */
  function whileFetching(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      logger.debug({ reason: explain(error) }, 'nothing fetches just now');
    }
  }

  // kafkajs fetches again when every batch of a fetch was taken: all of them wait for the same moment.
  let breathing: Promise<void> | undefined;
  /** Bytes of values since the last rest, and the most of one partition. */
  let fetched = { all: 0, ofOne: 0 };
  function breath(): Promise<void> {
    breathing ??= breathe().finally(() => (breathing = undefined));
    return breathing;
  }

  async function breathe(): Promise<void> {
    const until = performance.now() + LONG_REST_MS;
    await sleep(REST_MS);
    // By now all batches of the fetch were counted.
    const wasFull = fetched.all >= MUCH_FETCHED || fetched.ofOne >= MUCH_OF_ONE;
    fetched = { all: 0, ofOne: 0 };
    while (isBusy() && performance.now() < until) await sleep(REST_MS);
    // Of a full fetch there is more to be had: whoever rested longer would read no faster than so many of them a second.
    if (!wasFull && consume.restMs !== undefined) await sleep(consume.restMs - REST_MS);
  }

  function isBusy(): boolean {
    let waiting = 0;
    for (const { buffer } of owned.values()) waiting += buffer.waiting();
    return waiting >= MUCH_WAITS;
  }

  async function run(): Promise<void> {
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: options.partitions,
      async eachBatch({ batch, resolveOffset, isRunning, isStale }) {
        if (!isRunning() || isStale()) return;
        // What was asked for is not in kafkajs' types.
        const { fetchedOffset } = batch as typeof batch & { readonly fetchedOffset: string };
        const records = recordsOf(batch.partition, batch.messages, Number(fetchedOffset));
        const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
        fetched = { all: fetched.all + bytes, ofOne: Math.max(fetched.ofOne, bytes) };
        if (owned.get(batch.partition)?.buffer.offer(records)) resolveOffset(batch.lastOffset());
        await breath();
      },
    });
  }

  // For KEDA and lag tools alone: nothing of ours ever reads it, so errors do not matter.
  async function commit(): Promise<void> {
    const offsets = [...settledOffsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
    if (offsets.length > 0) await consumer.commitOffsets(offsets).catch(() => undefined);
  }

  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
  } catch (error) {
    await settlesWithin(consumer.disconnect(), LEAVE_LIMIT_MS);
    throw new Error(`consume ${topic} as ${consume.consumer}`, { cause: error });
  }
  await run();
  let committing: Promise<void> = Promise.resolve();
  const commits = setInterval(() => (committing = committing.then(commit)), COMMIT_EVERY_MS);
  let stopping: Promise<void> | undefined;

  return {
    assigned: () => [...owned.keys()].sort((a, b) => a - b),
    parked: () =>
      [...owned.values()].flatMap(({ reader }) => {
        const reason = reader.parked();
        return reason === undefined ? [] : [{ partition: reader.partition, reason }];
      }),
    park: (partition, reason) => owned.get(partition)?.reader.park(reason),
    async reassign() {
      const all = [...owned.values()];
      pause(all.map(({ reader }) => reader.partition));
      await Promise.all(all.map((mine) => giveUp(mine, drainMs)));
      for (const mine of all) if (mayTake(mine)) take(mine.reader.partition);
    },
    failed,
    stop() {
      stopping ??= (async () => {
        stopped.abort(new Error('the consumer stops'));
        clearInterval(commits);
        await settlesWithin(firstJoin, FIRST_JOIN_LIMIT_MS);
        await giveUpAll(drainMs);
        await settlesWithin(commit(), 1_000);
        if (!(await settlesWithin(consumer.disconnect(), LEAVE_LIMIT_MS)))
          logger.warn('could not leave the group in good order');
      })();
      return stopping;
    },
  };
}

/**
 * Calls `drain` before each join and waits for it. kafkajs has no such event, but the first thing it does in a join is to ask for the
 * group's coordinator, and an assigner is given the cluster it asks.
 *
 * It also takes "there is no coordinator" for final after a second of asking, and would end the consumer; a cluster that makes its
 * offsets topic for the very first group just needs longer, with many consumers starting at once several seconds.
 */
function beforeEachJoin(cluster: Cluster, drain: () => Promise<void>, stopped: AbortSignal): void {
  const find = cluster.findGroupCoordinator.bind(cluster);
  cluster.findGroupCoordinator = async (group) => {
    // Whoever stops meanwhile would join all the same, and keep partitions that nobody reads.
    stopped.throwIfAborted();
    await drain();
    const deadline = performance.now() + COORDINATOR_LIMIT_MS;
    for (;;) {
      try {
        return await find(group);
      } catch (error) {
        const hopeless = !hasNoCoordinator(error) || performance.now() > deadline;
        if (hopeless || stopped.aborted) throw error;
        await sleep(COORDINATOR_PAUSE_MS, stopped);
      }
    }
  };
}

function hasNoCoordinator(error: unknown): boolean {
  return error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound';
}

function boundsOf(all: readonly PartitionBounds[], topic: string, partition: number): PartitionBounds {
  const found = all[partition];
  if (!found) throw new Error(`topic ${topic} has no partition ${partition}`);
  return found;
}

function isNetwork(error: unknown): boolean {
  return isNamed(
    error,
    /^KafkaJS(Connection|NoBroker|BrokerNotFound|RequestTimeout|NumberOfRetries|GroupCoordinatorNotFound|LockTimeout)/,
  );
}

/** Whether the error or one that led to it has such a name. */
function isNamed(error: unknown, name: RegExp): boolean {
  for (let link = error; link instanceof Error; link = link.cause) if (name.test(link.name)) return true;
  return false;
}

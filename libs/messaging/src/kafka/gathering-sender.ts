import type { Cluster, KafkaInside } from './load-kafkajs';
import { createProduceEncoder, type PartitionBatch } from './encode-produce';
import type { KafkaSender, PartitionSource } from './partition-source';

/** What a {@link createGatheringSender} works with. */
export interface GatheringSenderOptions {
  readonly inside: KafkaInside;
  readonly cluster: Cluster;
  /** How long a broker may take to collect its acknowledgements. */
  readonly timeoutMs: number;
  /**
   * Requests with few partitions on board begin no more often than this, 1 ms by default: each costs a broker as much as one with many. After a rest
   * one goes at once.
   */
  readonly paceMs?: number;
}

/** Requests that one broker has not answered yet; while there are so many, what comes is gathered for the next. */
const FLIGHTS_PER_BROKER = 1;
/** So many partitions wait for nobody. */
const FULL_ENOUGH = 8;
/** A request stops taking partitions on board beyond it; one of them may bring close to a megabyte more. */
const FLIGHT_BYTES = 4_000_000;
const METADATA_MAX_AGE_MS = 300_000;

interface Lane {
  readonly nodeId: number;
  readonly offered: PartitionSource[];
  flights: number;
  departing: boolean;
  /** By the clock of `performance.now()`. */
  departedAt: number;
  /** Until the next small request may go. */
  pause: NodeJS.Timeout | undefined;
}

/**
 * The producing side over kafkajs' connections, with one request for all partitions of a broker that have something to send: with 48
 * partitions a request each costs 20 times the processor time. kafkajs' own `send()` over several partitions acknowledges what was not
 * written when leadership moves (its #1303); here every partition is settled by what the answer says about it, and by nothing else.
 */
export function createGatheringSender(options: GatheringSenderOptions): KafkaSender {
  const { inside, cluster, timeoutMs, paceMs = 1 } = options;
  const lanes = new Map<number, Lane>();
  const leaders = new Map<string, Int32Array>();
  /** Each with a buffer of its own, in use from the encoding until the answer. */
  const encoders: ReturnType<typeof createProduceEncoder>[] = [];
  let refreshing: Promise<void> | undefined;
  let refreshedAt = performance.now();

  function offer(source: PartitionSource): void {
    const leader = leaderOf(source);
    if (leader !== undefined) return board(leader, source);
    // A look around that was already under way may not know this topic.
    const known = refresh().then(() => (leaders.has(source.topic) ? undefined : refresh()));
    known.then(
      () => {
        const found = leaderOf(source);
        if (found === undefined)
          source.settled(new Error(`partition ${source.partition} of ${source.topic} has no leader`));
        else board(found, source);
      },
      (error: unknown) => source.settled(new Error(`ask who leads ${source.topic}`, { cause: error })),
    );
  }

  function leaderOf({ topic, partition }: PartitionSource): number | undefined {
    const leader = leaders.get(topic)?.[partition];
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  /** What is offered in the same turn goes in the same request. */
  function board(nodeId: number, source: PartitionSource): void {
    let lane = lanes.get(nodeId);
    if (!lane) lanes.set(nodeId, (lane = emptyLane(nodeId)));
    lane.offered.push(source);
    depart(lane);
  }

  function depart(lane: Lane): void {
    if (lane.departing || lane.offered.length === 0 || lane.flights >= FLIGHTS_PER_BROKER) return;
    if (lane.offered.length < FULL_ENOUGH && performance.now() - lane.departedAt < paceMs) {
      lane.pause ??= setTimeout(() => {
        lane.pause = undefined;
        depart(lane);
      }, paceMs);
      return;
    }
    clearTimeout(lane.pause);
    lane.pause = undefined;
    lane.departing = true;
    setImmediate(() => {
      lane.departing = false;
      lane.departedAt = performance.now();
      void fly(lane);
    });
  }

  /** One request. Never rejects: whatever goes wrong is told to those on board. */
  async function fly(lane: Lane): Promise<void> {
    const { topic, sources, partitions } = takeOff(lane);
    if (sources.length === 0) return depart(lane);
    lane.flights++;
    depart(lane);
    let errors: Map<number, number>;
    try {
      errors = await produce(lane.nodeId, topic, partitions);
    } catch (error) {
      lane.flights--;
      void lookAround(error);
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const source of sources) source.settled(failure);
      return depart(lane);
    }
    lane.flights--;
    let stale = false;
    for (const source of sources) {
      const code = errors.get(source.partition);
      if (code === 0) source.settled();
      else if (code === undefined)
        source.settled(new Error(`Kafka's answer does not name partition ${source.partition} of ${topic}`));
      else {
        const error = inside.errorOf(code);
        stale ||= inside.isStaleMetadata(error);
        source.settled(error);
      }
    }
    if (stale) refresh().catch(() => undefined);
    else if (performance.now() - refreshedAt > METADATA_MAX_AGE_MS) refresh().catch(() => undefined);
    depart(lane);
  }

  /** What goes in one request: of one topic, in the order offered, up to its size. */
  function takeOff(lane: Lane): { topic: string; sources: PartitionSource[]; partitions: PartitionBatch[] } {
    const sources: PartitionSource[] = [];
    const partitions: PartitionBatch[] = [];
    const topic = lane.offered[0]?.topic ?? '';
    let bytes = 0;
    const left: PartitionSource[] = [];
    for (const source of lane.offered) {
      if (source.topic !== topic || bytes > FLIGHT_BYTES) {
        left.push(source);
        continue;
      }
      const batch = source.take();
      if (batch.picks.length === 0) {
        source.settled();
        continue;
      }
      bytes += batch.bytes;
      sources.push(source);
      partitions.push({ partition: source.partition, batch });
    }
    lane.offered.length = 0;
    lane.offered.push(...left);
    return { topic, sources, partitions };
  }

  /** The error code of each partition, as the broker says it. */
  async function produce(
    nodeId: number,
    topic: string,
    partitions: readonly PartitionBatch[],
  ): Promise<Map<number, number>> {
    const broker = await cluster.findBroker({ nodeId: String(nodeId) });
    const encode = encoders.pop() ?? createProduceEncoder();
    try {
      const request = inside.produceRequest(broker, () => encode(topic, partitions, timeoutMs));
      const answer = await broker.connectionPool.send(request);
      // Only now: of a request without an answer something may still be on its way to the socket.
      encoders.push(encode);
      return answer;
    } catch (error) {
      if (inside.isClosedConnection(error)) await broker.disconnect();
      throw error;
    }
  }

  /** After a request that was not answered: connections that are gone are forgotten, and leaders may have moved. */
  async function lookAround(error: unknown): Promise<void> {
    try {
      if (inside.isClosedConnection(error)) cluster.removeBroker(error);
      await refresh();
    } catch {
      // Nobody answers just now: those who wait will offer again.
    }
  }

  function refresh(): Promise<void> {
    refreshing ??= (async () => {
      if (!cluster.isConnected()) await cluster.connect();
      await cluster.refreshMetadata();
      readLeaders();
      refreshedAt = performance.now();
    })().finally(() => (refreshing = undefined));
    return refreshing;
  }

  function readLeaders(): void {
    for (const topic of cluster.targetTopics) {
      const found = cluster.findTopicPartitionMetadata(topic);
      const of = new Int32Array(Math.max(0, ...found.map(({ partitionId }) => partitionId + 1))).fill(-1);
      for (const { partitionId, leader } of found) of[partitionId] = leader ?? -1;
      leaders.set(topic, of);
    }
  }

  return {
    offer(source) {
      if (leaders.has(source.topic) || cluster.targetTopics.has(source.topic)) return offer(source);
      cluster.targetTopics.add(source.topic);
      offer(source);
    },
    disconnect: () => cluster.disconnect(),
  };
}

function emptyLane(nodeId: number): Lane {
  return { nodeId, offered: [], flights: 0, departing: false, departedAt: -Infinity, pause: undefined };
}

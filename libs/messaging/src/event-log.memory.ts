import { TOPICS, type TopicSpec } from '@corral/contracts';
import { createLogger, newId, type Logger } from '@corral/runtime';
import type { EventLog, PartitionBounds, StoredRecord, TopicAdmin } from './event-log';
import { partitionFor } from './murmur2';
import { unpackRecords } from './packed-records';
import { startPulledConsumption, type Membership, type MembershipEvents } from './pulled-consumption';

interface MemoryPartition {
  start: number;
  readonly records: StoredRecord[];
}

interface MemoryMember {
  readonly events: MembershipEvents;
  readonly held: Set<number>;
}

/** What memory logs share: the topics, and who consumes them. Outlives the logs opened over it. */
export interface MemoryStore {
  readonly partitions: number;
  readonly clusterId: string;
  readonly topics: Map<string, readonly MemoryPartition[]>;
  readonly groups: Map<string, Set<MemoryMember>>;
}

/** An empty store with these topics (by default all of ours). */
export function createMemoryStore(partitions = 4, topics: readonly TopicSpec[] = TOPICS): MemoryStore {
  const store: MemoryStore = { partitions, clusterId: newId('log'), topics: new Map(), groups: new Map() };
  for (const { name } of topics) addTopic(store, name);
  return store;
}

/** What a memory log may be given. */
export interface MemoryEventLogOptions {
  readonly store?: MemoryStore;
  /** How long a batch in flight may go on when its partition is given up, milliseconds. Default 5,000. */
  readonly drainMs?: number;
  readonly logger?: Logger;
}

/** The event log in memory, with what tests do to a log. */
export interface MemoryEventLog extends EventLog {
  readonly store: MemoryStore;
  /** From now on appends fail with this error; undefined heals it. */
  failAppends(error: Error | undefined): void;
  /** What retention does: records below `before` are gone. */
  forget(topic: string, partition: number, before: number): void;
  /** Adds a record without a value, as only strangers do. */
  appendTombstone(topic: string, partition: number, key: string): void;
}

/** The event log as a real, small implementation in memory: the same promises but for surviving the process. */
export function createMemoryEventLog(options: MemoryEventLogOptions = {}): MemoryEventLog {
  const store = options.store ?? createMemoryStore();
  const logger = options.logger ?? createLogger({ name: 'memory-log', level: 'silent' });
  const consumptions = new Set<() => Promise<void>>();
  let appendError: Error | undefined;
  let closed = false;

  const partitionsOf = (topic: string) => {
    const found = store.topics.get(topic);
    if (!found) throw new Error(`there is no topic ${topic}`);
    return found;
  };
  const boundsOf = ({ start, records }: MemoryPartition): PartitionBounds => ({
    start,
    end: start + records.length,
    clusterId: store.clusterId,
  });
  const partitionOfTopic = (topic: string, partition: number) => {
    const found = partitionsOf(topic)[partition];
    if (!found) throw new Error(`topic ${topic} has no partition ${partition}`);
    return found;
  };
  const put = (topic: string, record: Omit<StoredRecord, 'offset'>) => {
    const { start, records } = partitionOfTopic(topic, record.partition);
    records.push({ ...record, offset: start + records.length });
  };
  const tell = (topic: string, partitions: Iterable<number>) => {
    for (const [group, members] of store.groups)
      if (group.endsWith(` ${topic}`))
        for (const member of members) for (const partition of partitions) member.events.records(partition);
  };

  return {
    kind: 'memory',
    partitions: store.partitions,
    store,
    async append(topic, records, signal) {
      signal.throwIfAborted();
      if (closed) throw new Error('the log is closed');
      partitionsOf(topic);
      const placed = unpackRecords(records).map((record) => ({
        ...record,
        partition: partitionFor(record, store.partitions),
      }));
      await new Promise(setImmediate); // as a real log: never done within the call
      if (appendError) throw new Error(`append to ${topic}`, { cause: appendError });
      for (const { value, ...record } of placed) put(topic, { ...record, value: Buffer.from(value) });
      tell(topic, new Set(placed.map(({ partition }) => partition)));
    },
    async bounds(topic, signal) {
      signal.throwIfAborted();
      return partitionsOf(topic).map(boundsOf);
    },
    async *read(topic, partition, from, signal) {
      const { start, records } = partitionOfTopic(topic, partition);
      for (const record of records.slice(Math.max(0, from - start))) {
        signal.throwIfAborted();
        yield record;
      }
    },
    async consume(consume) {
      partitionsOf(consume.topic);
      const consumption = await startPulledConsumption({
        consume,
        partitions: store.partitions,
        source: (partition) => ({
          bounds: async () => boundsOf(partitionOfTopic(consume.topic, partition)),
          read: async (from, max) => {
            const { start, records } = partitionOfTopic(consume.topic, partition);
            return records.slice(Math.max(0, from - start), Math.max(0, from - start) + max);
          },
        }),
        join: async (events) => join(store, `${consume.consumer} ${consume.topic}`, events),
        mayHeal: () => false,
        pollMs: 50,
        drainMs: options.drainMs ?? 5_000,
        logger,
      });
      consumptions.add(consumption.stop);
      return consumption;
    },
    reachable: () => !closed && appendError === undefined,
    async close() {
      closed = true;
      await Promise.all([...consumptions].map((stop) => stop()));
    },
    failAppends(error) {
      appendError = error;
    },
    forget(topic, partition, before) {
      const kept = partitionOfTopic(topic, partition);
      const gone = Math.max(0, before - kept.start);
      kept.records.splice(0, gone);
      kept.start += gone;
    },
    appendTombstone(topic, partition, key) {
      put(topic, { partition, key, value: null, timestamp: Date.now() });
      tell(topic, [partition]);
    },
  };
}

/** Makes topics in a memory store. */
export function createMemoryTopicAdmin(store: MemoryStore): TopicAdmin {
  return {
    async ensureTopics(topics, partitions) {
      for (const { name } of topics) {
        const found = store.topics.get(name)?.length ?? store.partitions;
        if (found !== partitions) throw new Error(`topic ${name} has ${found} partitions, ${partitions} are wanted`);
        addTopic(store, name);
      }
    },
  };
}

function addTopic(store: MemoryStore, name: string): void {
  if (store.topics.has(name)) return;
  store.topics.set(
    name,
    Array.from({ length: store.partitions }, () => ({ start: 0, records: [] })),
  );
}

function join(store: MemoryStore, group: string, events: MembershipEvents): Membership {
  const members = store.groups.get(group) ?? new Set();
  store.groups.set(group, members);
  const me: MemoryMember = { events, held: new Set() };
  members.add(me);
  const tellOthers = () => {
    for (const member of members) if (member !== me) member.events.changed();
  };
  tellOthers();
  return {
    members: async () => members.size,
    async take(partition) {
      if ([...members].some(({ held }) => held.has(partition))) return false;
      me.held.add(partition);
      return true;
    },
    async release(partition) {
      me.held.delete(partition);
      tellOthers();
    },
    async leave() {
      members.delete(me);
      tellOthers();
    },
  };
}

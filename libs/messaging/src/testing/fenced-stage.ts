import { decodeEvent, EVENTS_TOPIC, HEARTBEATS_TOPIC, type EventRecord } from '@corral/contracts';
import { claimPartition, type Database } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { silentLogger } from '@corral/runtime/testing';
import type { StoredRecord } from '../event-log';
import { createMemoryEventLog, createMemoryStore, type MemoryEventLog, type MemoryStore } from '../event-log.memory';
import { consumeFenced, type FencedConsumerOptions, type FencedConsumption, type Flush } from '../fenced-consumer';
import { eventually } from './eventually';

const never = new AbortController().signal;

/** What one test of a fenced consumer has at hand: a log in memory, a real PostgreSQL, and a look at everything that was written. */
export function stageFencedConsumer() {
  let server: TestDatabase;
  let store: MemoryStore;
  let log: MemoryEventLog;
  let consumer: string;
  let tests = 0;
  const consuming = new Set<FencedConsumption>();
  const logs = new Set<MemoryEventLog>();
  const databases = new Set<Database>();

  beforeAll(async () => {
    server = await startTestDatabase();
    // Without a key: an effect written twice is there twice.
    await server.database.query('CREATE TABLE effect (consumer text, partition int, record_offset bigint, value text)');
    await server.database.query('CREATE TABLE bike (id text PRIMARY KEY, seen int NOT NULL)');
  });
  beforeEach(() => {
    consumer = `consumer-${++tests}`;
    store = createMemoryStore(4);
    log = stage.openLog(store);
  });
  afterEach(async () => {
    for (const open of logs) open.failAppends(undefined);
    await Promise.all([...consuming].map((consumption) => consumption.stop()));
    consuming.clear();
    await Promise.all([...logs].map((open) => open.close()));
    logs.clear();
    await Promise.all([...databases].map((open) => open.close()));
    databases.clear();
  });
  afterAll(() => server?.stop());

  const select = async <Row>(text: string): Promise<Row[]> => (await server.database.query<Row>(text, [consumer])).rows;

  const stage = {
    get database(): Database {
      return server.database;
    },
    get url(): string {
      return server.url;
    },
    get store(): MemoryStore {
      return store;
    },
    get log(): MemoryEventLog {
      return log;
    },
    /** A name for this test alone. */
    get consumer(): string {
      return consumer;
    },
    get consuming(): FencedConsumption[] {
      return [...consuming];
    },
    openLog(over: MemoryStore): MemoryEventLog {
      const opened = createMemoryEventLog({ store: over, drainMs: 300 });
      logs.add(opened);
      return opened;
    },
    closeLater(database: Database): void {
      databases.add(database);
    },
    async consume(over: Partial<FencedConsumerOptions> = {}, from = log): Promise<FencedConsumption> {
      const consumption = await consumeFenced({
        log: from,
        database: server.database,
        consumer,
        topic: HEARTBEATS_TOPIC,
        logger: silentLogger,
        write: stage.writeEffects,
        ...over,
      });
      consuming.add(consumption);
      return consumption;
    },
    async writeEffects({ tx, partitions }: Flush): Promise<void> {
      const records = partitions.flatMap((share) => share.records);
      await tx.query('INSERT INTO effect SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::text[])', [
        consumer,
        records.map(({ partition }) => partition),
        records.map(({ offset }) => offset),
        records.map(({ value }) => value!.toString()),
      ]);
    },
    async writeAndPublish(flush: Flush): Promise<void> {
      for (const { records, publish } of flush.partitions)
        for (const { offset, value } of records)
          publish({
            fleetId: 'almere',
            vehicleId: `bike-${offset}`,
            type: 'violation.opened',
            id: `vio_${offset}`,
            revision: 1,
            data: { value: value!.toString() },
          });
      await stage.writeEffects(flush);
    },
    async append(partition: number, values: readonly string[]): Promise<void> {
      await log.append(HEARTBEATS_TOPIC, toRecords(partition, values), never);
    },
    /** Claims a partition as another process would, without a word to its owner. */
    async steal(partition: number): Promise<void> {
      const theft = { consumer, topic: HEARTBEATS_TOPIC, partition, start: 0, clusterId: 'whose', owner: 'a thief' };
      await claimPartition(server.database, theft);
    },
    /** Settles when some flush is between two of its statements. */
    inTransaction: () =>
      eventually('a flush is in its transaction', async () => {
        const open = await server.database.query(`SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'`);
        return open.rowCount > 0;
      }),
    effects: () =>
      select<{ partition: number; record_offset: number; value: string }>(
        'SELECT partition, record_offset, value FROM effect WHERE consumer = $1 ORDER BY partition, record_offset',
      ),
    places: () =>
      select<{
        partition: number;
        next_offset: number;
        next_seq: number;
        published_seq: number;
        watermark: number | null;
        parked_reason: string | null;
      }>(
        `SELECT partition, next_offset, next_seq, published_seq, watermark, parked_reason FROM partition_owner
          WHERE consumer = $1 ORDER BY partition`,
      ),
    outbox: () =>
      select<{ seq: number; payload: string }>(
        'SELECT seq, payload FROM outbox WHERE consumer = $1 ORDER BY partition, seq',
      ),
    deadLetters: () =>
      select(
        `SELECT topic, partition, record_offset, key, value, reason, detail FROM dead_letter
          WHERE consumer = $1 ORDER BY partition, record_offset`,
      ),
    async read(topic: string, partition: number): Promise<StoredRecord[]> {
      const records: StoredRecord[] = [];
      for await (const record of log.read(topic, partition, 0, never)) records.push(record);
      return records;
    },
    async published(partition: number): Promise<EventRecord[]> {
      return (await stage.read(EVENTS_TOPIC, partition)).map(({ value }) => {
        const decoded = decodeEvent(value);
        if (decoded.kind !== 'event') throw new Error(`not an event: ${decoded.detail}`);
        return decoded.event;
      });
    },
    /** Numbers without a gap, new ones in order; what comes again is a known number with the same content. */
    async expectPublishedOnce(partition: number, count: number): Promise<void> {
      await eventually(
        'all are published',
        async () => new Set((await stage.published(partition)).map(({ seq }) => seq)).size >= count,
      );
      const known = new Map<number, string>();
      for (const event of await stage.published(partition)) {
        if (known.has(event.seq)) expect(JSON.stringify(event)).toBe(known.get(event.seq));
        else expect(event.seq).toBe(known.size + 1);
        known.set(event.seq, JSON.stringify(event));
      }
      expect(known.size).toBe(count);
    },
  };
  return stage;
}

/** `count` values counting up from `from`. */
export function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, at) => `${from + at}`);
}

/** Records of one partition, a millisecond apart, all of them so much later than usual. */
export function toRecords(partition: number, values: readonly string[], laterMs = 0) {
  return values.map((value, at) => ({
    key: 'almere/bike-1',
    value: Buffer.from(value),
    timestamp: 1_795_000_000_000 + laterMs + at,
    partition,
  }));
}

/** Every record from 0 on was written once, but for those named `partition/offset`. */
export function expectOnce(
  written: readonly { readonly partition: number; readonly record_offset: number }[],
  counts: Readonly<Record<number, number>>,
  missing: readonly string[] = [],
): void {
  const wanted = Object.entries(counts)
    .flatMap(([partition, count]) => Array.from({ length: count }, (_, offset) => `${partition}/${offset}`))
    .filter((place) => !missing.includes(place));
  expect(written.map(({ partition, record_offset }) => `${partition}/${record_offset}`)).toEqual(wanted);
}

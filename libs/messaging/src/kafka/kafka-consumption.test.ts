import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@corral/runtime';
import type { AppendRecord, EventLog } from '../event-log';
import { eventually } from '../testing/eventually';
import { kafkaAvailable, startKafkaBroker, type KafkaBroker } from '../testing/kafka-broker';
import { startKafkaProxy } from '../testing/kafka-broker-proxy';
import { recordingHandler } from '../testing/recording-handler';
import { connectKafkaLog, type KafkaLogOptions } from './event-log.kafka';
import { withAdmin } from './kafka-connection';
import { createKafkaTopicAdmin } from './kafka-topics';

const logger = createLogger({ name: 'kafka-test', level: 'silent' });
const never = new AbortController().signal;
const PARTITIONS = 4;
const API_VERSIONS = 18;

(kafkaAvailable() ? describe : describe.skip)('a member of a group on a real broker', () => {
  let broker: KafkaBroker;
  let topics = 0;
  let topic: string;
  const opened: EventLog[] = [];

  beforeAll(async () => {
    broker = await startKafkaBroker();
  });
  beforeEach(async () => {
    topic = `consumption-${process.pid}-${Date.now()}-${++topics}`;
    const admin = createKafkaTopicAdmin({ brokers: broker.bootstrap, clientId: 'consumption' }, logger);
    await admin.ensureTopics([{ name: topic, holds: 'numbers', retentionMs: 3_600_000 }], PARTITIONS, never);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((log) => log.close()));
  });
  afterAll(() => broker?.stop());

  async function open(over: Partial<KafkaLogOptions> = {}): Promise<EventLog> {
    const log = await connectKafkaLog({
      brokers: broker.bootstrap,
      clientId: 'consumption',
      partitions: PARTITIONS,
      logger,
      sessionTimeoutMs: 1_000,
      maxWaitMs: 100,
      ...over,
    });
    opened.push(log);
    return log;
  }

  /** A consumer that was given the first ten records, all of partition 1; `ended`: why it ended by itself, if it did. */
  async function consumeTen(log: EventLog) {
    const handler = recordingHandler();
    const consumption = await log.consume({ consumer: topic, topic, handler });
    let failure: Error | undefined;
    void consumption.failed.then((error) => (failure = error));
    await log.append(topic, records(1, 10), never);
    await eventually('the first ten arrived', () => handler.handled(1).length === 10);
    return { handler, consumption, ended: () => failure };
  }

  it('keeps its partitions however long a handler takes, and the others flow meanwhile', async () => {
    const log = await open();
    let databaseIsBack = () => {};
    const away = new Promise<void>((resolve) => (databaseIsBack = resolve));
    const handler = recordingHandler({ batch: (partition) => (partition === 0 ? away : Promise.resolve()) });
    const consumption = await log.consume({ consumer: topic, topic, handler });
    for (let partition = 0; partition < PARTITIONS; partition++) await log.append(topic, records(partition, 10), never);
    await eventually('the others flow', () => handler.handled(1).length === 10 && handler.handled(3).length === 10);
    await sleep(2_500); // two and a half sessions
    await log.append(topic, records(1, 10), never);
    await eventually('the others still flow', () => handler.handled(1).length === 20);
    databaseIsBack();
    await eventually('the held one flows', () => handler.handled(0).length === 10);
    expect(handler.events.filter(({ kind }) => kind === 'assigned')).toHaveLength(PARTITIONS);
    expect(handler.events.filter(({ kind }) => kind === 'revoked')).toEqual([]);
    expect(consumption.parked()).toEqual([]);
  });

  it('holds only so much of what it was given while a handler waits, and misses nothing of the rest', async () => {
    const log = await open();
    let go = () => {};
    const waits = new Promise<void>((resolve) => (go = resolve));
    const handler = recordingHandler({ batch: () => waits });
    await log.consume({ consumer: topic, topic, handler, maxBatch: 500 });
    const count = 8_000;
    for (let at = 0; at < count; at += 1_000) await log.append(topic, records(2, 1_000, 1_000), never);
    await sleep(1_000);
    go();
    await eventually('all arrived', () => handler.handled(2).length === count);
    expect(handler.handled(2).map(({ offset }) => offset)).toEqual(Array.from({ length: count }, (_, at) => at));
  });

  it('finishes its batch before it shares with another one: nothing is given twice', async () => {
    const places = new Map<number, number>();
    const handler = recordingHandler({ batch: () => sleep(400) }, places);
    const log = await open({ sessionTimeoutMs: 4_000 });
    const first = await log.consume({ consumer: topic, topic, handler, maxBatch: 5 });
    await eventually('all are ours', () => first.assigned().length === PARTITIONS);
    for (let partition = 0; partition < PARTITIONS; partition++) await log.append(topic, records(partition, 10), never);
    await eventually('a batch is being handled', () => handler.events.some(({ kind }) => kind === 'batch'));
    const another = recordingHandler({}, places);
    const began = performance.now();
    const second = await (
      await open({ sessionTimeoutMs: 4_000 })
    ).consume({ consumer: topic, topic, handler: another });
    await eventually('they share', () => first.assigned().length === 2 && second.assigned().length === 2);
    const sharedMs = performance.now() - began;
    await eventually('all arrived', () => handler.handled().length + another.handled().length >= 10 * PARTITIONS);
    const seen = [...handler.handled(), ...another.handled()].map(({ partition, offset }) => `${partition}/${offset}`);
    expect(new Set(seen).size).toBe(seen.length);
    const left = performance.now();
    await second.stop();
    const stopMs = performance.now() - left;
    await eventually('the first has all again', () => first.assigned().length === PARTITIONS);
    console.log(
      `shared after ${Math.round(sharedMs)} ms, left after ${Math.round(stopMs)} ms, taken over after ${Math.round(performance.now() - left)} ms`,
    );
  });

  it('goes on by itself after the broker was killed and came back, without a gap', async () => {
    const log = await open();
    const { handler, ended, consumption } = await consumeTen(log);
    await broker.kill();
    await sleep(1_500); // longer than its session
    const began = performance.now();
    await broker.restart();
    const restartedMs = performance.now() - began;
    while (
      !(await log.append(topic, records(1, 10), never).then(
        () => true,
        () => false,
      ))
    )
      await sleep(100);
    await eventually('the next ten arrived', () => handler.handled(1).length >= 20);
    console.log(
      `broker back after ${Math.round(restartedMs)} ms, consuming again after ${Math.round(performance.now() - began)} ms`,
    );
    expect(handler.handled(1).map(({ offset }) => offset)).toEqual(handler.handled(1).map((_, at) => at));
    expect(ended()).toBeUndefined();
    expect(consumption.parked()).toEqual([]);
  });

  it('goes on by itself after a broker took its connection and said nothing, as one that starts or is stopped', async () => {
    const proxy = await startKafkaProxy();
    const behind = await startKafkaBroker({ advertise: proxy.advertise });
    try {
      const admin = createKafkaTopicAdmin({ brokers: behind.bootstrap, clientId: 'consumption' }, logger);
      await admin.ensureTopics([{ name: topic, holds: 'numbers', retentionMs: 3_600_000 }], PARTITIONS, never);
      const log = await open({ brokers: behind.bootstrap });
      const { handler, ended } = await consumeTen(log);
      let unanswered = 0;
      proxy.onRequest(({ apiKey }) => {
        if (apiKey !== API_VERSIONS) return 'lose';
        unanswered++;
        return 'swallow';
      });
      await eventually('it asked again after its time was up', () => ended() ?? unanswered > 2, 40_000);
      expect(ended()).toBeUndefined();
      proxy.onRequest(() => 'pass');
      await eventually(
        'the next ten arrived',
        async () => {
          expect(ended()).toBeUndefined();
          await log.append(topic, records(1, 10), never).catch(() => undefined);
          return handler.handled(1).length >= 20;
        },
        40_000,
      );
      expect(ended()).toBeUndefined();
    } finally {
      await Promise.all(opened.splice(0).map((log) => log.close()));
      await behind.stop();
      await proxy.close();
    }
  }, 120_000);

  it('loses nothing of what it had fetched when the broker goes while a handler is far behind', async () => {
    let go = () => {};
    const waits = new Promise<void>((resolve) => (go = resolve));
    // Between a crash and the next join nothing fetches that could be paused or resumed: just then the handler comes back.
    let crashes = 0;
    const atCrash = (line: string) => {
      if (!line.includes('the consumer crashed')) return;
      crashes++;
      go();
    };
    const log = await open({
      logger: createLogger({ name: 'crash', level: 'warn', destination: { write: atCrash } }),
    });
    const handler = recordingHandler({ batch: () => waits });
    const consumption = await log.consume({ consumer: topic, topic, handler, maxBatch: 50 });
    for (let at = 0; at < 30; at++) await log.append(topic, records(2, 100, 1_000), never);
    await eventually('a batch is being handled', () => handler.events.some(({ kind }) => kind === 'batch'));
    await sleep(500); // as much as it holds is fetched
    await broker.kill();
    await eventually('it crashed', () => crashes > 0);
    await sleep(50);
    expect(consumption.parked()).toEqual([]);
    await broker.restart();
    await eventually('all arrived', () => handler.handled(2).length >= 3_000, 30_000);
    expect(consumption.parked()).toEqual([]);
    expect(new Set(handler.handled(2).map(({ offset }) => offset)).size).toBe(3_000);
  });

  it('parks a partition whose log ends before its saved place, also when records come that nobody would see', async () => {
    const log = await open();
    await log.append(topic, records(0, 10), never);
    const handler = recordingHandler({}, new Map([[0, 100]]));
    const consumption = await log.consume({ consumer: topic, topic, handler });
    await log.append(topic, records(1, 5), never);
    await eventually('the others flow', () => handler.handled(1).length === 5);
    await log.append(topic, records(0, 10), never);
    await eventually('it is parked', () => consumption.parked().length === 1);
    expect(consumption.parked()[0]).toMatchObject({
      partition: 0,
      reason: expect.stringContaining('the log went back from 100'),
    });
    expect(handler.handled(0)).toEqual([]);
  });

  it('rests after a fetch that brought little, and works off a backlog without', async () => {
    const log = await open();
    // A fetch brings 256 KB of a partition at most: 30 of them, each followed by a rest if it were for `restMs` alone.
    for (let at = 0; at < 60; at++) await log.append(topic, records(2, 100, 1_000), never);
    const handler = recordingHandler({});
    const restMs = 3_000;
    const began = performance.now();
    const consumption = await log.consume({ consumer: topic, topic, handler, restMs });
    await eventually('the backlog is read', () => handler.handled(2).length === 6_000);
    expect(performance.now() - began).toBeLessThan(3 * restMs);
    await sleep(restMs);
    // One record is read at once, and the next one only after the rest.
    await log.append(topic, records(2, 1), never);
    await eventually('a record came', () => handler.handled(2).length === 6_001);
    await log.append(topic, records(2, 1), never);
    const waits = performance.now();
    await eventually('another came', () => handler.handled(2).length === 6_002);
    expect(performance.now() - waits).toBeGreaterThan(restMs / 2);
    await consumption.stop();
  });

  it('tells Kafka how far its handlers have come when it leaves, and no further', async () => {
    const log = await open();
    const handler = recordingHandler({
      batch: async (partition) => (partition === 0 ? new Promise(() => {}) : undefined),
    });
    const consumption = await log.consume({ consumer: topic, topic, handler });
    await log.append(topic, records(0, 10), never);
    await log.append(topic, records(1, 10), never);
    await eventually('one partition is handled', () => handler.handled(1).length === 10);
    await consumption.stop();
    const committed = await withAdmin({ brokers: broker.bootstrap, clientId: 'consumption' }, (admin) =>
      admin.fetchOffsets({ groupId: topic, topics: [topic] }),
    );
    const offsets = new Map(committed[0]!.partitions.map(({ partition, offset }) => [partition, offset]));
    expect([offsets.get(0), offsets.get(1)]).toEqual(['0', '10']);
  });
});

function records(partition: number, count: number, bytes = 20): AppendRecord[] {
  return Array.from({ length: count }, (_, at) => ({
    key: null,
    value: Buffer.from(String(at).padEnd(bytes)),
    timestamp: Date.now(),
    partition,
  }));
}

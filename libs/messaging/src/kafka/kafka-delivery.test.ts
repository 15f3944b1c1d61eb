import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@corral/runtime';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { AppendRecord, EventLog } from '../event-log';
import { kafkaAvailable, startKafkaBroker, type KafkaBroker } from '../testing/kafka-broker';
import { PRODUCE, startKafkaProxy } from '../testing/kafka-broker-proxy';
import { untilCopiesInSync } from '../testing/look-at-cluster';
import { connectKafkaLog, type KafkaLogOptions } from './event-log.kafka';
import { createKafkaTopicAdmin } from './kafka-topics';

const logger = createLogger({ name: 'kafka-test', level: (process.env['LOG_LEVEL'] as 'silent') ?? 'silent' });
const never = new AbortController().signal;
const PARTITIONS = 6;

(kafkaAvailable() ? describe : describe.skip)('what Kafka said was durable', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let topics = 0;
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafkaBroker();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => broker?.stop());

  async function openOn(
    brokers: KafkaBroker,
    over: Partial<KafkaLogOptions> = {},
  ): Promise<{ log: EventLog; topic: string }> {
    const connection = { brokers: brokers.bootstrap, clientId: 'delivery' };
    const topic = `delivery-${process.pid}-${++topics}`;
    await createKafkaTopicAdmin(connection, logger).ensureTopics(
      [{ name: topic, holds: 'numbers', retentionMs: 3_600_000 }],
      PARTITIONS,
      never,
    );
    const log = await connectKafkaLog({ ...connection, partitions: PARTITIONS, logger, ...over });
    closing.push(() => log.close());
    return { log, topic };
  }

  describe('although answers were lost on the way', () => {
    /** A log on a broker of its own, and a proxy before it that loses an answer to every fortieth append. */
    async function openWithLostAnswers() {
      const proxy = await startKafkaProxy();
      closing.push(() => proxy.close());
      const behind = await startKafkaBroker({ advertise: proxy.advertise });
      closing.push(() => behind.stop());
      const opened = await openOn(behind);
      let answers = 0;
      let lost = 0;
      proxy.onAnswer(({ apiKey }) => {
        if (apiKey !== PRODUCE || ++answers % 40 !== 0) return 'pass';
        lost++;
        return 'lose';
      });
      return { ...opened, bootstrap: behind.bootstrap, lost: () => lost, heal: () => proxy.onAnswer(() => 'pass') };
    }

    it('is there although answers were lost on the way: resent copies, no gaps', async () => {
      const { log, topic, lost, heal } = await openWithLostAnswers();
      const { acknowledged, refused } = await appendFor(log, topic, { clients: 32, until: () => lost() >= 20 });
      heal();
      const there = await countAll(log, topic);
      expect(refused).toBe(0);
      expect(missing(acknowledged, there)).toEqual([]);
      const copies = [...there.values()].reduce((sum, count) => sum + count - 1, 0);
      console.log(`${acknowledged.length} acknowledged, ${lost()} answers lost: 0 missing, ${copies} copies`);
    });

    it('would not be there from a client that numbers its messages: what is checked here can fail', async () => {
      const { log, topic, bootstrap, lost, heal } = await openWithLostAnswers();
      const producer = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING }).producer({
        idempotent: true,
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      closing.push(() => producer.disconnect());
      const append = async (_topic: string, records: readonly AppendRecord[]) => {
        const messages = records.map(({ key, value }) => ({ key, value, partition: 0 }));
        await producer.send({ topic, acks: -1, messages });
      };
      const { acknowledged } = await appendFor({ append }, topic, { clients: 32, until: () => lost() >= 20 });
      heal();
      const gone = missing(acknowledged, await countAll(log, topic));
      expect(gone.length).toBeGreaterThan(0);
      console.log(
        `${acknowledged.length} acknowledged to an idempotent kafkajs, ${lost()} answers lost: ${gone.length} missing`,
      );
    });
  });

  it('is there after the broker was killed with -9 and started again, and appends go on by themselves', async () => {
    const { log, topic } = await openOn(broker);
    let back = false;
    const appending = appendFor(log, topic, { clients: 16, until: () => back });
    await sleep(500);
    for (let kill = 0; kill < 2; kill++) {
      await broker.kill();
      await broker.restart();
      await sleep(1_000);
    }
    back = true;
    const { acknowledged, refused, longestMs } = await appending;
    expect(missing(acknowledged, await countAll(log, topic))).toEqual([]);
    expect(log.reachable()).toBe(true);
    expect(longestMs).toBeLessThan(8_500);
    console.log(
      `${acknowledged.length} acknowledged over 2 kills: 0 missing, ${refused} refused, longest ${Math.round(longestMs)} ms`,
    );
  });

  it('is there after each of three brokers was killed in turn', async () => {
    const brokers = await startKafkaBroker({ brokers: 3 });
    closing.push(() => brokers.stop());
    const { log, topic } = await openOn(brokers);
    let done = false;
    const appending = appendFor(log, topic, { clients: 16, until: () => done });
    await sleep(500);
    for (const node of [1, 2, 3]) {
      await brokers.kill(node);
      await sleep(1_000);
      await brokers.restart(node);
      await untilCopiesInSync(brokers.bootstrap, topic);
    }
    done = true;
    const { acknowledged, refused, longestMs } = await appending;
    expect(missing(acknowledged, await countAll(log, topic))).toEqual([]);
    console.log(
      `${acknowledged.length} acknowledged over 3 leader moves: 0 missing, ${refused} refused, longest ${Math.round(longestMs)} ms`,
    );
  });

  it.each(['killed', 'silent'] as const)(
    'is never said of a broker that is %s: refused long before the deadline, then at once, until it is back',
    async (how) => {
      const { log, topic } = await openOn(broker);
      await log.append(topic, [aRecord(0)], never);
      if (how === 'killed') await broker.kill();
      else broker.pause();

      const first = await timed(log.append(topic, [aRecord(1)], never));
      expect(first).toMatchObject({ ok: false });
      expect(first.ms).toBeLessThan(4_000);
      expect(log.reachable()).toBe(false);
      const memoryBefore = process.memoryUsage().heapUsed;
      const later = await Promise.all(
        Array.from({ length: 2_000 }, (_, at) => timed(log.append(topic, [aRecord(at)], never))),
      );
      expect(later.filter(({ ok }) => ok)).toEqual([]);
      expect(Math.max(...later.map(({ ms }) => ms))).toBeLessThan(2_000);
      expect(process.memoryUsage().heapUsed - memoryBefore).toBeLessThan(30_000_000);

      if (how === 'killed') await broker.restart();
      else broker.resume();
      const began = performance.now();
      while (!(await timed(log.append(topic, [aRecord(2)], never))).ok) {
        expect(performance.now() - began).toBeLessThan(10_000);
        await sleep(100);
      }
      expect(log.reachable()).toBe(true);
      console.log(
        `${how}: refused after ${Math.round(first.ms)} ms, back after ${Math.round(performance.now() - began)} ms`,
      );
    },
  );

  it('is refused at once beyond what may be on its way', async () => {
    const { log, topic } = await openOn(broker, { maxInFlightRecords: 100 });
    const many = Array.from({ length: 100 }, (_, at) => aRecord(at));
    const taken = log.append(topic, many, never);
    const refused = await timed(log.append(topic, [aRecord(1)], never));
    expect(refused).toMatchObject({ ok: false, reason: expect.stringContaining('too much is on its way') });
    expect(refused.ms).toBeLessThan(50);
    await taken;
    await log.append(topic, [aRecord(1)], never);
  });
});

function aRecord(number: number): AppendRecord {
  return { key: `almere/bike-${number % 500}`, value: Buffer.from(String(number).padEnd(150)), timestamp: Date.now() };
}

/** Clients that append five numbers at a time, one request in flight each; what was refused is not sent again. */
async function appendFor(
  log: Pick<EventLog, 'append'>,
  topic: string,
  { clients, until }: { clients: number; until: () => boolean },
) {
  const acknowledged: number[] = [];
  let refused = 0;
  let longestMs = 0;
  let next = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (!until()) {
        const numbers = Array.from({ length: 5 }, () => next++);
        const { ok, ms } = await timed(log.append(topic, numbers.map(aRecord), never));
        longestMs = Math.max(longestMs, ms);
        if (ok) acknowledged.push(...numbers);
        else {
          refused += numbers.length;
          await sleep(50);
        }
      }
    }),
  );
  return { acknowledged, refused, longestMs };
}

async function timed(work: Promise<void>): Promise<{ ok: boolean; ms: number; reason?: string }> {
  const began = performance.now();
  return work.then(
    () => ({ ok: true, ms: performance.now() - began }),
    (error: Error) => ({ ok: false, ms: performance.now() - began, reason: error.message }),
  );
}

/** How often each number stands in the topic. */
async function countAll(log: EventLog, topic: string): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (let partition = 0; partition < log.partitions; partition++)
    for await (const { value } of log.read(topic, partition, 0, never)) {
      const number = Number(value?.toString());
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
  return counts;
}

function missing(acknowledged: readonly number[], there: ReadonlyMap<number, number>): number[] {
  return acknowledged.filter((number) => !there.has(number));
}

import { HEARTBEATS_TOPIC, TOPICS } from '@corral/contracts';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { silentLogger } from '@corral/runtime/testing';
import { describeFencedConsumers } from './contract/fenced-consumers.contract';
import type { EventLog, TopicAdmin } from './event-log';
import { consumeFenced } from './fenced-consumer';
import { connectKafkaLog } from './kafka/event-log.kafka';
import { createKafkaTopicAdmin } from './kafka/kafka-topics';
import { eventually } from './testing/eventually';
import { toRecords } from './testing/fenced-stage';
import { kafkaAvailable, startKafkaBroker, type KafkaBroker } from './testing/kafka-broker';
import { kafkaTopicSurgery } from './testing/kafka-topic-surgery';

const never = new AbortController().signal;
const quick = { partitions: 4, logger: silentLogger, sessionTimeoutMs: 2_000, maxWaitMs: 100, drainMs: 500 };

(kafkaAvailable() ? describe : describe.skip)('on a real broker', () => {
  describeFencedConsumers('Kafka', async () => {
    const broker = await startKafkaBroker();
    const connection = { brokers: broker.bootstrap, clientId: 'fenced' };
    await createKafkaTopicAdmin(connection, silentLogger).ensureTopics(TOPICS, 4, never);
    return { open: () => connectKafkaLog({ ...connection, ...quick }), close: () => broker.stop() };
  });

  describe('a topic deleted and made again', () => {
    let server: TestDatabase;
    let broker: KafkaBroker;
    let log: EventLog;
    let topics: TopicAdmin;
    const place = async () =>
      (
        await server.database.query<{ next_offset: number; parked_reason: string | null }>(
          'SELECT next_offset, parked_reason FROM partition_owner WHERE partition = 2',
        )
      ).rows[0];
    const consume = () =>
      consumeFenced({
        ...{ log, database: server.database, consumer: 'geofence', topic: HEARTBEATS_TOPIC, logger: silentLogger },
        ...{ doubtMs: 500, write: async () => undefined },
      });

    beforeEach(async () => {
      [server, broker] = await Promise.all([startTestDatabase(), startKafkaBroker()]);
      const connection = { brokers: broker.bootstrap, clientId: 'anew' };
      topics = createKafkaTopicAdmin(connection, silentLogger);
      await topics.ensureTopics(TOPICS, 4, never);
      log = await connectKafkaLog({ ...connection, ...quick });
    }, 90_000);
    afterEach(async () => {
      await log.close();
      await Promise.all([server.stop(), broker.stop()]);
    });

    async function makeAnew(): Promise<void> {
      await kafkaTopicSurgery(broker.bootstrap).deleteTopic(HEARTBEATS_TOPIC);
      await topics.ensureTopics(TOPICS, 4, never);
    }

    it('under a live consumer parks it, and PostgreSQL says so', async () => {
      const consumption = await consume();
      try {
        await log.append(HEARTBEATS_TOPIC, toRecords(2, ['a', 'b', 'c']), never);
        await eventually('they are read', async () => (await place())?.next_offset === 3);
        await makeAnew();
        await log.append(HEARTBEATS_TOPIC, toRecords(2, ['x']), never);
        await eventually('it is written down', async () => (await place())?.parked_reason != null, 30_000);
        const { parked_reason: reason, next_offset: next } = (await place())!;
        expect(reason).toMatch(/recreated|the log went back from 3 to 0/);
        expect(next).toBe(3);
        expect(consumption.parked()).toEqual([{ partition: 2, reason }]);
      } finally {
        await consumption.stop();
      }
    }, 90_000);

    it('and grown past its place while nobody read it parks it, too: none of its records is jumped over', async () => {
      await log.append(HEARTBEATS_TOPIC, toRecords(2, ['a', 'b', 'c']), never);
      const first = await consume();
      await eventually('they are read', async () => (await place())?.next_offset === 3);
      await first.stop();
      await makeAnew();
      await log.append(HEARTBEATS_TOPIC, toRecords(2, ['u', 'v', 'w', 'x', 'y'], 60_000), never);
      const second = await consume();
      try {
        await eventually('it is written down', async () => (await place())?.parked_reason != null, 30_000);
        expect(await place()).toMatchObject({ next_offset: 3, parked_reason: expect.stringContaining('recreated') });
      } finally {
        await second.stop();
      }
    }, 90_000);
  });
});

import { HEARTBEATS_TOPIC, TOPICS } from '@corral/contracts';
import { startTestDatabase } from '@corral/database/testing';
import { silentLogger } from '@corral/runtime/testing';
import { describeFencedConsumers } from './contract/fenced-consumers.contract';
import { consumeFenced } from './fenced-consumer';
import { connectKafkaLog } from './kafka/event-log.kafka';
import { createKafkaTopicAdmin } from './kafka/kafka-topics';
import { eventually } from './testing/eventually';
import { toRecords } from './testing/fenced-stage';
import { kafkaAvailable, startKafkaBroker } from './testing/kafka-broker';
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

  it('a topic deleted and made again under a live consumer parks it, and PostgreSQL says so', async () => {
    const [server, broker] = await Promise.all([startTestDatabase(), startKafkaBroker()]);
    const connection = { brokers: broker.bootstrap, clientId: 'anew' };
    const topics = createKafkaTopicAdmin(connection, silentLogger);
    await topics.ensureTopics(TOPICS, 4, never);
    const log = await connectKafkaLog({ ...connection, ...quick });
    const { database } = server;
    const place = async () =>
      (
        await database.query<{ next_offset: number; parked_reason: string | null }>(
          'SELECT next_offset, parked_reason FROM partition_owner WHERE partition = 2',
        )
      ).rows[0];
    const consumption = await consumeFenced({
      ...{ log, database, consumer: 'geofence', topic: HEARTBEATS_TOPIC, logger: silentLogger, doubtMs: 500 },
      write: async () => undefined,
    });
    try {
      await log.append(HEARTBEATS_TOPIC, toRecords(2, ['a', 'b', 'c']), never);
      await eventually('they are read', async () => (await place())?.next_offset === 3);
      await kafkaTopicSurgery(broker.bootstrap).deleteTopic(HEARTBEATS_TOPIC);
      await topics.ensureTopics(TOPICS, 4, never);
      await log.append(HEARTBEATS_TOPIC, toRecords(2, ['x']), never);
      await eventually('it is written down', async () => (await place())?.parked_reason != null, 30_000);
      const { parked_reason: reason, next_offset: next } = (await place())!;
      expect(reason).toMatch(/recreated|the log went back from 3 to 0/);
      expect(next).toBe(3);
      expect(consumption.parked()).toEqual([{ partition: 2, reason }]);
    } finally {
      await consumption.stop();
      await log.close();
      await Promise.all([server.stop(), broker.stop()]);
    }
  }, 90_000);
});

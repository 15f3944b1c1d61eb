import { TOPICS } from '@corral/contracts';
import { silentLogger } from '@corral/runtime/testing';
import { describeFencedConsumers } from './contract/fenced-consumers.contract';
import { connectKafkaLog } from './kafka/event-log.kafka';
import { createKafkaTopicAdmin } from './kafka/kafka-topics';
import { kafkaAvailable, startKafkaBroker } from './testing/kafka-broker';

(kafkaAvailable() ? describe : describe.skip)('on a real broker', () => {
  describeFencedConsumers('Kafka', async () => {
    const broker = await startKafkaBroker();
    const connection = { brokers: broker.bootstrap, clientId: 'fenced' };
    await createKafkaTopicAdmin(connection, silentLogger).ensureTopics(TOPICS, 4, new AbortController().signal);
    const quick = { partitions: 4, logger: silentLogger, sessionTimeoutMs: 2_000, maxWaitMs: 100, drainMs: 500 };
    return { open: () => connectKafkaLog({ ...connection, ...quick }), close: () => broker.stop() };
  });
});

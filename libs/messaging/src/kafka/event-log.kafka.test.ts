import { createLogger } from '@corral/runtime';
import { describeAppending } from '../contract/appending.contract';
import { stagePlay } from '../contract/play';
import { describeEventLog } from '../event-log.contract';
import { kafkaAvailable, startKafkaBroker } from '../testing/kafka-broker';
import { kafkaTopicSurgery } from '../testing/kafka-topic-surgery';
import { connectKafkaLog } from './event-log.kafka';
import { createKafkaTopicAdmin } from './kafka-topics';

const logger = createLogger({ name: 'kafka-test', level: 'silent' });
const never = new AbortController().signal;

(kafkaAvailable() ? describe : describe.skip)('on a real broker', () => {
  describeEventLog('kafka', () => aStage(true));

  // The half that differs, through kafkajs' own `send()`.
  describe('with CORRAL_FAST_KAFKA=off', () => describeAppending(stagePlay(() => aStage(false))));

  async function aStage(gather: boolean) {
    const broker = await startKafkaBroker();
    const connection = { brokers: broker.bootstrap, clientId: 'contract' };
    const topics = createKafkaTopicAdmin(connection, logger);
    const surgery = kafkaTopicSurgery(broker.bootstrap);
    const gone: (() => Promise<void>)[] = [];
    let count = 0;
    const open = (brokers: readonly string[], appendDeadlineMs?: number) =>
      connectKafkaLog({
        brokers,
        clientId: 'contract',
        partitions: 4,
        logger,
        sessionTimeoutMs: 2_000,
        maxWaitMs: 100,
        drainMs: 300,
        appendDeadlineMs,
        gather,
      });
    return {
      open: () => open(broker.bootstrap),
      async createTopic() {
        const name = `contract-${process.pid}-${Date.now()}-${++count}`;
        await topics.ensureTopics([{ name, holds: 'anything', retentionMs: 3_600_000 }], 4, never);
        return name;
      },
      forget: surgery.forget,
      appendTombstone: surgery.appendTombstone,
      async openUnreachable() {
        const other = await startKafkaBroker();
        gone.push(other.stop);
        const log = await open(other.bootstrap, 2_000);
        other.pause();
        return log;
      },
      async close() {
        await Promise.all([broker.stop(), ...gone.map((stop) => stop())]);
      },
    };
  }
});

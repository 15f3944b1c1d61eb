import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@corral/runtime';
import { kafkaAvailable, startKafkaBroker, type KafkaBroker } from '../testing/kafka-broker';
import { connectKafkaLog } from './event-log.kafka';
import { withAdmin } from './kafka-connection';
import { createKafkaTopicAdmin } from './kafka-topics';

const logger = createLogger({ name: 'kafka-test', level: 'silent' });
const never = new AbortController().signal;
const topic = { name: 'corral.heartbeats.v1', holds: 'reports', retentionMs: 72 * 3_600_000 };

(kafkaAvailable() ? describe : describe.skip)('topics on a real broker', () => {
  let broker: KafkaBroker;
  const connection = () => ({ brokers: broker.bootstrap, clientId: 'topics' });
  beforeAll(async () => {
    broker = await startKafkaBroker();
  });
  afterAll(() => broker?.stop());

  it('are made with their partitions and retention, by any number of migrations at once', async () => {
    const admins = Array.from({ length: 3 }, () => createKafkaTopicAdmin(connection(), logger));
    await Promise.all(
      admins.map((admin) => admin.ensureTopics([topic, { ...topic, name: 'corral.events.v1' }], 6, never)),
    );
    await withAdmin(connection(), async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic.name, 'corral.events.v1'] });
      expect(topics.map(({ partitions }) => partitions.length)).toEqual([6, 6]);
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: topic.name }],
      });
      const settings = new Map(
        resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      expect(settings.get('retention.ms')).toBe('259200000');
      expect(settings.get('min.insync.replicas')).toBe('1');
      expect(settings.get('unclean.leader.election.enable')).toBe('false');
      expect(settings.get('cleanup.policy')).toBe('delete');
    });
  });

  it('with another number of partitions are refused in one sentence, by migration and by whoever uses them', async () => {
    const wrong = { ...topic, name: 'corral.wrong.v1' };
    await createKafkaTopicAdmin(connection(), logger).ensureTopics([wrong], 3, never);
    const sentence =
      'topic corral.wrong.v1 has 3 partitions, 48 are wanted: delete the topic if nothing in it is needed, or set CORRAL_PARTITIONS=3 if the database is still empty';
    await expect(createKafkaTopicAdmin(connection(), logger).ensureTopics([wrong], 48, never)).rejects.toThrow(
      sentence,
    );
    const log = await connectKafkaLog({ ...connection(), partitions: 48, logger });
    const handler = {
      assigned: async () => ({ kind: 'read' as const, from: 0 }),
      batch: async () => undefined,
      parked: async () => undefined,
      revoked: async () => undefined,
    };
    await expect(log.consume({ consumer: 'any', topic: wrong.name, handler })).rejects.toThrow(sentence);
    await log.close();
  });
});

describe('a Kafka that cannot be reached', () => {
  it.each([
    ['refuses', async () => ({ port: 1, lingersMs: 0, open: () => 0, close: async () => undefined })],
    [
      'does not answer',
      () =>
        new Promise<{ port: number; lingersMs: number; open: () => number; close: () => Promise<void> }>((resolve) => {
          const sockets = new Set<Socket>();
          const server = createServer((socket) => {
            sockets.add(socket);
            socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
            socket.resume();
          });
          server.listen(0, '127.0.0.1', () => {
            const { port } = server.address() as { port: number };
            // kafkajs asks twice more, each time for as long as it waits for an answer.
            resolve({ port, lingersMs: 11_000, open: () => sockets.size, close: async () => void server.close() });
          });
        }),
    ],
  ])('is said in one sentence within 5 s, and no connection is left behind, when it %s', async (_how, start) => {
    const { port, lingersMs, open, close } = await start();
    const connection = { brokers: [`127.0.0.1:${port}`], clientId: 'topics' };
    const sentence = `cannot reach Kafka at 127.0.0.1:${port}: check KAFKA_BROKERS`;
    try {
      const began = performance.now();
      await Promise.all([
        expect(connectKafkaLog({ ...connection, partitions: 4, logger })).rejects.toThrow(sentence),
        expect(createKafkaTopicAdmin(connection, logger).ensureTopics([topic], 4, never)).rejects.toThrow(sentence),
      ]);
      expect(performance.now() - began).toBeLessThan(5_500);
      await sleep(lingersMs);
      expect(open()).toBe(0);
    } finally {
      await close();
    }
  });
});

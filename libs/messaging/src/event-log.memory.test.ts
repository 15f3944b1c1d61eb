import { createMemoryEventLog, createMemoryStore, createMemoryTopicAdmin } from './event-log.memory';
import { describeEventLog } from './event-log.contract';

describeEventLog('memory', async () => {
  const store = createMemoryStore(4);
  const admin = createMemoryTopicAdmin(store);
  const tools = createMemoryEventLog({ store });
  let topics = 0;
  return {
    open: async () => createMemoryEventLog({ store, drainMs: 200 }),
    async createTopic() {
      const name = `topic-${++topics}`;
      await admin.ensureTopics([{ name, holds: 'anything', retentionMs: 1 }], 4, new AbortController().signal);
      return name;
    },
    forget: async (topic, partition, before) => tools.forget(topic, partition, before),
    appendTombstone: async (topic, partition, key) => tools.appendTombstone(topic, partition, key),
    async openUnreachable() {
      const log = createMemoryEventLog({ store });
      log.failAppends(new Error('memory is away'));
      return log;
    },
    close: () => tools.close(),
  };
});

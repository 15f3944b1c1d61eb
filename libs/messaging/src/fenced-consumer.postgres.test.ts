import { TOPICS } from '@corral/contracts';
import { silentLogger } from '@corral/runtime/testing';
import { describeFencedConsumers } from './contract/fenced-consumers.contract';
import { connectPostgresLog } from './event-log.postgres';
import { createPostgresTopicAdmin } from './postgres/topic-admin';

describeFencedConsumers('PostgreSQL', async ({ database }) => {
  await createPostgresTopicAdmin(database).ensureTopics(TOPICS, 4, new AbortController().signal);
  return {
    open: (mine) => connectPostgresLog({ database: mine, logger: silentLogger, pollMs: 100, drainMs: 500 }),
    close: async () => {},
  };
});

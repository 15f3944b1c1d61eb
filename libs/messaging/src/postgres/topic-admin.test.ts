import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { silentLogger } from '@corral/runtime/testing';
import { connectPostgresLog } from '../event-log.postgres';
import { createPostgresTopicAdmin } from './topic-admin';

const never = new AbortController().signal;
const topics = ['corral.heartbeats.v1', 'corral.events.v1'].map((name) => ({
  name,
  holds: 'records',
  retentionMs: 1_000,
}));

let server: TestDatabase;
beforeEach(async () => {
  server = await startTestDatabase();
});
afterEach(() => server?.stop());

describe('the topics of a PostgreSQL log', () => {
  it('are made once, also when two start at the same moment', async () => {
    const admin = createPostgresTopicAdmin(server.database);
    await Promise.all([1, 2, 3].map(() => admin.ensureTopics(topics, 4, never)));
    const log = await connectPostgresLog({ database: server.database, logger: silentLogger });
    expect(log.partitions).toBe(4);
    const before = await log.bounds('corral.events.v1', never);
    await admin.ensureTopics(topics, 4, never);
    expect(await log.bounds('corral.events.v1', never)).toEqual(before);
    expect(before).toHaveLength(4);
    await log.close();
  });

  it('are refused with another number of partitions', async () => {
    const admin = createPostgresTopicAdmin(server.database);
    await admin.ensureTopics(topics, 4, never);
    await expect(admin.ensureTopics(topics, 48, never)).rejects.toThrow(
      'topic corral.heartbeats.v1 has 4 partitions, 48 are wanted',
    );
  });

  it('must be there before the log is opened', async () => {
    await expect(connectPostgresLog({ database: server.database, logger: silentLogger })).rejects.toThrow(
      'this database has no topics yet: run `corral migrate` first',
    );
  });

  it('must all have the same number of partitions', async () => {
    const admin = createPostgresTopicAdmin(server.database);
    await admin.ensureTopics(topics.slice(0, 1), 4, never);
    await admin.ensureTopics(topics.slice(1), 8, never);
    await expect(connectPostgresLog({ database: server.database, logger: silentLogger })).rejects.toThrow(
      'topic corral.heartbeats.v1 has 4 partitions and corral.events.v1 8',
    );
  });
});

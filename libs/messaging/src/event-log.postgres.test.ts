import { connectDatabase, type Database } from '@corral/database';
import { startTestDatabase } from '@corral/database/testing';
import { silentLogger } from '@corral/runtime/testing';
import { describeEventLog } from './event-log.contract';
import { connectPostgresLog } from './event-log.postgres';
import { createPostgresTopicAdmin } from './postgres/topic-admin';

describeEventLog('PostgreSQL', async () => {
  const server = await startTestDatabase();
  const admin = createPostgresTopicAdmin(server.database);
  const connections: Database[] = [];
  const quick = { logger: silentLogger, drainMs: 300, pollMs: 100 };
  let topics = 0;

  const connect = () => connectDatabase({ url: server.url, application: 'log-test', poolSize: 4 });
  return {
    async open() {
      const database = await connect();
      const log = await connectPostgresLog({ database, ...quick });
      // With its connections, or those of all tests together are more than the server takes.
      return { ...log, close: () => log.close().then(() => database.close()) };
    },
    async createTopic() {
      const name = `topic-${++topics}`;
      await admin.ensureTopics([{ name, holds: 'anything', retentionMs: 1 }], 4, new AbortController().signal);
      return name;
    },
    async forget(topic, partition, before) {
      await server.database.query('DELETE FROM log_record WHERE topic = $1 AND partition = $2 AND record_offset < $3', [
        topic,
        partition,
        before,
      ]);
      await server.database.query('UPDATE log_partition SET start_offset = $3 WHERE topic = $1 AND partition = $2', [
        topic,
        partition,
        before,
      ]);
    },
    async appendTombstone(topic, partition, key) {
      await server.database.query(
        `WITH p AS (UPDATE log_partition SET next_offset = next_offset + 1 WHERE topic = $1 AND partition = $2 RETURNING next_offset - 1 AS taken)
         INSERT INTO log_record SELECT (now() AT TIME ZONE 'UTC')::date, $1, $2, taken, $3, NULL, now() FROM p`,
        [topic, partition, key],
      );
    },
    async openUnreachable() {
      const database = await connect();
      connections.push(database);
      let gone = false;
      const hang = new Promise<never>(() => {});
      const hanging: Database = {
        ...database,
        query: (text, values) => (gone ? hang : database.query(text, values)),
        transaction: (work, options) => (gone ? hang : database.transaction(work, options)),
      };
      const log = await connectPostgresLog({ database: hanging, ...quick });
      gone = true;
      return log;
    },
    async close() {
      await Promise.all(connections.map((database) => database.close()));
      await server.stop();
    },
  };
});

import { randomUUID } from 'node:crypto';
import type { Database } from '@corral/database';
import type { TopicAdmin } from '../event-log';

/** Makes topics in a migrated database. */
export function createPostgresTopicAdmin(database: Database): TopicAdmin {
  return {
    async ensureTopics(topics, partitions, signal) {
      await database.transaction(
        async (tx) => {
          // Two that start at once: the second one finds what the first has made.
          await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('corral log topics', 0))`);
          const { rows } = await tx.query<{ topic: string; partitions: number }>(
            'SELECT topic, partitions FROM log_topic',
          );
          const counts = new Map(rows.map((row) => [row.topic, row.partitions]));
          for (const { name, retentionMs } of topics) {
            const found = counts.get(name);
            if (found !== undefined && found !== partitions)
              throw new Error(`topic ${name} has ${found} partitions, ${partitions} are wanted`);
            await tx.query(
              `INSERT INTO log_topic (topic, partitions, retention_ms, cluster_id) VALUES ($1, $2, $3, $4)
               ON CONFLICT (topic) DO UPDATE SET retention_ms = excluded.retention_ms`,
              [name, partitions, retentionMs, randomUUID()],
            );
            if (found === undefined)
              await tx.query(
                'INSERT INTO log_partition (topic, partition) SELECT $1, generate_series(0, $2::int - 1)',
                [name, partitions],
              );
          }
        },
        { signal },
      );
    },
  };
}

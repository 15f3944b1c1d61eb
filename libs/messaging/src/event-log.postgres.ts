import { isTransient, type Database } from '@corral/database';
import { explain, type Logger } from '@corral/runtime';
import type { Consumption, EventLog } from './event-log';
import { partitionFor } from './murmur2';
import { unpackRecords } from './packed-records';
import { createAppendBatcher } from './postgres/append-batcher';
import { createAppendRecords } from './postgres/append-records';
import { dropExpiredDays } from './postgres/log-retention';
import { joinByLocks } from './postgres/partition-locks';
import { readBounds, readRecords } from './postgres/read-records';
import { startPulledConsumption } from './pulled-consumption';
import { untilAborted } from './until-aborted';

/** What {@link connectPostgresLog} needs. */
export interface PostgresLogOptions {
  /** Migrated and with its topics made; stays the caller's to close, after the log. */
  readonly database: Database;
  readonly logger: Logger;
  /** How long a batch in flight may go on when its partition is given up, ms. Default 5,000. */
  readonly drainMs?: number;
  /** How often members and free partitions are looked at, and idle partitions read although nobody rang, ms. Default 1,000. */
  readonly pollMs?: number;
}

/** Every append is answered within so long. */
const APPEND_DEADLINE_MS = 8_000;
const RETENTION_FIRST_MS = 60_000;
const RETENTION_EVERY_MS = 3_600_000;
const READ_PAGE = 2_000;

/**
 * The event log in tables of a PostgreSQL: the same promises as Kafka's, for one machine. What is durable here is what PostgreSQL committed;
 * when it is down, so is the log.
 */
export async function connectPostgresLog(options: PostgresLogOptions): Promise<EventLog> {
  const { database, logger } = options;
  const partitions = await countPartitions(database);
  const batcher = createAppendBatcher({
    write: createAppendRecords(database),
    probe: () => database.query('SELECT 1 FROM log_topic LIMIT 1'),
    deadlineMs: APPEND_DEADLINE_MS,
    logger,
  });
  const consumptions = new Set<Consumption>();
  let retention = setTimeout(dropOldDays, RETENTION_FIRST_MS);
  retention.unref();
  let dropping: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;

  function dropOldDays(): void {
    dropping = dropExpiredDays(database, Date.now(), logger).then(
      () => {},
      (error: unknown) => logger.warn({ reason: explain(error) }, 'could not drop old days of the log'),
    );
    retention = setTimeout(dropOldDays, RETENTION_EVERY_MS);
    retention.unref();
  }

  return {
    kind: 'postgres',
    partitions,
    async append(topic, records, signal) {
      const placed = unpackRecords(records).map((record) => ({
        ...record,
        partition: partitionFor(record, partitions),
      }));
      if (placed.length > 0) await batcher.append({ topic, records: placed }, signal);
    },
    bounds: (topic, signal) => untilAborted(readBounds(database, topic), signal),
    async *read(topic, partition, from, signal) {
      const bounds = (await untilAborted(readBounds(database, topic), signal))[partition];
      if (!bounds) throw new Error(`topic ${topic} has no partition ${partition}`);
      for (let next = Math.max(from, bounds.start); next < bounds.end;) {
        const page = Math.min(READ_PAGE, bounds.end - next);
        const records = await untilAborted(readRecords(database, topic, partition, next, page), signal);
        if (records.length === 0) return;
        for (const record of records) if (record.offset < bounds.end) yield record;
        next = records.at(-1)!.offset + 1;
      }
    },
    async consume(consume) {
      if (closing) throw new Error('the log is closed');
      await readBounds(database, consume.topic);
      const consumption = await startPulledConsumption({
        consume,
        partitions,
        source: (partition) => ({
          bounds: async () => (await readBounds(database, consume.topic))[partition]!,
          read: (from, max) => readRecords(database, consume.topic, partition, from, max),
        }),
        join: (events) => joinByLocks(database, consume, events),
        mayHeal: isTransient,
        pollMs: options.pollMs ?? 1_000,
        drainMs: options.drainMs ?? 5_000,
        logger,
      });
      consumptions.add(consumption);
      return consumption;
    },
    reachable: () => batcher.reachable(),
    close() {
      closing ??= (async () => {
        clearTimeout(retention);
        await Promise.all([...consumptions].map((consumption) => consumption.stop()));
        await Promise.all([batcher.close(), dropping]);
        clearTimeout(retention);
      })();
      return closing;
    },
  };
}

async function countPartitions(database: Database): Promise<number> {
  const { rows } = await database.query<{ topic: string; partitions: number }>(
    'SELECT topic, partitions FROM log_topic ORDER BY topic',
  );
  const [first] = rows;
  if (!first) throw new Error('this database has no topics yet: run `corral migrate` first');
  const odd = rows.find(({ partitions }) => partitions !== first.partitions);
  if (odd)
    throw new Error(
      `topic ${odd.topic} has ${odd.partitions} partitions and ${first.topic} ${first.partitions}: all topics must have the same number`,
    );
  return first.partitions;
}

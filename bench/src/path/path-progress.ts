import { EVENTS_TOPIC, HEARTBEATS_TOPIC, type CONSUMERS } from '@corral/contracts';
import type { EventLog } from '@corral/messaging';
import type { Stack } from '../rig/start-stack';

/** Who reads a log on the path. */
export type ConsumerName = keyof typeof CONSUMERS;

/** How far the consumers are at one moment. */
export interface Progress {
  /** Milliseconds since the process began. */
  readonly at: number;
  readonly of: Readonly<Record<ConsumerName, ConsumerProgress>>;
}

/** Of one consumer, all its partitions together. */
export interface ConsumerProgress {
  /** Records read and committed since the log began. */
  readonly records: number;
  /** Records in the log that are not. */
  readonly lag: number;
  /** Age of the oldest watermark of its partitions, milliseconds: how far behind the decisions are. */
  readonly watermarkAgeMs: number;
}

/** Asks PostgreSQL how far each consumer is, and the log where it ends. */
export async function readProgress(stack: Stack, log: EventLog): Promise<Progress> {
  const signal = AbortSignal.timeout(30_000);
  const ends = new Map<string, number>();
  for (const topic of [HEARTBEATS_TOPIC, EVENTS_TOPIC])
    ends.set(
      topic,
      (await log.bounds(topic, signal)).reduce((sum, { end }) => sum + end, 0),
    );
  const { rows } = await stack.database.query<{ consumer: ConsumerName; records: number; watermark: number | null }>(
    'SELECT consumer, sum(next_offset)::bigint AS records, min(watermark) AS watermark FROM partition_owner GROUP BY consumer',
  );
  const now = Date.now();
  const of = (consumer: ConsumerName, topic: string): ConsumerProgress => {
    const row = rows.find((found) => found.consumer === consumer);
    const records = row?.records ?? 0;
    return { records, lag: Math.max(0, ends.get(topic)! - records), watermarkAgeMs: now - (row?.watermark ?? now) };
  };
  return {
    at: performance.now(),
    of: {
      geofence: of('geofence', HEARTBEATS_TOPIC),
      history: of('history', HEARTBEATS_TOPIC),
      notification: of('notification', EVENTS_TOPIC),
    },
  };
}

/** What PostgreSQL has counted so far. */
export interface DatabaseCounters {
  readonly walBytes: number;
  readonly updates: number;
  readonly hotUpdates: number;
  readonly facts: number;
  readonly commits: number;
}

/** Reads them; those of tables lag a second behind. */
export async function readCounters({ database }: Stack): Promise<DatabaseCounters> {
  const { rows } = await database.query<DatabaseCounters>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS "walBytes", n_tup_upd AS updates, n_tup_hot_upd AS "hotUpdates",
            (SELECT coalesce(sum(next_seq - 1), 0)::bigint FROM partition_owner WHERE consumer = 'geofence') AS facts,
            (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits
       FROM pg_stat_user_tables WHERE relname = 'vehicle_state'`,
  );
  return rows[0]!;
}

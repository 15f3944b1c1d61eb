import { status, sayTime } from '@corral/contracts/http';
import { withFleet, type Database } from '@corral/database';
import type { EventLog } from '@corral/messaging';
import { GATEWAY_OUTBOX } from '../alerts/act-on-alert';
import { route, type Route } from './route';

interface Ports {
  readonly database: Database;
  readonly log: Pick<EventLog, 'bounds'>;
  readonly clock: () => number;
}

interface OwnerRow {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly watermark: number | null;
  readonly next_offset: number;
  readonly next_seq: number;
  readonly published_seq: number;
  readonly parked_reason: string | null;
}

/** How far the consumers are. */
export function statusRoutes({ database, log, clock }: Ports): readonly Route[] {
  /** Where each partition of the topic ends; none if the log does not answer within 2 s. */
  async function ends(topic: string, signal: AbortSignal): Promise<readonly number[]> {
    try {
      const bounds = await log.bounds(topic, AbortSignal.any([signal, AbortSignal.timeout(2_000)]));
      return bounds.map((each) => each.end);
    } catch {
      return [];
    }
  }

  return [
    route({
      method: 'GET',
      path: '/v1/status',
      summary: 'Watermark and lag per partition, dead letters, the last publication',
      access: 'admin',
      answers: { 200: { description: 'How it is going', schema: status } },
      async handle({ caller, signal }) {
        const now = clock();
        // Partitions and dead letters belong to the installation, not to a fleet.
        const owners = await database.query<OwnerRow>(
          `SELECT consumer, topic, partition, watermark, next_offset, next_seq, published_seq, parked_reason FROM partition_owner
            WHERE consumer <> $1 ORDER BY consumer, topic, partition`,
          [GATEWAY_OUTBOX],
        );
        const letters = await database.query<{ consumer: string; count: number }>(
          'SELECT consumer, count(*) AS count FROM dead_letter GROUP BY consumer ORDER BY consumer',
        );
        const topics = [...new Set(owners.rows.map((row) => row.topic))];
        const endOf = new Map(
          await Promise.all(topics.map(async (topic) => [topic, await ends(topic, signal)] as const)),
        );
        const publications = await withFleet(database, caller.fleetId, (tx) =>
          tx.query<{ version: number; revision: number; created_at: number; effective_at: number }>(LAST_PUBLISH, [
            caller.fleetId,
          ]),
        );
        const last = publications.rows[0];
        return {
          status: 200,
          body: {
            at: sayTime(now),
            partitions: owners.rows.map((row) => sayPartition(row, endOf.get(row.topic)?.[row.partition], now)),
            deadLetters: Object.fromEntries(letters.rows.map((row) => [row.consumer, row.count])),
            lastPublish:
              last === undefined
                ? null
                : {
                    version: last.version,
                    revision: last.revision,
                    publishedAt: sayTime(last.created_at),
                    effectiveAt: last.effective_at === -Infinity ? null : sayTime(last.effective_at),
                  },
          },
        };
      },
    }),
  ];
}

/** A row that changes nothing is what a withdrawal left. */
const LAST_PUBLISH = `
  WITH moments AS (SELECT DISTINCT ON (effective_at) version, revision, created_at, effective_at FROM zone_schedule WHERE fleet_id = $1
                    ORDER BY effective_at, revision DESC),
       changes AS (SELECT *, lag(version) OVER (ORDER BY effective_at) AS version_before FROM moments)
  SELECT version, revision, created_at, effective_at FROM changes WHERE version IS DISTINCT FROM version_before
   ORDER BY revision DESC LIMIT 1`;

function sayPartition(row: OwnerRow, end: number | undefined, now: number) {
  return {
    consumer: row.consumer,
    topic: row.topic,
    partition: row.partition,
    watermark: row.watermark === null ? null : sayTime(row.watermark),
    watermarkAgeSeconds: row.watermark === null ? null : Math.max(0, (now - row.watermark) / 1000),
    nextOffset: row.next_offset,
    lag: end === undefined ? null : Math.max(0, end - row.next_offset),
    // A consumer that publishes nothing never moves either.
    unpublished: Math.max(0, row.next_seq - 1 - row.published_seq),
    parked: row.parked_reason,
  };
}

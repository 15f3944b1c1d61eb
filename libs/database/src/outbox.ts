import type { Queryable } from './queryable';
import { unnestRows } from './unnest-rows';

/** A message decided and to be published; `seq` has no gaps and commits in order per (consumer, partition), because the fence hands it out. */
export interface OutboxRow {
  readonly partition: number;
  readonly seq: number;
  readonly fleetId: string;
  readonly vehicleId: string;
  /** Such as `geofence_event.entered`. */
  readonly type: string;
  readonly id: string;
  readonly revision: number;
  /** The message as it will be published. */
  readonly payload: string;
  /** If what led to it is traced. */
  readonly traceparent?: string;
}

/** Adds to the outbox, in the day (UTC) of this transaction. The transaction must end with the fence that handed out the `seq`s. */
export async function appendOutbox(tx: Queryable, consumer: string, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { rows: today } = await tx.query<{ day: string }>(
    `SELECT day, ensure_day('outbox', day) FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS day) AS today`,
  );
  const day = today[0]?.day;
  const given = unnestRows(
    rows,
    {
      partition: ['int', (row) => row.partition],
      seq: ['bigint', (row) => row.seq],
      fleet_id: ['text', (row) => row.fleetId],
      vehicle_id: ['text', (row) => row.vehicleId],
      type: ['text', (row) => row.type],
      id: ['text', (row) => row.id],
      revision: ['int', (row) => row.revision],
      payload: ['text', (row) => row.payload],
      traceparent: ['text', (row) => row.traceparent ?? null],
    },
    3,
  );
  await tx.query(
    `INSERT INTO outbox (consumer, day, ${given.columns}) SELECT $1, $2::date, ${given.select} FROM ${given.from}`,
    [consumer, day, ...given.values],
  );
}

/** What stands in the outbox of one partition after `afterSeq`, in order, `limit` rows at most. */
export async function readOutbox(
  queryable: Queryable,
  consumer: string,
  partition: number,
  afterSeq: number,
  limit: number,
): Promise<OutboxRow[]> {
  const { rows } = await queryable.query<Omit<OutboxRow, 'traceparent'> & { traceparent: string | null }>(
    `SELECT partition, seq, fleet_id AS "fleetId", vehicle_id AS "vehicleId", type, id, revision, payload, traceparent
       FROM outbox WHERE consumer = $1 AND partition = $2 AND seq > $3 ORDER BY seq LIMIT $4`,
    [consumer, partition, afterSeq, limit],
  );
  return rows.map(({ traceparent, ...row }) => (traceparent === null ? row : { ...row, traceparent }));
}

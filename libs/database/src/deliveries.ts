import type { Queryable } from './queryable';

/** Something to be told to every endpoint of a fleet that wants its type. */
export interface WebhookMessage {
  readonly fleetId: string;
  /** Of the fact or alert; with the revision it makes the `webhook-id`. No dot in it. */
  readonly id: string;
  readonly revision: number;
  /** Such as `violation.opened`. */
  readonly type: string;
  /** The exact bytes that will be signed and sent, as text. */
  readonly body: string;
  /** Only to endpoints that heard, or still will hear, of an earlier revision: a correction. */
  readonly onlyTold?: boolean;
  /** If what led to it is traced. */
  readonly traceparent?: string;
}

/** Which types an endpoint wants to hear; empty: all. */
export interface EndpointInterest {
  readonly fleetId: string;
  readonly types: readonly string[];
}

/** The id a receiver deduplicates by: constant over retries and redeliveries, new for each revision. */
export function webhookIdOf(id: string, revision: number): string {
  return `${id}_r${revision}`;
}

/** What the enabled endpoints of these fleets want to hear, so that nothing is rendered for nobody. */
export async function readEndpointInterests(tx: Queryable, fleetIds: readonly string[]): Promise<EndpointInterest[]> {
  if (fleetIds.length === 0) return [];
  const { rows } = await tx.query<EndpointInterest>(
    `SELECT fleet_id AS "fleetId", types FROM webhook_endpoint WHERE fleet_id = ANY($1::text[]) AND disabled_at IS NULL`,
    [fleetIds],
  );
  return rows;
}

/**
 * Plans one delivery per message and endpoint that wants it, due at `now` (epoch ms). What is planned already is left alone, so a
 * replay plans nothing twice. Answers how many were planned.
 */
export async function planDeliveries(tx: Queryable, messages: readonly WebhookMessage[], now: number): Promise<number> {
  if (messages.length === 0) return 0;
  const { rowCount } = await tx.query(
    `INSERT INTO delivery (id, fleet_id, endpoint_id, webhook_id, type, body, status, next_attempt_at, created_at, traceparent)
     SELECT 'dlv_' || replace(gen_random_uuid()::text, '-', ''), e.fleet_id, e.id, m.id || '_r' || m.revision, m.type, m.body, 'pending',
       to_timestamp($7 / 1000.0), to_timestamp($7 / 1000.0), m.traceparent
     FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::boolean[], $8::text[])
       WITH ORDINALITY AS m(fleet_id, id, revision, type, body, only_told, traceparent, place)
     JOIN webhook_endpoint e ON e.fleet_id = m.fleet_id AND e.disabled_at IS NULL AND (cardinality(e.types) = 0 OR m.type = ANY(e.types))
     WHERE NOT m.only_told OR EXISTS (
       SELECT FROM generate_series(1, m.revision - 1) r JOIN delivery d ON d.endpoint_id = e.id AND d.webhook_id = m.id || '_r' || r
       WHERE d.attempts > 0 OR d.status <> 'dropped')
     ORDER BY m.place
     ON CONFLICT (endpoint_id, webhook_id) DO NOTHING`,
    [
      messages.map(({ fleetId }) => fleetId),
      messages.map(({ id }) => id),
      messages.map(({ revision }) => revision),
      messages.map(({ type }) => type),
      messages.map(({ body }) => body),
      messages.map(({ onlyTold }) => onlyTold ?? false),
      now,
      messages.map(({ traceparent }) => traceparent ?? null),
    ],
  );
  return rowCount;
}

/** Plans one delivery to one endpoint, whatever types it wants: a test message. Answers the delivery's id. */
export async function planDeliveryTo(
  tx: Queryable,
  endpointId: string,
  message: Omit<WebhookMessage, 'onlyTold'>,
  now: number,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO delivery (id, fleet_id, endpoint_id, webhook_id, type, body, status, next_attempt_at, created_at)
     SELECT 'dlv_' || replace(gen_random_uuid()::text, '-', ''), fleet_id, id, $3, $4, $5, 'pending', to_timestamp($6 / 1000.0), to_timestamp($6 / 1000.0)
     FROM webhook_endpoint WHERE fleet_id = $1 AND id = $2 AND disabled_at IS NULL
     ON CONFLICT (endpoint_id, webhook_id) DO NOTHING RETURNING id`,
    [message.fleetId, endpointId, webhookIdOf(message.id, message.revision), message.type, message.body, now],
  );
  return rows[0]?.id;
}

/** Sends a delivery once more: the same `webhook-id`, a new attempt, at once. False if the fleet has no such delivery. */
export async function redeliver(queryable: Queryable, fleetId: string, id: string, now: number): Promise<boolean> {
  const { rowCount } = await queryable.query(
    `UPDATE delivery SET status = 'pending', next_attempt_at = to_timestamp($3 / 1000.0), delivered_at = NULL WHERE fleet_id = $1 AND id = $2`,
    [fleetId, id, now],
  );
  return rowCount > 0;
}

/** Takes back what still waits to be sent about earlier revisions of what was retracted: nobody needs to hear it any more. */
export async function dropWaiting(
  tx: Queryable,
  retracted: readonly { readonly fleetId: string; readonly id: string; readonly revision: number }[],
): Promise<number> {
  if (retracted.length === 0) return 0;
  const { rowCount } = await tx.query(
    `UPDATE delivery d SET status = 'dropped', next_attempt_at = NULL
     FROM (SELECT e.id AS endpoint_id, s.id || '_r' || r AS webhook_id
           FROM unnest($1::text[], $2::text[], $3::int[]) AS s(fleet_id, id, revision)
           JOIN webhook_endpoint e ON e.fleet_id = s.fleet_id CROSS JOIN LATERAL generate_series(1, s.revision - 1) r) x
     WHERE d.endpoint_id = x.endpoint_id AND d.webhook_id = x.webhook_id AND d.status = 'pending'`,
    [retracted.map(({ fleetId }) => fleetId), retracted.map(({ id }) => id), retracted.map(({ revision }) => revision)],
  );
  return rowCount;
}

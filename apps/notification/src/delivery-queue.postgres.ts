import type { Database } from '@corral/database';
import {
  GONE,
  HOPELESS,
  HOPELESS_MS,
  type ClaimedDelivery,
  type DeliveryQueue,
  type DisabledEndpoint,
} from './delivery-queue';

/** The queue as rows of `delivery`; several instances share it. */
export function postgresDeliveryQueue(database: Database): DeliveryQueue {
  return {
    async takeBack(holder, signal) {
      signal.throwIfAborted();
      await database.query('UPDATE delivery SET lease_until = NULL WHERE lease_until IS NOT NULL AND leased_by = $1', [
        holder,
      ]);
    },
    async claim(now, limits, signal) {
      return await database.transaction(
        async (tx) => {
          const { rows } = await tx.query<ClaimedRow>(CLAIM, [
            now,
            limits.perEndpoint,
            limits.perFleet,
            limits.limit,
            limits.leaseMs,
            limits.holder,
          ]);
          return rows.map(({ secret, previousSecret, traceparent, ...delivery }) => ({
            ...delivery,
            secrets: previousSecret === null ? [secret] : [secret, previousSecret],
            ...(traceparent === null ? {} : { traceparent }),
          }));
        },
        { signal },
      );
    },
    async record(results, signal) {
      if (results.length === 0) return [];
      return await database.transaction(
        async (tx) => {
          await tx.query(RECORD, [JSON.stringify(results)]);
          const { rows: hopeless } = await tx.query<Endpoint>(HEALTH, [
            ...of(results),
            results.map(({ outcome }) => outcome === 'delivered'),
            results.map(({ at }) => at),
            HOPELESS_MS,
            results.map((result) => result.outcome === 'failed'),
          ]);
          const disabled: DisabledEndpoint[] = [];
          for (const [endpoints, reason] of [
            [results.filter(({ gone }) => gone === true), GONE],
            [hopeless, HOPELESS],
          ] as const) {
            if (endpoints.length === 0) continue;
            const { rows } = await tx.query<DisabledEndpoint>(DISABLE, [...of(endpoints), reason]);
            disabled.push(...rows);
          }
          return disabled;
        },
        { signal },
      );
    },
    async sweep(signal) {
      return await database.transaction(
        async (tx) => {
          const { rowCount: dropped } = await tx.query(DROP);
          const { rows } = await tx.query<{ pending: number }>(
            `SELECT count(*) AS pending FROM delivery WHERE status = 'pending'`,
          );
          return { dropped, pending: rows[0]?.pending ?? 0 };
        },
        { signal },
      );
    },
    async expire(before, signal) {
      let expired = 0;
      for (let count = EXPIRE_AT_ONCE; count === EXPIRE_AT_ONCE; expired += count) {
        signal.throwIfAborted();
        ({ rowCount: count } = await database.query(EXPIRE, [before, EXPIRE_AT_ONCE]));
      }
      return expired;
    },
  };
}

type Endpoint = Pick<DisabledEndpoint, 'fleetId' | 'endpointId'>;

function of(endpoints: readonly Endpoint[]): readonly [readonly string[], readonly string[]] {
  return [endpoints.map(({ fleetId }) => fleetId), endpoints.map(({ endpointId }) => endpointId)];
}

/** Few enough that nobody waits for the locks. */
const EXPIRE_AT_ONCE = 5_000;

type ClaimedRow = Omit<ClaimedDelivery, 'secrets' | 'traceparent'> & {
  secret: string;
  previousSecret: string | null;
  traceparent: string | null;
};

/*
 * $1 now, $2 per endpoint, $3 per fleet, $4 in all, $5 lease, $6 whose. The endpoints that have something waiting are found by stepping through the
 * index, so an idle second costs one look and a long queue no more than a short one. Candidates are chosen without locks; then only the chosen rows are locked,
 * and looked at again as they are by then, so that of two instances asking at once each gets what the other did not.
 */
const CLAIM = `WITH RECURSIVE waiting AS (
    (SELECT fleet_id, endpoint_id FROM delivery WHERE status = 'pending' ORDER BY fleet_id, endpoint_id LIMIT 1)
    UNION ALL
    SELECT next.* FROM waiting w CROSS JOIN LATERAL (
      SELECT fleet_id, endpoint_id FROM delivery
      WHERE status = 'pending' AND (fleet_id, endpoint_id) > (w.fleet_id, w.endpoint_id) ORDER BY fleet_id, endpoint_id LIMIT 1) next),
  leased AS MATERIALIZED (
    SELECT w.fleet_id, w.endpoint_id, l.n FROM waiting w CROSS JOIN LATERAL (
      SELECT count(*) AS n FROM delivery
      WHERE fleet_id = w.fleet_id AND endpoint_id = w.endpoint_id AND lease_until IS NOT NULL
        AND lease_until > to_timestamp($1 / 1000.0)) l),
  candidate AS (
    SELECT d.id, e.fleet_id, row_number() OVER (PARTITION BY e.fleet_id ORDER BY d.place, d.next_attempt_at) AS place
    FROM leased w JOIN webhook_endpoint e ON e.fleet_id = w.fleet_id AND e.id = w.endpoint_id CROSS JOIN LATERAL (
      SELECT id, next_attempt_at, row_number() OVER (ORDER BY next_attempt_at) AS place FROM (
        SELECT id, next_attempt_at FROM delivery
        WHERE fleet_id = e.fleet_id AND endpoint_id = e.id AND status = 'pending' AND next_attempt_at <= to_timestamp($1 / 1000.0)
          AND (lease_until IS NULL OR lease_until <= to_timestamp($1 / 1000.0))
        ORDER BY next_attempt_at
        LIMIT greatest(0, $2::int - w.n)) oldest) d
    WHERE e.disabled_at IS NULL),
  chosen AS (
    SELECT id FROM candidate c
    WHERE place <= $3::int - coalesce((SELECT sum(n) FROM leased l WHERE l.fleet_id = c.fleet_id), 0)
    ORDER BY place LIMIT $4),
  ours AS (
    SELECT id FROM delivery WHERE id IN (SELECT id FROM chosen) AND status = 'pending'
      AND (lease_until IS NULL OR lease_until <= to_timestamp($1 / 1000.0))
    FOR UPDATE SKIP LOCKED)
  UPDATE delivery d SET attempts = d.attempts + 1, lease_until = to_timestamp(($1 + $5) / 1000.0), leased_by = $6
  FROM ours, webhook_endpoint e
  WHERE d.id = ours.id AND e.fleet_id = d.fleet_id AND e.id = d.endpoint_id
  RETURNING d.id, d.fleet_id AS "fleetId", d.endpoint_id AS "endpointId", d.webhook_id AS "webhookId", d.type, d.body, d.attempts AS attempt, d.traceparent,
    e.url, e.secret, CASE WHEN e.previous_secret_until > to_timestamp($1 / 1000.0) THEN e.previous_secret END AS "previousSecret"`;

/* A success is the truth even about a message dropped meanwhile; a failure does not bring a dropped one back. */
const RECORD = `WITH result AS (
    SELECT * FROM json_to_recordset($1::json) AS r("deliveryId" text, attempt int, at float8, "latencyMs" int, "statusCode" int, error text,
      response text, outcome text, "nextAttemptAt" float8)),
  marked AS (
    UPDATE delivery d SET
      status = CASE WHEN r.outcome = 'delivered' THEN 'delivered' WHEN d.status <> 'pending' OR r.outcome = 'again' THEN d.status ELSE r.outcome END,
      next_attempt_at = CASE WHEN d.status = 'pending' AND r.outcome = 'again' THEN to_timestamp(r."nextAttemptAt" / 1000.0) END,
      delivered_at = CASE WHEN r.outcome = 'delivered' THEN to_timestamp((r.at + r."latencyMs") / 1000.0) END,
      lease_until = NULL
    FROM result r WHERE d.id = r."deliveryId" AND d.attempts = r.attempt)
  INSERT INTO delivery_attempt (delivery_id, attempt, at, status_code, latency_ms, error, response)
  SELECT "deliveryId", attempt, to_timestamp(at / 1000.0), "statusCode", "latencyMs", error, response FROM result
  WHERE EXISTS (SELECT FROM delivery WHERE id = "deliveryId")
  ON CONFLICT (delivery_id, attempt) DO NOTHING`;

/* $3 whether it succeeded, $4 when, $6 whether it was given up. Written only when it turns; answers those that failed for too long: a message given up
   says so, for a single failure after days without a message would be no more than that. */
const HEALTH = `WITH tried AS (
    SELECT fleet_id, id, bool_or(well) AS well, min(at) AS first, max(at) AS last, bool_or(given_up) AS given_up
    FROM unnest($1::text[], $2::text[], $3::boolean[], $4::float8[], $6::boolean[]) AS t(fleet_id, id, well, at, given_up) GROUP BY fleet_id, id),
  turned AS (
    UPDATE webhook_endpoint e SET failing_since = CASE WHEN NOT t.well THEN to_timestamp(t.first / 1000.0) END FROM tried t
    WHERE e.fleet_id = t.fleet_id AND e.id = t.id AND t.well = (e.failing_since IS NOT NULL))
  SELECT e.fleet_id AS "fleetId", e.id AS "endpointId" FROM webhook_endpoint e JOIN tried t ON t.fleet_id = e.fleet_id AND t.id = e.id
  WHERE NOT t.well AND t.given_up AND e.failing_since <= to_timestamp((t.last - $5) / 1000.0)`;

const DISABLE = `WITH disabled AS (
    UPDATE webhook_endpoint e SET disabled_at = now(), disabled_reason = $3, updated_at = now()
    FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS g(fleet_id, id)) g
    WHERE e.fleet_id = g.fleet_id AND e.id = g.id AND e.disabled_at IS NULL RETURNING e.fleet_id, e.id),
  dropped AS (
    UPDATE delivery d SET status = 'dropped', next_attempt_at = NULL FROM unnest($1::text[], $2::text[]) AS g(fleet_id, id)
    WHERE d.fleet_id = g.fleet_id AND d.endpoint_id = g.id AND d.status = 'pending')
  SELECT fleet_id AS "fleetId", id AS "endpointId", $3 AS reason FROM disabled`;

const DROP = `UPDATE delivery d SET status = 'dropped', next_attempt_at = NULL, lease_until = NULL
  WHERE status = 'pending' AND (lease_until IS NULL OR lease_until < now()) AND NOT EXISTS (
    SELECT FROM webhook_endpoint e WHERE e.fleet_id = d.fleet_id AND e.id = d.endpoint_id AND e.disabled_at IS NULL)`;

/* Attempts go with their delivery. */
const EXPIRE = `DELETE FROM delivery WHERE id IN (
    SELECT id FROM delivery WHERE created_at < to_timestamp($1 / 1000.0) AND status <> 'pending' LIMIT $2)`;

import { startTestDatabase } from '@corral/database/testing';
import { describeDeliveryQueue } from './delivery-queue.contract';
import { postgresDeliveryQueue } from './delivery-queue.postgres';

let postgres: Awaited<ReturnType<typeof startTestDatabase>>;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(async () => {
  await postgres.stop();
});

describeDeliveryQueue('postgres', async () => {
  const { database } = postgres;
  await database.query('TRUNCATE delivery, delivery_attempt, webhook_endpoint, fleet CASCADE');
  await database.query(`INSERT INTO fleet (id, name) VALUES ('f1', 'One'), ('f2', 'Two')`);
  return {
    queue: postgresDeliveryQueue(database),
    async endpoint({ fleetId, id, previousSecret = null, previousSecretUntil = null }) {
      await database.query(
        `INSERT INTO webhook_endpoint (fleet_id, id, url, secret, previous_secret, previous_secret_until)
         VALUES ($1, $2, 'https://example.com/', 'whsec_AAAA', $3, to_timestamp($4 / 1000.0))`,
        [fleetId, id, previousSecret, previousSecretUntil],
      );
    },
    async removeEndpoint(id) {
      await database.query('DELETE FROM webhook_endpoint WHERE id = $1', [id]);
    },
    async disabledReason(id) {
      const { rows } = await database.query<{ reason: string | null }>(
        'SELECT disabled_reason AS reason FROM webhook_endpoint WHERE id = $1',
        [id],
      );
      return rows[0]?.reason ?? undefined;
    },
    async delivery({ fleetId, endpointId, webhookId, dueAt }) {
      await database.query(
        `INSERT INTO delivery (id, fleet_id, endpoint_id, webhook_id, type, body, status, next_attempt_at, created_at)
         VALUES ('dlv_' || $3::text, $1, $2, $3, 'test', '{}', 'pending', to_timestamp($4 / 1000.0), to_timestamp($4 / 1000.0))`,
        [fleetId, endpointId, webhookId, dueAt],
      );
    },
    async status(webhookId) {
      const { rows } = await database.query<{ status: string; attempts: number; nextAttemptAt?: number }>(
        `SELECT status, attempts, next_attempt_at AS "nextAttemptAt" FROM delivery WHERE webhook_id = $1`,
        [webhookId],
      );
      return rows[0];
    },
    async attempts(webhookId) {
      const { rows } = await database.query<{
        attempt: number;
        statusCode?: number;
        error?: string;
        response?: string;
      }>(
        `SELECT a.attempt, a.status_code AS "statusCode", a.error, a.response FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id
         WHERE d.webhook_id = $1 ORDER BY a.attempt`,
        [webhookId],
      );
      return rows;
    },
  };
});

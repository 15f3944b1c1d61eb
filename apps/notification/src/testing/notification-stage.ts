import { encodeEvent, eventDataOf, eventTypeOf, EVENTS_TOPIC, vehicleKey } from '@corral/contracts';
import type { Database } from '@corral/database';
import { retryDelayMs, type Fact } from '@corral/domain';
import { createMemoryEventLog, createMemoryStore, partitionOf, type MemoryStore } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { Closers, createHealth, createMetrics, type Logger } from '@corral/runtime';
import { createOutbound } from '@corral/runtime/outbound';
import { silentLogger } from '@corral/runtime/testing';
import { postgresAlertNaming } from '../alert-names.postgres';
import { createNotification, type NotificationPorts } from '../app';
import { webhookChannel } from '../channels/webhook';
import { postgresDeliveryQueue } from '../delivery-queue.postgres';

export const SECRET = `whsec_${Buffer.from('twenty-four bytes or more').toString('base64')}`;
/** When the facts of a stage are decided. */
export const DETECTED_AT = Date.parse('2026-11-21T10:00:01Z');

const never = new AbortController().signal;

/** Everything around a notification service: a real database, a log in memory, fleet `f1`. */
export async function setStage(database: Database) {
  await database.query(
    `TRUNCATE fleet, webhook_endpoint, alert, alert_history, delivery, delivery_attempt, partition_owner, outbox, dead_letter, zone_set, vehicle CASCADE`,
  );
  await database.query(`INSERT INTO fleet (id, name) VALUES ('f1', 'One'), ('f2', 'Two')`);
  const store = createMemoryStore(4);
  const log = createMemoryEventLog({ store });
  const stops: (() => Promise<void>)[] = [() => log.close()];
  let seq = 0;
  let instances = 0;

  async function append(fleetId: string, vehicleId: string, values: readonly Buffer[]): Promise<void> {
    const key = vehicleKey(fleetId, vehicleId);
    await log.append(
      EVENTS_TOPIC,
      values.map((value) => ({ key, value, timestamp: DETECTED_AT })),
      never,
    );
  }

  return {
    database,
    store,
    /** Publishes facts as their owner would. */
    async happen(...facts: readonly Fact[]): Promise<void> {
      for (const fact of facts) {
        const { fleetId, vehicleId } = fact;
        const partition = partitionOf(vehicleKey(fleetId, vehicleId), store.partitions);
        const event = { type: eventTypeOf(fact), fleetId, partition, seq: ++seq, data: eventDataOf(fact, DETECTED_AT) };
        await append(fleetId, vehicleId, [encodeEvent(event)]);
      }
    },
    append,
    async endpoint(
      url: string,
      changes: { id?: string; fleetId?: string; types?: string[]; secret?: string; previousSecret?: string } = {},
    ): Promise<string> {
      const { id = 'whe_one', fleetId = 'f1', types = [], secret = SECRET, previousSecret = null } = changes;
      await database.query(
        `INSERT INTO webhook_endpoint (fleet_id, id, url, types, secret, previous_secret, previous_secret_until)
         VALUES ($1, $2, $3, $4, $5, $6, now() + interval '1 hour')`,
        [fleetId, id, url, types, secret, previousSecret],
      );
      return id;
    },
    /** A notification service; several may play at once. Retries come after 20 ms instead of the schedule unless told otherwise. */
    async notification(
      ports: Partial<NotificationPorts> = {},
      options: { store?: MemoryStore; logger?: Logger; timeoutMs?: number } = {},
    ) {
      const own = createMemoryEventLog({ store: options.store ?? store });
      const outbound = createOutbound({ allow: ['127.0.0.0/8'], timeoutMs: options.timeoutMs });
      const closers = new Closers();
      const metrics = createMetrics();
      closers.add('log', () => own.close());
      closers.add('outbound', () => outbound.close());
      const context = {
        database,
        log: own,
        logger: options.logger ?? silentLogger,
        metrics,
        health: createHealth(),
        closers,
      };
      const running = await createNotification(context, {
        naming: postgresAlertNaming(),
        queue: postgresDeliveryQueue(database),
        tell: webhookChannel(outbound),
        retryDelayMs: (attempt, random) => retryDelayMs(attempt, random) && 20,
        now: Date.now,
        random: Math.random,
        holder: `instance ${++instances}`,
        ...ports,
        limits: { pollMs: 50, ...ports.limits },
      });
      const stop = () => closers.close();
      stops.push(stop);
      return { ...running, metrics, stop };
    },
    /** Settles when everything that happened was dealt with. */
    async settled(): Promise<void> {
      const ends = await log.bounds(EVENTS_TOPIC, never);
      const wanted = ends.reduce((sum, { end }) => sum + end, 0);
      await eventually('all events are dealt with', async () => {
        const { rows } = await database.query<{ done: number }>(
          `SELECT coalesce(sum(next_offset), 0) AS done FROM partition_owner WHERE consumer = 'notification'`,
        );
        return rows[0]?.done === wanted;
      });
    },
    async alerts() {
      const { rows } = await database.query<{
        id: string;
        revision: number;
        status: string;
        resolution: string | null;
        violations: string[];
        title: string;
        count: number;
      }>(
        `SELECT id, revision, status, resolution, violation_ids AS violations, title, count FROM alert ORDER BY opened_at, id`,
      );
      return rows;
    },
    async deliveries() {
      const { rows } = await database.query<{
        webhookId: string;
        endpointId: string;
        status: string;
        attempts: number;
      }>(
        `SELECT webhook_id AS "webhookId", endpoint_id AS "endpointId", status, attempts FROM delivery ORDER BY created_at, webhook_id`,
      );
      return rows;
    },
    /** The alerts topic's records as they went through the outbox, in order. */
    async published() {
      const { rows } = await database.query<{ type: string; id: string; revision: number; payload: string }>(
        `SELECT type, id, revision, payload FROM outbox WHERE consumer = 'notification' ORDER BY partition, seq`,
      );
      return rows;
    },
    async clear(): Promise<void> {
      for (const stop of stops.reverse()) await stop();
    },
  };
}

/** A stage that is set. */
export type Stage = Awaited<ReturnType<typeof setStage>>;

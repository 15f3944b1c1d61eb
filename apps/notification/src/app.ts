import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { ALERTS_TOPIC, CONSUMERS, EVENTS_TOPIC } from '@corral/contracts';
import type { Database } from '@corral/database';
import { retryDelayMs } from '@corral/domain';
import {
  consumeFenced,
  observeConsumption,
  type EventLog,
  type FencedConsumption,
  type Flush,
} from '@corral/messaging';
import type { Closers, Health, Logger, Metrics } from '@corral/runtime';
import { createOutbound, type CidrList } from '@corral/runtime/outbound';
import { postgresAlertNaming } from './alert-names.postgres';
import { webhookChannel } from './channels/webhook';
import { startDelivery, type Delivery, type DeliveryPorts } from './deliver';
import { postgresDeliveryQueue } from './delivery-queue.postgres';
import { notify, type NotifyPorts, type NotifySummary } from './notify';

/** The opened things this service works with. */
export interface NotificationContext {
  readonly database: Database;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly closers: Closers;
}

/** What an operator decides about this service. */
export interface NotificationOptions {
  /** Private networks that may be targets (`CORRAL_WEBHOOK_ALLOW_PRIVATE`). */
  readonly allowPrivate: CidrList;
  /** Where this process serves `/livez`: nobody else on this host has that port. 0: the system chose it. */
  readonly port: number;
}

/** What this service asks others for. */
export type NotificationPorts = NotifyPorts &
  Pick<DeliveryPorts, 'queue' | 'tell' | 'random' | 'retryDelayMs' | 'limits' | 'holder'>;

/** The service at work. */
export interface Notification {
  readonly consumption: FencedConsumption;
  readonly delivery: Delivery;
}

/** The service over real tables and the real outside. */
export async function connectNotification(
  context: NotificationContext,
  options: NotificationOptions,
): Promise<Notification> {
  const outbound = createOutbound({ allow: options.allowPrivate });
  context.closers.add('outbound requests', () => outbound.close());
  return createNotification(context, {
    naming: postgresAlertNaming(),
    queue: postgresDeliveryQueue(context.database),
    tell: webhookChannel(outbound),
    retryDelayMs,
    now: Date.now,
    random: Math.random,
    holder: holderOf(options.port),
  });
}

/** A name that a process has again when it is started again (a container of the same pod, a service of the same machine), and nobody else has meanwhile. */
function holderOf(port: number): string {
  return port === 0 ? `${hostname()} ${randomUUID()}` : `${hostname()}:${port}`;
}

/** Starts to notify: every flush of facts becomes alerts and planned deliveries in one fenced transaction, and delivery is woken after it. */
export async function createNotification(
  context: NotificationContext,
  ports: NotificationPorts,
): Promise<Notification> {
  const { database, log, logger, metrics, health, closers } = context;
  const alerts = metrics.counter('corral_alerts_total');
  const latency = metrics.histogram('corral_alert_latency_seconds');
  const deliveries = metrics.counter('corral_deliveries_total');
  const delivery = startDelivery({ ...ports, logger, metrics });
  closers.add('delivery', () => delivery.stop());

  const place = { consumer: CONSUMERS.notification, topic: EVENTS_TOPIC };
  const observed = observeConsumption({ ...place, metrics, health, clock: ports.now });
  // Counted after the commit alone: a flush that is rolled back is written again.
  const summaries = new WeakMap<Flush, NotifySummary>();
  const consumption = await consumeFenced({
    log,
    database,
    ...place,
    publishTo: ALERTS_TOPIC,
    logger,
    observer: observed.observer,
    async write(flush) {
      summaries.set(flush, await notify(flush, ports));
    },
    committed(flush) {
      const { decisions = [], planned = 0, alerts: told = [] } = summaries.get(flush) ?? {};
      for (const decision of decisions) alerts.inc({ decision });
      for (const { decision, receivedAt, span } of told) {
        span?.end();
        if (receivedAt !== undefined && (decision === 'opened' || decision === 'reopened'))
          latency.observe(Math.max(0, ports.now() - receivedAt) / 1000, undefined, span?.traceparent);
      }
      if (planned === 0) return;
      deliveries.inc(undefined, planned);
      delivery.wake();
    },
  });
  // Both at once: each may need most of the time a stop has.
  closers.add('notification', async () => void (await Promise.all([consumption.stop(), delivery.stop()])));
  observed.watch(consumption);
  return { consumption, delivery };
}

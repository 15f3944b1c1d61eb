import { ATTRIBUTES, explain, SPANS, tracer, type Logger, type Metrics } from '@corral/runtime';
import { createAttemptRecorder } from './attempt-recorder';
import { resultOf, type RetryDelay } from './attempt-result';
import type { TellWebhook } from './channels/webhook';
import type { ClaimedDelivery, DeliveryQueue } from './delivery-queue';
import { createDoorbell } from './doorbell';

/** How much is tried at once. */
export interface DeliveryLimits {
  readonly perEndpoint: number;
  readonly perFleet: number;
  readonly inAll: number;
  /** An attempt whose process died and did not come back is tried again after so long. Must be longer than any attempt. */
  readonly leaseMs: number;
  /** How often is looked for what became due by itself. */
  readonly pollMs: number;
  /** How often is looked for what waits for nobody. */
  readonly sweepMs: number;
  /** How long a delivery that is over is kept, with its attempts. */
  readonly keepMs: number;
  /** How long stopping waits for attempts in flight and for their record; a little more than an attempt may take. */
  readonly patienceMs: number;
}

/** The numbers of handbook/notifications.md, section 2. */
export const DELIVERY_LIMITS: DeliveryLimits = {
  perEndpoint: 4,
  perFleet: 32,
  inAll: 256,
  leaseMs: 60_000,
  pollMs: 1_000,
  sweepMs: 30_000,
  keepMs: 30 * 86_400_000,
  patienceMs: 17_000,
};

const EXPIRE_EVERY_MS = 3_600_000;
/** How long stopping waits for a look at the queue that is under way. */
const LOOK_PATIENCE_MS = 2_000;

/** What delivery works with. */
export interface DeliveryPorts {
  readonly queue: DeliveryQueue;
  readonly tell: TellWebhook;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly retryDelayMs: RetryDelay;
  readonly limits?: Partial<DeliveryLimits>;
  /** Who we are in the queue, over restarts: no two processes at one time. */
  readonly holder: string;
}

/** Delivery at work. */
export interface Delivery {
  /** Something was planned just now: look at once instead of at the next poll. */
  wake(): void;
  /** Takes nothing new, lets what is in flight complete and be recorded. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Delivers what is due until stopped: claim → tell → record. The rows carry time and retries; a crash at any point leaves a lease that
 * ends (at once, when the same process comes back), and the same message under the same id goes out again.
 */
export function startDelivery(ports: DeliveryPorts): Delivery {
  const { queue, tell, logger, metrics, now, holder } = ports;
  const limits = { ...DELIVERY_LIMITS, ...ports.limits };
  const attempts = metrics.counter('corral_delivery_attempts_total');
  const seconds = metrics.histogram('corral_delivery_seconds');
  const pending = metrics.gauge('corral_deliveries_pending');
  const inFlight = new Set<Promise<void>>();
  const doorbell = createDoorbell();
  // Never aborted while attempts run: what was begun is finished. Records of it are given up only when stopping takes too long.
  const untold = new AbortController();
  const recorder = createAttemptRecorder(queue, logger, untold.signal, doorbell.ring);
  let stopping: Promise<void> | undefined;
  let sweptAt = -Infinity;
  let expiredAt = now();
  let failing = false;
  let tookBack = false;

  async function work(): Promise<void> {
    while (stopping === undefined) {
      try {
        if (!tookBack) await queue.takeBack(holder, untold.signal);
        tookBack = true;
        await sweepNowAndThen();
        await claimAll();
        if (failing) logger.info('deliveries go on');
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ reason: explain(error) }, 'could not look for deliveries, trying until it works');
        failing = true;
      }
      if (stopping === undefined) await doorbell.rung(limits.pollMs);
    }
  }

  async function claimAll(): Promise<void> {
    const free = limits.inAll - inFlight.size;
    if (free <= 0) return;
    const claimed = await queue.claim(now(), { ...limits, limit: free, holder }, untold.signal);
    for (const delivery of claimed) {
      const attempt = tryOnce(delivery).finally(() => inFlight.delete(attempt));
      inFlight.add(attempt);
    }
  }

  async function tryOnce(delivery: ClaimedDelivery): Promise<void> {
    const at = now();
    const span = tracer.follow(SPANS.deliver, delivery.traceparent, () => aboutDelivery(delivery));
    const telling = await tell({ ...delivery, traceparent: span?.traceparent }, at, untold.signal);
    const latencyMs = Math.max(0, now() - at);
    const result = resultOf(delivery, telling, at, latencyMs, ports);
    attempts.inc({ outcome: result.outcome });
    seconds.observe(latencyMs / 1000, undefined, span?.traceparent);
    if (result.statusCode !== undefined) span?.set({ [ATTRIBUTES.status]: result.statusCode });
    span?.end(result.error);
    await recorder.record(result);
  }

  async function sweepNowAndThen(): Promise<void> {
    if (now() - sweptAt < limits.sweepMs) return;
    sweptAt = now();
    const swept = await queue.sweep(untold.signal);
    pending.set(swept.pending);
    if (swept.dropped > 0)
      logger.info({ deliveries: swept.dropped }, 'deliveries dropped: their endpoints are disabled or deleted');
    if (now() - expiredAt < EXPIRE_EVERY_MS) return;
    expiredAt = now();
    await queue.expire(now() - limits.keepMs, untold.signal);
  }

  async function finish(running: Promise<void>): Promise<void> {
    doorbell.ring();
    // A database that says nothing keeps us from looking, not from leaving.
    await within(LOOK_PATIENCE_MS, running);
    await within(limits.patienceMs, Promise.allSettled(inFlight));
    untold.abort(new Error('stopping'));
  }

  const running = work();
  return {
    wake: doorbell.ring,
    stop: () => (stopping ??= Promise.resolve().then(() => finish(running))),
  };
}

function aboutDelivery({ fleetId, id, attempt }: ClaimedDelivery) {
  const attributes = { [ATTRIBUTES.fleet]: fleetId, [ATTRIBUTES.delivery]: id, [ATTRIBUTES.attempt]: attempt };
  return { kind: 'client', attributes } as const;
}

/** Settles when the work does, at the latest after `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, enough]);
  clearTimeout(timer);
}

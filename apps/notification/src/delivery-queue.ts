/** A delivery that is ours for the length of its lease, with what is needed to try it. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly fleetId: string;
  readonly endpointId: string;
  /** Constant over retries: what the receiver deduplicates by. */
  readonly webhookId: string;
  readonly type: string;
  /** The exact text to sign and send. */
  readonly body: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly url: string;
  /** The endpoint's secret, and while it is being rotated the one before. */
  readonly secrets: readonly string[];
  /** If what led to it is traced. */
  readonly traceparent?: string;
}

/** How an attempt went, and what follows from it. Times are epoch milliseconds. */
export interface AttemptResult {
  readonly deliveryId: string;
  readonly fleetId: string;
  readonly endpointId: string;
  readonly attempt: number;
  readonly at: number;
  readonly latencyMs: number;
  readonly statusCode?: number;
  /** Why it failed, in a word. */
  readonly error?: string;
  /** The first of what the receiver answered. */
  readonly response?: string;
  readonly outcome: 'delivered' | 'again' | 'failed';
  /** With `again`: when. */
  readonly nextAttemptAt?: number;
  /** The endpoint said it is gone for good: no more deliveries to it. */
  readonly gone?: boolean;
}

/** How many deliveries may be in flight, over all instances; `limit` is this instance's share of one claim. */
export interface ClaimLimits {
  readonly limit: number;
  readonly perEndpoint: number;
  readonly perFleet: number;
  readonly leaseMs: number;
}

/** Messages waiting for webhook endpoints. Times are the caller's `now`, epoch milliseconds. */
export interface DeliveryQueue {
  /** Leases what is due: fleets in turn, endpoints in turn within a fleet, the oldest of each endpoint first; and counts the attempt. */
  claim(now: number, limits: ClaimLimits, signal: AbortSignal): Promise<ClaimedDelivery[]>;
  /** Keeps the attempts and ends their leases. A result of an attempt that is no longer the latest changes nothing but the record. */
  record(results: readonly AttemptResult[], signal: AbortSignal): Promise<void>;
  /** Drops what waits for endpoints that are disabled or gone; answers how many still wait. */
  sweep(signal: AbortSignal): Promise<{ readonly dropped: number; readonly pending: number }>;
  /** Forgets deliveries made before `before` (epoch ms) that are over, with their attempts; answers how many. */
  expire(before: number, signal: AbortSignal): Promise<number>;
}

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
  /** Who leases, over restarts. */
  readonly holder: string;
}

/** An endpoint to which nothing more goes, and why. */
export interface DisabledEndpoint {
  readonly fleetId: string;
  readonly endpointId: string;
  readonly reason: string;
}

/** Why an endpoint was disabled: it answered 410. */
export const GONE = 'gone';
/** Why an endpoint was disabled: see {@link HOPELESS_MS}. */
export const HOPELESS = 'nothing but failures for 120 hours';
/** An endpoint that has answered with nothing but failures for so long is given up, milliseconds. */
export const HOPELESS_MS = 120 * 3_600_000;

/** Messages waiting for webhook endpoints. Times are the caller's `now`, epoch milliseconds. */
export interface DeliveryQueue {
  /** Ends the leases of an earlier life of `holder`, so that nobody waits for attempts of a process that was killed. Only before its first claim. */
  takeBack(holder: string, signal: AbortSignal): Promise<void>;
  /** Leases what is due: fleets in turn, endpoints in turn within a fleet, the oldest of each endpoint first; and counts the attempt. */
  claim(now: number, limits: ClaimLimits, signal: AbortSignal): Promise<ClaimedDelivery[]>;
  /**
   * Keeps the attempts and ends their leases. A result of an attempt that is no longer the latest changes nothing but the record. An endpoint that is
   * gone, or of which nothing succeeded for {@link HOPELESS_MS}, is disabled, and what waits for it dropped; answers those.
   */
  record(results: readonly AttemptResult[], signal: AbortSignal): Promise<readonly DisabledEndpoint[]>;
  /** Drops what waits for endpoints that are disabled or gone; answers how many still wait. */
  sweep(signal: AbortSignal): Promise<{ readonly dropped: number; readonly pending: number }>;
  /** Forgets deliveries made before `before` (epoch ms) that are over, with their attempts; answers how many. */
  expire(before: number, signal: AbortSignal): Promise<number>;
}

import { takeTokens, type Rate, type TokenBucket } from './token-bucket';

/** Keeps one fleet's backfill from delaying all fleets' alerts. */
export interface FleetLimits {
  /** Undefined: the items may pass. Otherwise in how many seconds they may be sent again. */
  take(fleetId: string, items: number): number | undefined;
}

/** Ten minutes of the allowed rate may come at once: what fleets send after an outage. */
const BURST_SECONDS = 600;

/** Limits each fleet to so many items a second; `undefined` limits nobody. */
export function createFleetLimits(itemsPerSecond: number | undefined, clock: () => number): FleetLimits {
  if (itemsPerSecond === undefined) return { take: () => undefined };
  const rate: Rate = { perSecond: itemsPerSecond, burst: itemsPerSecond * BURST_SECONDS };
  const buckets = new Map<string, TokenBucket>();
  return {
    take(fleetId, items) {
      // A request larger than the whole burst passes when the bucket is full, or it never could.
      const taken = takeTokens(buckets.get(fleetId), Math.min(items, rate.burst), clock(), rate);
      buckets.set(fleetId, taken.bucket);
      return taken.kind === 'taken' ? undefined : Math.max(1, Math.ceil(taken.retryAfterMs / 1000));
    },
  };
}

import { vehicleKey } from '@corral/contracts';
import { createRecentMap } from './recent-map';
import { takeTokens, type Rate, type TokenBucket } from './token-bucket';

/** Keeps one device from sending all the time. It counts requests: a device that was offline empties its buffer in full ones. */
export interface DeviceLimits {
  /** Undefined: the request may pass. Otherwise in how many seconds it may be sent again. */
  take(fleetId: string, vehicleId: string): number | undefined;
}

const RATE: Rate = { perSecond: 2, burst: 120 };
/** After such a rest a bucket is full, like one that was never used. */
const FULL_AFTER_MS = (RATE.burst / RATE.perSecond) * 1_000;

/** Limits each device to 2 requests a second and 120 at once. Only of devices heard in the last two minutes is anything kept. */
export function createDeviceLimits(clock: () => number): DeviceLimits {
  const buckets = createRecentMap<TokenBucket>();
  let turned = clock();
  return {
    take(fleetId, vehicleId) {
      const now = clock();
      if (now - turned >= FULL_AFTER_MS) {
        buckets.turn();
        turned = now;
      }
      const device = vehicleKey(fleetId, vehicleId);
      const taken = takeTokens(buckets.get(device), 1, now, RATE);
      buckets.set(device, taken.bucket);
      return taken.kind === 'taken' ? undefined : Math.max(1, Math.ceil(taken.retryAfterMs / 1_000));
    },
  };
}

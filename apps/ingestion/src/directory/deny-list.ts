import { vehicleKey, type DeviceToken } from '@corral/contracts';

/** Device tokens that are worth nothing from a moment on (epoch ms): those of a vehicle up to this number. */
export interface DeniedTokens {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly number: number;
  readonly from: number;
}

/** Which device tokens live no longer. */
export interface DenyList {
  denies(token: DeviceToken, now: number): boolean;
}

/** A deny list of these, asked with every request. */
export function createDenyList(denied: readonly DeniedTokens[]): DenyList {
  const byVehicle = new Map<string, DeniedTokens[]>();
  for (const each of denied) {
    const key = vehicleKey(each.fleetId, each.vehicleId);
    const before = byVehicle.get(key);
    if (before) before.push(each);
    else byVehicle.set(key, [each]);
  }
  return {
    denies({ fleetId, vehicleId, number }, now) {
      if (byVehicle.size === 0) return false;
      const ofVehicle = byVehicle.get(vehicleKey(fleetId, vehicleId));
      return ofVehicle !== undefined && ofVehicle.some((each) => number <= each.number && each.from <= now);
    },
  };
}

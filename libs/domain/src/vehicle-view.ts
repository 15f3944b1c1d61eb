import type { Position } from '@corral/geo';
import type { Anomaly } from './anomaly';
import type { VehicleStateWord } from './report';
import type { ZoneStay } from './vehicle-line';
import type { VehicleMemory } from './vehicle-memory';

/** What is known of a vehicle now, for people and systems to see. Times are epoch milliseconds. */
export interface VehicleView {
  readonly position?: Position;
  /** The time of the newest report, which need not have had a position. */
  readonly at: number;
  /** When the newest report was received. */
  readonly receivedAt: number;
  /** When it was last heard of: what a duplicate says is no news. */
  readonly contactAt: number;
  /** So far time is known to have passed without a report; absent: none since the newest one. */
  readonly decidedTo?: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
  readonly headingDeg?: number;
  readonly batteryPercent?: number;
  readonly state?: VehicleStateWord;
  /** The trip it is on. */
  readonly tripId?: string;
  readonly vehicleTypeId?: string;
  readonly zones: readonly ZoneStay[];
  /** What is wrong with its newest fix; then `position` may be an older one, which is believed. */
  readonly anomaly?: Anomaly;
  /** The zone set tells types apart and this vehicle has none. */
  readonly vehicleTypeMissing: boolean;
  /** The zone set of the last decision. */
  readonly zoneSetVersion?: number;
}

/** What does evaluation know of this vehicle? */
export function vehicleView({ head, contactAt }: VehicleMemory): VehicleView {
  const { lng, lat } = head;
  return {
    position: lng === undefined || lat === undefined ? undefined : [lng, lat],
    at: head.at,
    receivedAt: head.receivedAt,
    contactAt,
    decidedTo: head.decidedTo,
    accuracyM: head.accuracyM,
    speedMps: head.speedMps,
    headingDeg: head.headingDeg,
    batteryPercent: head.batteryPercent,
    state: head.state,
    // The report that ends a trip still names it.
    tripId: head.phase === 'parked' ? undefined : head.tripId,
    vehicleTypeId: head.vehicleTypeId,
    zones: head.zones,
    anomaly: head.anomaly,
    vehicleTypeMissing: head.vehicleTypeMissing,
    zoneSetVersion: head.zoneSetVersion,
  };
}

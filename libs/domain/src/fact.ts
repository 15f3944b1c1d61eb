import type { Position } from '@corral/geo';

/** Why a vehicle changed sides: it moved, it is the first we hear of it, or the zone changed under it. */
export type Cause = 'moved' | 'first_fix' | 'zone_changed';

/** A vehicle `entered`, `exited` or `crossed` a zone. Times are epoch milliseconds. */
export interface GeofenceEvent {
  readonly type: 'geofence_event';
  /** Derived from fleet, vehicle, zone, kind, cause and time, so the same decision has the same id wherever it is made. */
  readonly id: string;
  readonly revision: number;
  readonly retracted: boolean;
  readonly kind: 'entered' | 'exited' | 'crossed';
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly zoneId: string;
  readonly zoneSetVersion: number;
  readonly at: number;
  readonly cause: Cause;
  readonly certainty: 'certain' | 'possible';
  /** Decided by a report that was not the vehicle's newest when it came. */
  readonly late: boolean;
  readonly position: Position;
  readonly distanceToEdgeM: number;
  /** 0 to 1. */
  readonly confidence: number;
  /** Of `crossed` alone: when it got in and out, estimated. */
  readonly enteredAt?: number;
  readonly exitedAt?: number;
  readonly replaces?: string;
  readonly replacedBy?: string;
}

/** What can be broken. The list is open: receivers must expect new words. */
export type ViolationKind =
  | 'ride_start_not_allowed'
  | 'ride_end_not_allowed'
  | 'ride_through_not_allowed'
  | 'outside_service_area'
  | 'speeding'
  | 'station_parking'
  | 'parked_too_long'
  | 'silent';

/** A rule broken by a vehicle, from opened to closed. Closing is the next revision of the same id. Times are epoch milliseconds. */
export interface Violation {
  readonly type: 'violation';
  readonly id: string;
  readonly revision: number;
  readonly retracted: boolean;
  readonly kind: ViolationKind;
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly zoneId?: string;
  readonly zoneSetVersion: number;
  /** The field that was broken (`rideThroughAllowed`, `maximumSpeedKph`, …) and the zone that said so, or `global`. */
  readonly rule: { readonly name: string; readonly from: string };
  readonly status: 'open' | 'closed';
  readonly openedAt: number;
  readonly closedAt?: number;
  readonly tripId?: string;
  readonly position?: Position;
  /** In the rule's unit, such as km/h. */
  readonly observed?: number;
  /** In the rule's unit. */
  readonly limit?: number;
  readonly replaces?: string;
  readonly replacedBy?: string;
}

/** What evaluation decides. */
export type Fact = GeofenceEvent | Violation;

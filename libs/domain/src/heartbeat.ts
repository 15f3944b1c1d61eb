import type { VehicleStateWord } from './report';

/** A heartbeat that passed the door's checks: the fields of CONTRACT section 2. With `lat` and `lng` a fix, without a state report. */
export interface Heartbeat {
  readonly vehicleId: string;
  readonly deviceId?: string;
  /** The device's clock, epoch milliseconds; with the vehicle it is the report's identity. */
  readonly measuredAt: number;
  readonly lat?: number;
  readonly lng?: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
  readonly headingDeg?: number;
  readonly altitudeM?: number;
  readonly batteryPercent?: number;
  readonly state?: VehicleStateWord;
  readonly tripId?: string;
  readonly bootId?: string;
  readonly sequence?: number;
}

/** Why a heartbeat is refused, as a word; each is also a metric label. The list is open. */
export type HeartbeatRefusalCode =
  | 'heartbeat_not_an_object'
  | 'vehicle_id_missing'
  | 'vehicle_id_invalid'
  | 'vehicle_id_not_yours'
  | 'device_id_invalid'
  | 'measured_at_missing'
  | 'measured_at_invalid'
  | 'measured_at_too_old'
  | 'latitude_missing'
  | 'longitude_missing'
  | 'not_a_number'
  | 'latitude_out_of_range'
  | 'longitude_out_of_range'
  | 'null_island'
  | 'accuracy_invalid'
  | 'speed_invalid'
  | 'heading_invalid'
  | 'altitude_invalid'
  | 'battery_invalid'
  | 'state_unknown'
  | 'trip_id_invalid'
  | 'boot_id_invalid'
  | 'sequence_invalid';

/** A heartbeat that is not taken: why, which field, the value it had (safe to show), and a sentence for a person. */
export interface HeartbeatRefusal {
  readonly kind: 'rejected';
  readonly code: HeartbeatRefusalCode;
  /** Empty when it is the item as a whole. */
  readonly field: string;
  readonly value: string | number | boolean | null;
  readonly detail: string;
  /** Too old by whole turns of the GPS week: not a buffer flushed late, but a receiver that counts weeks wrongly. */
  readonly anomaly?: 'week_rollover';
}

/** What a vehicle can be doing, in MDS's words. */
export const VEHICLE_STATES = [
  'available',
  'reserved',
  'on_trip',
  'non_operational',
  'removed',
  'non_contactable',
  'missing',
  'elsewhere',
] as const;

/** One of {@link VEHICLE_STATES}. */
export type VehicleStateWord = (typeof VEHICLE_STATES)[number];

/** Who said it: the device itself, a person of the operator, or a polled source such as a GBFS feed. */
export type ReportSource = 'device' | 'operator' | 'source';

/**
 * A heartbeat after it passed the door: whose it is, and stamped once with its times. With `lat` and `lng` it is a fix,
 * without them a state report. All times are epoch milliseconds; nothing after ingestion re-times a report.
 */
export interface Report {
  readonly fleetId: string;
  readonly vehicleId: string;
  /** The device's clock; with the vehicle it is the report's identity. */
  readonly measuredAt: number;
  /** Our clock at the door. */
  readonly receivedAt: number;
  /** The time that orders: `measuredAt`, shifted back where the device's clock runs ahead. */
  readonly at: number;
  readonly source: ReportSource;
  /** What was noticed at the door, such as `clock_future`. */
  readonly flags: readonly string[];
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
  readonly deviceId?: string;
  /** Said by an operator's report only: from `at` on the vehicle is of this type. */
  readonly vehicleTypeId?: string;
}

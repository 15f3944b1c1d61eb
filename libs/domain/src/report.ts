import type { Heartbeat } from './heartbeat';

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
export interface Report extends Heartbeat {
  readonly fleetId: string;
  /** Our clock at the door. */
  readonly receivedAt: number;
  /** The time that orders: `measuredAt`, shifted back where the device's clock runs ahead. */
  readonly at: number;
  readonly source: ReportSource;
  /** What was noticed at the door, such as `clock_future`. */
  readonly flags: readonly string[];
  /** Said by an operator's report only: from `at` on the vehicle is of this type. */
  readonly vehicleTypeId?: string;
}

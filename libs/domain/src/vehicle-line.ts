import type { Anomaly, DoubtedFix } from './anomaly';
import type { ViolationKind } from './fact';
import type { Report, VehicleStateWord } from './report';
import type { Scatter } from './scatter';
import type { TripPhase } from './trip-phase';
import type { ZoneEvidence } from './weigh-zone';

/** A vehicle's line folded up to one of its reports: what the reports said, and what followed. Times are epoch milliseconds. */
export interface VehicleLine {
  /** The time of the last report folded. */
  readonly at: number;
  /** The newest receipt of a report on the line. */
  readonly receivedAt: number;
  /** How far time is known to have passed since: what happens without a report is decided up to then. Absent: up to `at`. */
  readonly decidedTo?: number;
  /** When the position was measured; `at`, unless state reports came since. */
  readonly fixAt?: number;
  readonly lng?: number;
  readonly lat?: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
  readonly headingDeg?: number;
  readonly batteryPercent?: number;
  readonly state?: VehicleStateWord;
  /** Not always the state's: losing contact ends no trip. */
  readonly phase: TripPhase;
  readonly tripId?: string;
  /** Since when it stands still; absent while it rides or moves. */
  readonly standing?: Standing;
  readonly vehicleTypeId?: string;
  /** What is wrong with its newest fix. */
  readonly anomaly?: Anomaly;
  /** Since when it stands on the same position to the last bit while its speed says that it moves. */
  readonly stuckSince?: number;
  /** The newest fixes, if they are not believed yet; `lng` and `lat` are those of the last one that is. */
  readonly doubted?: readonly DoubtedFix[];
  /** How its fixes scatter; known as long as its zones are decided on evidence. */
  readonly scatter?: Scatter;
  /** What speaks for having changed sides of a zone; absent while nothing does. */
  readonly evidence?: readonly ZoneEvidence[];
  /** The zone set of the last decision; none before the first one. */
  readonly zoneSetVersion?: number;
  readonly vehicleTypeMissing: boolean;
  /** The zones the vehicle is in, in order of precedence. */
  readonly zones: readonly ZoneStay[];
  readonly open: readonly OpenViolation[];
}

/** The vehicle stands still since then; around which place, where only its fixes say so. */
export interface Standing {
  readonly since: number;
  readonly lng?: number;
  readonly lat?: number;
}

/** The vehicle is in this zone since then. */
export interface ZoneStay {
  readonly zoneId: string;
  readonly since: number;
}

/** What it takes to say later that a violation closed. */
export interface OpenViolation {
  readonly kind: ViolationKind;
  /** Seen, and not yet for long enough to be said: nobody was told of it. */
  readonly pending?: boolean;
  readonly zoneId?: string;
  readonly zoneSetVersion: number;
  readonly openedAt: number;
  readonly tripId?: string;
  readonly lng: number;
  readonly lat: number;
  readonly observed?: number;
  readonly limit?: number;
}

/** What a report says that a line can depend on. */
export type SaidReport = Pick<
  Report,
  | 'at'
  | 'measuredAt'
  | 'receivedAt'
  | 'lat'
  | 'lng'
  | 'accuracyM'
  | 'speedMps'
  | 'headingDeg'
  | 'batteryPercent'
  | 'state'
  | 'tripId'
  | 'vehicleTypeId'
>;

/** Whose line it is. */
export interface Whose {
  readonly fleetId: string;
  readonly vehicleId: string;
}

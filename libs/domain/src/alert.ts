import type { ViolationKind } from './fact';

/** How bad it is. */
export type AlertSeverity = 'info' | 'warning' | 'critical';

/** What became of an alert so far. */
export type AlertStatus = 'open' | 'acknowledged' | 'snoozed' | 'resolved';

/** Why it is resolved: the rule is kept again, a person said so, or it never was. */
export type AlertResolution = 'cleared' | 'manual' | 'retracted';

/**
 * What a person should know: one per episode (fleet, rule, vehicle, zone, open), whatever ids its facts have. This is the part
 * of an alert that facts change; who works on it is added elsewhere. Times are epoch milliseconds.
 */
export interface AlertEpisode {
  readonly id: string;
  /** Grows with every change. */
  readonly revision: number;
  readonly fleetId: string;
  readonly kind: ViolationKind | 'mass_silence';
  readonly severity: AlertSeverity;
  readonly status: AlertStatus;
  readonly resolution?: AlertResolution;
  readonly title: string;
  /** Absent: it is about many. */
  readonly vehicleId?: string;
  readonly zoneId?: string;
  /** The violations of this episode, the newest last. */
  readonly violationIds: readonly string[];
  /** The highest revision known of each of them: a repeated record changes nothing. */
  readonly violationRevisions: { readonly [violationId: string]: number };
  /** How many violations there were. */
  readonly count: number;
  readonly openedAt: number;
  /** When it last changed, in event time. */
  readonly lastAt: number;
  readonly resolvedAt?: number;
}

/**
 * What a fact means for its episode, and who is told: by route, only those who were told before, or nobody. The reason is also
 * the metric.
 */
export type AlertDecision<Alert extends AlertEpisode = AlertEpisode> =
  | { readonly kind: 'nothing'; readonly reason: 'revision_known' | 'no_episode' | 'of_mass' }
  | {
      readonly kind: 'opened';
      readonly reason: 'violation_opened' | 'mass_silence';
      readonly tell: 'route';
      readonly alert: AlertEpisode;
    }
  | {
      readonly kind: 'updated';
      readonly reason: 'replaced' | 'again_in_episode' | 'already_resolved' | 'of_mass';
      readonly tell: 'nobody';
      readonly alert: Alert;
    }
  | {
      readonly kind: 'resolved';
      readonly reason: 'cleared' | 'retracted' | 'of_mass';
      readonly tell: 'told' | 'nobody';
      readonly alert: Alert;
    }
  | { readonly kind: 'reopened'; readonly reason: 'reinstated'; readonly tell: 'route'; readonly alert: Alert };

/** How bad is a violation of this kind? Losing the vehicle or endangering somebody is critical. */
export function alertSeverity(kind: ViolationKind): AlertSeverity {
  return SEVERITY[kind] ?? 'warning';
}

const SEVERITY: { readonly [kind in ViolationKind]: AlertSeverity } = {
  outside_service_area: 'critical',
  ride_through_not_allowed: 'warning',
  ride_start_not_allowed: 'warning',
  ride_end_not_allowed: 'warning',
  speeding: 'warning',
  station_parking: 'warning',
  parked_too_long: 'info',
  silent: 'warning',
};

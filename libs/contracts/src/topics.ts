/** A Kafka topic (or its twin in PostgreSQL): its name for ever, and how it must be set up. */
export interface TopicSpec {
  readonly name: string;
  /** What one record is. */
  readonly holds: string;
  /** How long records are kept, in milliseconds. */
  readonly retentionMs: number;
}

/** 72 hours: the longest outage we promise to survive, and the privacy bound. */
const RETENTION_MS = 72 * 3_600_000;

/** Reports and ticks, stamped at the door. Key `fleetId/vehicleId`. */
export const HEARTBEATS_TOPIC = 'corral.heartbeats.v1';
/** Geofence events and violations in one order per vehicle, in the partition of their source. */
export const EVENTS_TOPIC = 'corral.events.v1';
/** Alerts opened, updated and resolved. */
export const ALERTS_TOPIC = 'corral.alerts.v1';

/** Every topic there is. All have the same number of partitions, or a fact could not stay in its source's partition. */
export const TOPICS: readonly TopicSpec[] = [
  { name: HEARTBEATS_TOPIC, holds: 'reports and ticks', retentionMs: RETENTION_MS },
  { name: EVENTS_TOPIC, holds: 'geofence events and violations', retentionMs: RETENTION_MS },
  { name: ALERTS_TOPIC, holds: 'alerts', retentionMs: RETENTION_MS },
];

/** The names under which consumers keep their place in the log, in Kafka's groups and in `partition_owner`. */
export const CONSUMERS = { geofence: 'geofence', history: 'history', notification: 'notification' } as const;

/** The key that keeps one vehicle's records in one order. */
export function vehicleKey(fleetId: string, vehicleId: string): string {
  return `${fleetId}/${vehicleId}`;
}

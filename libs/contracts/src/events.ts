import type { Fact, GeofenceEvent, Violation } from '@corral/domain';

/** Says what happened to a fact; also the `type` of a webhook. */
export type EventType =
  | 'geofence_event.entered'
  | 'geofence_event.exited'
  | 'geofence_event.crossed'
  | 'geofence_event.retracted'
  | 'violation.opened'
  | 'violation.closed'
  | 'violation.retracted';

/** Says what happened to an alert; also the `type` of a webhook. */
export type AlertEventType = 'alert.opened' | 'alert.updated' | 'alert.resolved';

/** A geofence event as it travels: times in epoch milliseconds, and when it was decided. */
export type GeofenceEventData = Omit<GeofenceEvent, 'type'> & { readonly detectedAt: number };
/** A violation as it travels. */
export type ViolationData = Omit<Violation, 'type'> & { readonly detectedAt: number };

/** One record of `corral.events.v1` or `corral.alerts.v1`: `(partition, seq)` is its place among its producer's. */
export interface EventRecord<Data = unknown> {
  readonly type: string;
  readonly fleetId: string;
  readonly partition: number;
  readonly seq: number;
  readonly data: Data;
  /** When the report that led to it was received, epoch milliseconds; absent where no report did. */
  readonly receivedAt?: number;
}

/** What a record turned out to be. */
export type DecodedEvent =
  | { readonly kind: 'event'; readonly event: EventRecord<Record<string, unknown>> }
  | { readonly kind: 'undecodable'; readonly reason: 'empty' | 'not_json' | 'wrong_schema'; readonly detail: string };

/** The bytes of an event for the log. */
export function encodeEvent(event: EventRecord): Buffer {
  const { type, fleetId, partition, seq, data, receivedAt } = event;
  return Buffer.from(JSON.stringify({ type, fleetId, partition, seq, data, receivedAt }));
}

/** Reads one record of the events or alerts topic. Never throws. */
export function decodeEvent(value: Buffer | null): DecodedEvent {
  if (value === null || value.length === 0)
    return { kind: 'undecodable', reason: 'empty', detail: 'the record has no value' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return { kind: 'undecodable', reason: 'not_json', detail: 'the value is not JSON' };
  }
  const event = parsed as Partial<EventRecord<Record<string, unknown>>> | null;
  const good =
    typeof event === 'object' &&
    event !== null &&
    typeof event.type === 'string' &&
    typeof event.fleetId === 'string' &&
    Number.isInteger(event.partition) &&
    Number.isInteger(event.seq) &&
    typeof event.data === 'object' &&
    event.data !== null;
  if (!good)
    return {
      kind: 'undecodable',
      reason: 'wrong_schema',
      detail: 'type, fleetId, partition, seq and data are required',
    };
  const { type, fleetId, partition, seq, data, receivedAt } = event as EventRecord<Record<string, unknown>>;
  const told = { type, fleetId, partition, seq, data };
  return { kind: 'event', event: typeof receivedAt === 'number' ? { ...told, receivedAt } : told };
}

/** The type under which a fact is told: what happened to it, or that it is taken back. */
export function eventTypeOf(fact: Fact): EventType {
  if (fact.type === 'geofence_event')
    return fact.retracted ? 'geofence_event.retracted' : `geofence_event.${fact.kind}`;
  if (fact.retracted) return 'violation.retracted';
  return fact.status === 'open' ? 'violation.opened' : 'violation.closed';
}

/** The `data` member of a fact's record. `detectedAt`: when it was decided, epoch milliseconds. */
export function eventDataOf(fact: Fact, detectedAt: number): GeofenceEventData | ViolationData {
  const { type: _type, ...data } = fact;
  return { ...data, detectedAt };
}

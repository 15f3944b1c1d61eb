export { ALERTS_TOPIC, CONSUMERS, EVENTS_TOPIC, HEARTBEATS_TOPIC, TOPICS, vehicleKey, type TopicSpec } from './topics';
export { decodeHeartbeatRecord, encodeReport, encodeTick, type HeartbeatRecord } from './heartbeats';
export {
  decodeEvent,
  encodeEvent,
  eventDataOf,
  eventTypeOf,
  type AlertEventType,
  type DecodedEvent,
  type EventRecord,
  type EventType,
  type GeofenceEventData,
  type ViolationData,
} from './events';
export { toApiShape } from './api-times';
export { createDeviceTokens, isDeviceToken, type DeviceToken, type DeviceTokens } from './device-token';

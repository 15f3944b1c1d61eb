export {
  ALERT_ACTIONS,
  alert,
  alertExplanation,
  alertHistoryEntry,
  bulkAction,
  bulkOutcome,
  type AlertActionWord,
} from './alert';
export { apiKey, apiKeyMade, newApiKey } from './api-key';
export { deviceTokenMade, deviceTokensQuery, newDeviceTokens } from './device-token';
export {
  alertsQuery,
  geofenceEvent,
  geofenceEventsQuery,
  vehicleEventsQuery,
  violation,
  violationsQuery,
} from './fact';
export { fleet, fleetMade, newFleet } from './fleet';
export { heartbeat, heartbeatsAccepted, heartbeatsRefused, heartbeatsRequest, rejectedHeartbeat } from './heartbeats';
export { fleetIdentifier, identifier, personsProse, personsText } from './identifier';
export { LIVE_KINDS, liveQuery, liveTicket, type LiveKind } from './live';
export { problem } from './problem';
export {
  booleanInQuery,
  identifiersInQuery,
  integerInQuery,
  listOf,
  listQuery,
  numberInQuery,
  wordsInQuery,
} from './query';
export { SCOPES, type Scope } from './scope';
export { station, stationsPut } from './station';
export { status } from './status';
export { telemetryPoint, telemetryQuery } from './telemetry';
export { readTime, sayTime, time, timeInQuery, timeInput } from './time';
export { vehicle, vehicleCollection, vehiclePut, vehiclesQuery } from './vehicle';
export {
  WEBHOOK_TYPES,
  deliveriesQuery,
  delivery,
  newWebhookEndpoint,
  secretRotated,
  webhookEndpoint,
  webhookEndpointMade,
  webhookEndpointPatch,
} from './webhook-endpoint';
export { position, zoneAnswer, zoneQuestion, zoneQuestionQuery } from './zone-lookup';
export {
  importQuery,
  publication,
  published,
  zone,
  zoneRemark,
  zoneRule,
  zoneSetDocument,
  zoneSetMade,
  zoneSetQuery,
  zoneSetSummary,
  zonesQuery,
} from './zone-set';

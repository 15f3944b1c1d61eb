/**
 * What spans and their attributes are called, in one place. The names of attributes are OpenTelemetry's semantic conventions
 * (https://opentelemetry.io/docs/specs/semconv/), those of messaging still in development; ours begin with `corral.`.
 */
export const SPANS = {
  heartbeats: 'POST /v1/heartbeats',
  send: (topic: string) => `send ${topic}`,
  process: (topic: string) => `process ${topic}`,
  alert: (decision: string) => `alert ${decision}`,
  deliver: 'POST webhook',
} as const;

/** The names of attributes. */
export const ATTRIBUTES = {
  messagingSystem: 'messaging.system',
  topic: 'messaging.destination.name',
  operation: 'messaging.operation.type',
  consumer: 'messaging.consumer.group.name',
  records: 'messaging.batch.message_count',
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  error: 'error.type',
  items: 'corral.heartbeats',
  fleet: 'corral.fleet_id',
  alert: 'corral.alert_id',
  delivery: 'corral.delivery_id',
  attempt: 'corral.attempt',
} as const;

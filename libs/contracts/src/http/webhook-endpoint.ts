import { z } from 'zod';
import { personsText } from './identifier';
import { listQuery, wordsInQuery } from './query';
import { time } from './time';

/** What a webhook can tell. */
export const WEBHOOK_TYPES = [
  'geofence_event.entered',
  'geofence_event.exited',
  'geofence_event.crossed',
  'geofence_event.retracted',
  'violation.opened',
  'violation.closed',
  'violation.retracted',
  'alert.opened',
  'alert.updated',
  'alert.resolved',
] as const;

const types = z.array(z.enum(WEBHOOK_TYPES)).min(1);

/** A place that is told. */
export const webhookEndpoint = z
  .strictObject({
    id: z.string(),
    url: z.string(),
    types: z.array(z.enum(WEBHOOK_TYPES)),
    description: z.string().nullable(),
    status: z.enum(['enabled', 'disabled']),
    disabledReason: z.string().optional(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'WebhookEndpoint' });

/** What makes one. */
export const newWebhookEndpoint = z.strictObject({
  url: z.string().min(1).max(2048),
  types: types.optional().meta({ description: 'All if not said' }),
  description: personsText(500).optional(),
});

/** What may be changed. */
export const webhookEndpointPatch = z.strictObject({
  url: z.string().min(1).max(2048).optional(),
  types: types.optional(),
  description: personsText(500).nullable().optional(),
  status: z.enum(['enabled', 'disabled']).optional(),
});

/** An endpoint with its secret, shown once. */
export const webhookEndpointMade = webhookEndpoint
  .extend({ secret: z.string().meta({ description: 'Standard Webhooks; shown once' }) })
  .meta({ id: 'WebhookEndpointMade' });

/** A new secret; the older one also signs until then. */
export const secretRotated = z
  .strictObject({ id: z.string(), secret: z.string(), previousSecretUntil: time })
  .meta({ id: 'SecretRotated' });

/** One telling of one thing to one endpoint. */
export const delivery = z
  .strictObject({
    id: z.string(),
    endpointId: z.string(),
    webhookId: z.string(),
    type: z.string(),
    status: z.enum(['pending', 'delivered', 'failed', 'dropped']),
    attempts: z.number().int(),
    nextAttemptAt: time.optional(),
    createdAt: time,
    deliveredAt: time.optional(),
    lastAttempts: z
      .array(
        z.strictObject({
          attempt: z.number().int(),
          at: time,
          statusCode: z.number().int().optional(),
          latencyMs: z.number().int(),
          error: z.string().optional(),
          response: z.string().optional(),
        }),
      )
      .meta({ description: 'Newest first, at most 10' }),
  })
  .meta({ id: 'Delivery' });

/** How deliveries are asked for. */
export const deliveriesQuery = z.strictObject({
  ...listQuery,
  status: wordsInQuery(['pending', 'delivered', 'failed', 'dropped']).optional(),
});

import { z } from 'zod';
import { identifier } from './identifier';
import { booleanInQuery, listQuery, wordsInQuery } from './query';
import { time, timeInQuery } from './time';
import { position } from './zone-lookup';

/** A vehicle entered, exited or crossed a zone. */
export const geofenceEvent = z
  .strictObject({
    id: z.string(),
    revision: z.number().int(),
    retracted: z.boolean(),
    kind: z.enum(['entered', 'exited', 'crossed']),
    vehicleId: z.string(),
    zoneId: z.string(),
    zoneSetVersion: z.number().int(),
    at: time,
    detectedAt: time,
    cause: z.enum(['moved', 'first_fix', 'zone_changed']),
    certainty: z.enum(['certain', 'possible']),
    late: z.boolean(),
    position,
    distanceToEdgeM: z.number(),
    confidence: z.number(),
    enteredAt: time.optional().meta({ description: 'Of crossed alone: when it got in, estimated' }),
    exitedAt: time.optional().meta({ description: 'Of crossed alone: when it got out, estimated' }),
    replaces: z.string().optional(),
    replacedBy: z.string().optional(),
  })
  .meta({ id: 'GeofenceEvent' });

/** A rule broken by a vehicle, from opened to closed. */
export const violation = z
  .strictObject({
    id: z.string(),
    revision: z.number().int(),
    retracted: z.boolean(),
    kind: z.string().meta({ description: 'An open list: expect new words' }),
    vehicleId: z.string(),
    zoneId: z.string().optional(),
    zoneSetVersion: z.number().int(),
    rule: z.strictObject({ name: z.string(), from: z.string() }),
    status: z.enum(['open', 'closed']),
    openedAt: time,
    closedAt: time.optional(),
    detectedAt: time,
    tripId: z.string().optional(),
    position: position.optional(),
    observed: z.number().optional(),
    limit: z.number().optional(),
    replaces: z.string().optional(),
    replacedBy: z.string().optional(),
  })
  .meta({ id: 'Violation' });

const factQuery = {
  ...listQuery,
  vehicleId: identifier.optional(),
  zoneId: identifier.optional(),
  from: timeInQuery.optional(),
  to: timeInQuery.optional(),
};

const manyWords = z
  .string()
  .regex(/^[a-z_]{1,64}(,[a-z_]{1,64})*$/, { error: 'must be words separated by commas' })
  .transform((value) => value.split(','));

/** How geofence events are asked for. */
export const geofenceEventsQuery = z.strictObject({
  ...factQuery,
  kind: wordsInQuery(['entered', 'exited', 'crossed']).optional(),
  includeRetracted: booleanInQuery.optional(),
});

/** How the geofence events of one vehicle are asked for. */
export const vehicleEventsQuery = geofenceEventsQuery.omit({ vehicleId: true });

/** How violations are asked for. */
export const violationsQuery = z.strictObject({
  ...factQuery,
  kind: manyWords.optional(),
  status: wordsInQuery(['open', 'closed']).optional(),
  includeRetracted: booleanInQuery.optional(),
});

/** How alerts are asked for. */
export const alertsQuery = z.strictObject({
  ...factQuery,
  kind: manyWords.optional(),
  status: wordsInQuery(['open', 'acknowledged', 'snoozed', 'resolved']).optional(),
  includeRetracted: booleanInQuery
    .optional()
    .meta({ description: 'Alerts that were taken back are resolved ones and always shown' }),
});

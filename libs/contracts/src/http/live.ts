import { z } from 'zod';
import { identifiersInQuery, wordsInQuery } from './query';
import { time } from './time';

/** What the live stream can carry. */
export const LIVE_KINDS = ['telemetry', 'geofence_event', 'violation', 'alert'] as const;

/** One of {@link LIVE_KINDS}. */
export type LiveKind = (typeof LIVE_KINDS)[number];

/** How the stream is asked for. */
export const liveQuery = z.strictObject({
  ticket: z
    .string()
    .max(2048)
    .optional()
    .meta({ description: 'Instead of the Authorization header; from POST /v1/live-tickets' }),
  kinds: wordsInQuery(LIVE_KINDS).optional().meta({ description: 'Separated by commas; all if not said' }),
  vehicleIds: identifiersInQuery.optional().meta({ description: 'Separated by commas; all if not said' }),
  lastEventId: z.string().max(65_536).optional().meta({
    description: 'The same as the header Last-Event-ID, for clients that cannot set it',
  }),
});

/** A ticket for one stream. */
export const liveTicket = z.strictObject({ ticket: z.string(), expiresAt: time }).meta({ id: 'LiveTicket' });

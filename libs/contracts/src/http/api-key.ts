import { z } from 'zod';
import { personsText } from './identifier';
import { SCOPES } from './scope';
import { time, timeInput } from './time';

/** A key as it may be shown later: never the secret. */
export const apiKey = z
  .strictObject({
    id: z.string(),
    name: z.string().nullable(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: 'To about a minute' }),
  })
  .meta({ id: 'ApiKey' });

/** What makes a key. */
export const newApiKey = z.strictObject({
  name: personsText(200).optional(),
  scopes: z.array(z.enum(SCOPES)).min(1),
  expiresAt: timeInput.optional(),
});

/** A key just made: the only time its secret is told. */
export const apiKeyMade = apiKey
  .extend({ key: z.string().meta({ description: 'The key itself; shown once' }) })
  .meta({ id: 'ApiKeyMade' });

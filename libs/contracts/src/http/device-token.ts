import { z } from 'zod';
import { identifier } from './identifier';
import { booleanInQuery } from './query';

/** The most vehicles whose devices one request gives tokens to. */
const MOST_VEHICLES = 10_000;

/** A device's token: the only time it is told. */
export const deviceTokenMade = z
  .strictObject({
    vehicleId: z.string(),
    token: z.string().meta({ description: 'The token itself, crl_dev_…; shown once' }),
  })
  .meta({ id: 'DeviceTokenMade' });

/** Whose devices shall have tokens; a vehicle named twice gets one. */
export const newDeviceTokens = z.strictObject({
  vehicleIds: z.array(identifier).min(1).max(MOST_VEHICLES),
});

/** Which tokens of a vehicle are meant. */
export const deviceTokensQuery = z.strictObject({
  keepNewest: booleanInQuery
    .optional()
    .meta({ description: 'Only those that a newer one replaces, before their 7 days are over' }),
});

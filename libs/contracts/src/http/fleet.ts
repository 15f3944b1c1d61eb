import { z } from 'zod';
import { SCOPES } from './scope';
import { fleetIdentifier, personsText } from './identifier';
import { time } from './time';

/** A fleet: one operator's vehicles in one system. */
export const fleet = z
  .strictObject({ id: fleetIdentifier, name: z.string(), createdAt: time, updatedAt: time })
  .meta({ id: 'Fleet' });

/** What makes a fleet. */
export const newFleet = z.strictObject({ id: fleetIdentifier, name: personsText(200) });

/** A fleet just made, with its first key, shown once. */
export const fleetMade = fleet
  .extend({
    apiKey: z.string().meta({ description: 'The first key of the fleet, with all scopes; shown once' }),
    apiKeyId: z.string(),
    scopes: z.array(z.enum(SCOPES)),
  })
  .meta({ id: 'FleetMade' });

import { z } from 'zod';
import { identifier } from './identifier';
import { integerInQuery, numberInQuery } from './query';
import { timeInQuery, timeInput } from './time';

/** A position in GeoJSON order: `[lng, lat]` in degrees. */
export const position = z
  .tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)])
  .meta({ id: 'Position', description: '[lng, lat]' });

/** A question about many places. */
export const zoneQuestion = z.strictObject({
  points: z.array(position).min(1).max(10_000),
  vehicleTypeId: identifier.optional(),
  at: timeInput.optional(),
  version: z.number().int().positive().optional(),
});

/** The same question about one place. */
export const zoneQuestionQuery = z.strictObject({
  lat: numberInQuery(-90, 90),
  lng: numberInQuery(-180, 180),
  vehicleTypeId: identifier.optional(),
  at: timeInQuery.optional(),
  version: integerInQuery(1, Number.MAX_SAFE_INTEGER).optional(),
});

const rule = z
  .strictObject({
    rideStartAllowed: z.boolean().nullable(),
    rideEndAllowed: z.boolean().nullable(),
    rideThroughAllowed: z.boolean().nullable(),
    maximumSpeedKph: z.number().nullable(),
    stationParking: z.boolean().nullable(),
    maximumParkedMinutes: z.number().optional().meta({ description: 'Only where a zone or the global rules say it' }),
    from: z.record(z.string(), z.string()).meta({
      description: 'field: the zone that says so, "global", or "station:" and the station whose area comes first',
    }),
  })
  .meta({ id: 'ResolvedRule', description: 'What holds at a place, field by field; null: nothing is said' });

/** Which zones, in order, and which rule: for each place asked. */
export const zoneAnswer = z
  .strictObject({
    version: z.number().int(),
    vehicleTypeMissing: z.boolean().optional().meta({
      description: 'true: no type was given and the set knows several, so only rules for every type were judged',
    }),
    results: z.array(
      z.strictObject({
        zones: z.array(z.strictObject({ zoneId: z.string(), index: z.number().int(), name: z.string().nullable() })),
        station: z
          .strictObject({ stationId: z.string(), name: z.string().nullable() })
          .optional()
          .meta({ description: 'The station that the place is at, if it is at one' }),
        rule,
      }),
    ),
  })
  .meta({ id: 'ZoneAnswer' });

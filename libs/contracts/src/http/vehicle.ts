import { ANOMALIES, VEHICLE_STATES } from '@corral/domain';
import { z } from 'zod';
import { identifier, personsText } from './identifier';
import { listQuery, wordsInQuery } from './query';
import { time } from './time';
import { position } from './zone-lookup';

/** A vehicle as we know it now. */
export const vehicle = z
  .strictObject({
    id: z.string(),
    vehicleTypeId: z.string().nullable(),
    name: z.string().optional(),
    state: z.enum(VEHICLE_STATES).nullable().meta({ description: 'null: nobody said' }),
    position: position.optional(),
    at: time.optional(),
    receivedAt: time.optional(),
    accuracyM: z.number().optional(),
    speedMps: z.number().optional(),
    batteryPercent: z.number().optional(),
    zones: z.array(z.strictObject({ zoneId: z.string(), since: time })),
    tripId: z.string().optional(),
    labels: z.record(z.string(), z.string()),
    anomaly: z.enum(ANOMALIES).optional().meta({ description: 'What is wrong with its newest fix' }),
    vehicleTypeMissing: z.boolean().optional(),
  })
  .meta({ id: 'Vehicle' });

/** What an operator says about a vehicle. Name and labels are replaced whole; a type once said stays until another is said. */
export const vehiclePut = z.strictObject({
  vehicleTypeId: identifier.optional(),
  name: personsText(200).optional(),
  labels: z
    .record(personsText(64), z.union([z.literal(''), personsText(256)]))
    .refine((labels) => Object.keys(labels).length <= 64, { error: 'must be at most 64 labels' })
    .optional(),
});

/** How vehicles are asked for. */
export const vehiclesQuery = z.strictObject({
  ...listQuery,
  bbox: z
    .string()
    .optional()
    .meta({ description: 'west,south,east,north in degrees; west > east crosses the antimeridian' }),
  near: z.string().optional().meta({ description: 'lng,lat,metres: nearest first' }),
  zoneId: identifier.optional(),
  state: wordsInQuery(VEHICLE_STATES).optional().meta({ description: 'One or several, separated by commas' }),
  q: personsText(128).optional().meta({ description: 'Part of the id or the name' }),
  format: z.enum(['json', 'geojson']).optional(),
});

/** Vehicles on a map: all at once, slim. */
export const vehicleCollection = z
  .strictObject({
    type: z.literal('FeatureCollection'),
    asOf: time.nullable().meta({ description: 'Everything received until then is in it; null: not known' }),
    features: z.array(
      z.strictObject({
        type: z.literal('Feature'),
        id: z.string(),
        geometry: z.strictObject({ type: z.literal('Point'), coordinates: position }),
        properties: z.strictObject({
          id: z.string(),
          vehicleTypeId: z.string().nullable(),
          state: z.enum(VEHICLE_STATES).nullable(),
          at: time.optional(),
          batteryPercent: z.number().optional(),
        }),
      }),
    ),
  })
  .meta({ id: 'VehicleCollection' });

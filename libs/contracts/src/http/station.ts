import { z } from 'zod';
import { zoneRemark } from './zone-set';

/** A station of the fleet. */
export const station = z
  .strictObject({
    stationId: z.string(),
    index: z.number().int().meta({ description: 'Its place in the file, refused ones counted' }),
    name: z.string().nullable(),
    lat: z.number().optional(),
    lng: z.number().optional(),
    area: z.looseObject({ type: z.enum(['Polygon', 'MultiPolygon']) }).optional(),
    properties: z.record(z.string(), z.unknown()).meta({ description: 'Every other field, as it came' }),
  })
  .meta({ id: 'Station' });

/** What became of the stations that were put. */
export const stationsPut = z
  .strictObject({
    version: z.number().int().meta({ description: 'The same as before if nothing changed' }),
    stations: z.number().int().meta({ description: 'How many were taken over' }),
    refused: z.array(zoneRemark),
    warnings: z.array(zoneRemark),
  })
  .meta({ id: 'StationsPut' });

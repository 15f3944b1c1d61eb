import { z } from 'zod';
import { booleanInQuery, integerInQuery, listQuery } from './query';
import { time, timeInput } from './time';

/** A feature that was not taken over, or was taken over with a remark: which, and why. */
export const zoneRemark = z
  .strictObject({
    index: z.number().int().optional().meta({ description: 'Absent: it is about the document' }),
    name: z.string().optional(),
    code: z.string(),
    path: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'ZoneRemark' });

/** What became of an import. */
export const zoneSetMade = z
  .strictObject({
    version: z.number().int(),
    status: z.enum(['draft', 'published']),
    zones: z.number().int().meta({ description: 'How many zones were taken over' }),
    refused: z.array(zoneRemark),
    warnings: z.array(zoneRemark),
    effectiveAt: time.nullable().optional().meta({ description: 'null: from the beginning of time' }),
  })
  .meta({ id: 'ZoneSetMade' });

/** A zone set without its zones. */
export const zoneSetSummary = z
  .strictObject({
    version: z.number().int(),
    status: z.enum(['draft', 'published']),
    origin: z.enum(['gbfs2', 'gbfs3', 'geojson', 'mds']),
    profile: z.enum(['immediate', 'confirmed']),
    zones: z.number().int(),
    refused: z.array(zoneRemark),
    warnings: z.array(zoneRemark),
    createdAt: time,
    publishedAt: time.nullable(),
    effectiveAt: time.nullable().optional().meta({
      description: 'When it last took or takes effect; null: from the beginning of time; absent: not published',
    }),
  })
  .meta({ id: 'ZoneSetSummary' });

/** A whole zone set as GeoJSON; what is known of the set stands beside the features, as foreign members. */
export const zoneSetDocument = z
  .looseObject({
    type: z.literal('FeatureCollection'),
    features: z.array(z.looseObject({ type: z.literal('Feature') })),
  })
  .meta({ id: 'ZoneSetDocument' });

/** How an import is asked for. */
export const importQuery = z.strictObject({
  publish: booleanInQuery.optional().meta({ description: 'true: publish it at once' }),
  idProperty: z.string().min(1).max(128).optional().meta({ description: 'The property that names a zone' }),
  profile: z.enum(['immediate', 'confirmed']).optional(),
});

/** How a set is asked for. */
export const zoneSetQuery = z.strictObject({ format: z.enum(['geojson', 'gbfs3', 'gbfs2']).optional() });

/** From when a version shall count: never before the publication. */
export const publication = z.strictObject({ effectiveAt: timeInput.optional() });

/** A version and from when it counts. */
export const published = z
  .strictObject({
    version: z.number().int(),
    status: z.enum(['draft', 'published']),
    effectiveAt: time.nullable().meta({ description: 'null: from the beginning of time' }),
  })
  .meta({ id: 'Published' });

/** One rule of a zone. */
export const zoneRule = z
  .strictObject({
    vehicleTypeIds: z.array(z.string()).optional(),
    rideStartAllowed: z.boolean().optional(),
    rideEndAllowed: z.boolean().optional(),
    rideThroughAllowed: z.boolean().optional(),
    maximumSpeedKph: z.number().optional(),
    stationParking: z.boolean().optional(),
  })
  .meta({ id: 'ZoneRule' });

/** A zone of the current set. */
export const zone = z
  .strictObject({
    zoneId: z.string(),
    index: z.number().int(),
    name: z.string().nullable(),
    version: z.number().int(),
    rules: z.array(zoneRule),
    start: time.optional(),
    end: time.optional(),
    geometry: z.looseObject({ type: z.enum(['Polygon', 'MultiPolygon']) }),
    properties: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Zone' });

/** How zones are asked for. */
export const zonesQuery = z.strictObject({
  ...listQuery,
  version: integerInQuery(1, Number.MAX_SAFE_INTEGER).optional(),
});

import { VEHICLE_STATES } from '@corral/domain';
import { z } from 'zod';
import { listQuery } from './query';
import { time, timeInQuery } from './time';

/** One recorded report of a vehicle: a fix, or without `lat` and `lng` a state report. */
export const telemetryPoint = z
  .strictObject({
    vehicleId: z.string(),
    measuredAt: time,
    at: time,
    receivedAt: time,
    source: z.enum(['device', 'operator', 'source']),
    flags: z.array(z.string()),
    lat: z.number().optional(),
    lng: z.number().optional(),
    accuracyM: z.number().optional(),
    speedMps: z.number().optional(),
    headingDeg: z.number().optional(),
    altitudeM: z.number().optional(),
    batteryPercent: z.number().optional(),
    state: z.enum(VEHICLE_STATES).optional(),
    tripId: z.string().optional(),
    bootId: z.string().optional(),
    sequence: z.number().int().optional(),
    vehicleTypeId: z.string().optional(),
  })
  .meta({ id: 'TelemetryPoint' });

/** How a track is asked for: by `measuredAt`, both ends included. */
export const telemetryQuery = z.strictObject({
  ...listQuery,
  from: timeInQuery.optional(),
  to: timeInQuery.optional(),
  format: z.enum(['json', 'geojson', 'gpx', 'csv']).optional(),
  order: z
    .enum(['asc', 'desc'])
    .optional()
    .meta({ description: 'desc if not said; geojson, gpx and csv always ascend' }),
});

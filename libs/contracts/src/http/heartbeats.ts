import { VEHICLE_STATES } from '@corral/domain';
import { z } from 'zod';

/** 1 to 128 printable characters, as the domain counts them: whole characters, not UTF-16 units. */
const id = z.string().regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u, { error: 'must be 1 to 128 printable characters' });

const notNegative = z.number().min(0);

/**
 * A heartbeat as it is documented. Requests are not read with it: the domain's `checkHeartbeat` does that, item by item, and a test proves that
 * both take the same. What JSON Schema cannot say stands in the descriptions: that `lat` and `lng` come together, what time is too old, null island.
 */
export const heartbeat = z
  .looseObject({
    vehicleId: id.optional().meta({ description: 'Whose it is; may be left out where the credential says it' }),
    deviceId: id.optional(),
    measuredAt: z
      .union([
        z.string().regex(/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/),
        z.number().min(1e11).lt(253_402_300_800_000),
      ])
      .meta({
        description:
          "The device's clock: RFC 3339, or epoch milliseconds (below 1e11 refused). Too old ones are refused.",
      }),
    lat: z
      .number()
      .min(-90)
      .max(90)
      .optional()
      .meta({ description: 'Together with lng, or neither: then it is a state report' }),
    lng: z
      .number()
      .min(-180)
      .max(180)
      .optional()
      .meta({ description: '(0, 0) is refused: it is a device without a fix' }),
    accuracyM: notNegative.optional(),
    speedMps: notNegative.optional(),
    headingDeg: notNegative.max(360).optional(),
    altitudeM: z.number().optional(),
    batteryPercent: notNegative.max(100).optional(),
    state: z.enum(VEHICLE_STATES).optional(),
    tripId: id.optional().meta({ description: 'Must not identify a person' }),
    bootId: id.optional(),
    sequence: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  })
  .meta({
    id: 'Heartbeat',
    description: 'A fix (with lat and lng) or a state report (without). Unknown fields are ignored and not kept.',
    example: {
      vehicleId: 'bike-42',
      measuredAt: '2026-11-20T10:00:00.000Z',
      lat: 52.3676,
      lng: 4.9041,
      accuracyM: 8,
      speedMps: 4.2,
      headingDeg: 270,
      altitudeM: 2,
      batteryPercent: 87,
      state: 'on_trip',
      tripId: 'trip-1',
      bootId: 'boot-1',
      sequence: 123,
    },
  });

/** The body of `POST /v1/heartbeats`: a list of up to 1,000, or one. */
export const heartbeatsRequest = z
  .union([z.looseObject({ heartbeats: z.array(heartbeat).min(1).max(1_000) }), heartbeat])
  .meta({ id: 'HeartbeatsRequest' });

/** A heartbeat that was not taken. */
export const rejectedHeartbeat = z
  .strictObject({
    index: z.number().int().min(0).meta({ description: 'Its place in the request' }),
    code: z
      .string()
      .meta({ description: 'Why, as a stable word; also a metric label', example: 'latitude_out_of_range' }),
    field: z.string().meta({ description: 'Empty when it is the item as a whole' }),
    value: z
      .union([z.string(), z.number(), z.boolean(), z.null()])
      .meta({ description: 'The value refused; long or nested ones shortened' }),
    detail: z.string(),
  })
  .meta({ id: 'RejectedHeartbeat' });

const taken = { accepted: z.number().int().min(0), rejected: z.array(rejectedHeartbeat) };

/** The 202: durable in the log is what was accepted. Repeated heartbeats count as accepted. */
export const heartbeatsAccepted = z.strictObject(taken).meta({ id: 'HeartbeatsAccepted' });

/** The 400 when nothing of the request is acceptable: a problem with the members of the 202. */
export const heartbeatsRefused = z
  .looseObject({ status: z.literal(400), code: z.string(), detail: z.string(), ...taken })
  .meta({ id: 'HeartbeatsRefused' });

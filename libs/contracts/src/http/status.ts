import { z } from 'zod';
import { time } from './time';

/** How the machine is doing. */
export const status = z
  .strictObject({
    at: time,
    partitions: z.array(
      z.strictObject({
        consumer: z.string(),
        topic: z.string(),
        partition: z.number().int(),
        watermark: time.nullable().meta({ description: 'Receipt of the last record read' }),
        watermarkAgeSeconds: z.number().nullable(),
        nextOffset: z.number().int(),
        lag: z.number().int().nullable().meta({ description: 'Records still to read; null: the log does not answer' }),
        unpublished: z.number().int().meta({ description: 'Decided, not yet in the log' }),
        parked: z
          .string()
          .nullable()
          .meta({ description: 'Why it stands still until an operator decides; null: it flows' }),
      }),
    ),
    deadLetters: z.record(z.string(), z.number().int()).meta({ description: 'By consumer' }),
    lastPublish: z
      .strictObject({
        version: z.number().int(),
        revision: z.number().int(),
        publishedAt: time,
        effectiveAt: time.nullable(),
      })
      .nullable()
      .meta({ description: 'The last publication of a zone set of this fleet' }),
  })
  .meta({ id: 'Status' });

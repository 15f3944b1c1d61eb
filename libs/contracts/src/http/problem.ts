import { z } from 'zod';

/** How a refusal is said (RFC 9457). Some carry further members, as told at their route. */
export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().meta({ description: 'A stable word for programs' }),
    detail: z.string().meta({ description: 'A sentence for people' }),
    field: z.string().optional().meta({ description: 'What was refused' }),
    value: z.unknown().optional().meta({ description: 'The value that was refused' }),
  })
  .meta({ id: 'Problem' });

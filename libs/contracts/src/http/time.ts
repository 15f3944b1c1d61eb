import { formatTime, isEpochMs, parseTime } from '@corral/domain';
import { z } from 'zod';

/** A time in an answer: RFC 3339, UTC, milliseconds. */
export const time = z.iso
  .datetime({ precision: 3 })
  .meta({ id: 'Time', description: 'RFC 3339 in UTC with milliseconds', example: '2026-11-20T10:00:00.000Z' });

/** How an answer says a time given as epoch milliseconds. */
export function sayTime(epochMs: number): string {
  return formatTime(epochMs);
}

/** The year 1: before it a calendar of PostgreSQL writes years otherwise. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');

/** Which moment (epoch milliseconds) does the text or number mean? `undefined`: none; a number below 1e11 (seconds) is refused. */
export function readTime(value: string | number): number | undefined {
  if (typeof value === 'number') return isEpochMs(value) ? Math.trunc(value) : undefined;
  if (/^\d{12,15}$/.test(value)) return readTime(Number(value));
  const epochMs = parseTime(value);
  return epochMs !== undefined && epochMs >= FIRST_MS ? epochMs : undefined;
}

/** A time in a body: RFC 3339, or a number of epoch milliseconds. Becomes epoch milliseconds. */
export const timeInput = z
  .union([z.string(), z.number()])
  .transform((value, context) => {
    const epochMs = readTime(value);
    if (epochMs !== undefined) return epochMs;
    context.addIssue({
      code: 'custom',
      params: { code: 'time_invalid' },
      message: 'must be RFC 3339 or epoch milliseconds',
    });
    return z.NEVER;
  })
  .meta({ description: 'RFC 3339, or epoch milliseconds (below 1e11 refused)' });

/** A time in a query: the same, always as text. Becomes epoch milliseconds. */
export const timeInQuery = z
  .string()
  .transform((value, context) => {
    const epochMs = readTime(value);
    if (epochMs !== undefined) return epochMs;
    context.addIssue({
      code: 'custom',
      params: { code: 'time_invalid' },
      message: 'must be RFC 3339 or epoch milliseconds',
    });
    return z.NEVER;
  })
  .meta({ description: 'RFC 3339, or epoch milliseconds (below 1e11 refused)' });

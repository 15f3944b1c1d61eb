import { isId, isStorable } from '@corral/domain';
import { z } from 'zod';

/** The name of a thing of ours: 1 to 128 printable characters, percent-encoded in paths. */
export const identifier = z
  .string()
  .refine(isId, { error: 'must be 1 to 128 printable characters' })
  .meta({ minLength: 1, maxLength: 128 });

/** A fleet's name in paths and keys. */
export const fleetIdentifier = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'must be 1 to 63 of a-z, 0-9 and -, not beginning with -' });

/** A line that a person typed, of at most so many characters. */
export function personsText(maxLength: number) {
  return z.string().min(1).max(maxLength).refine(isOneLine, { error: 'must be printable characters' });
}

/** Several lines that a person typed, such as a comment. */
export function personsProse(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => isOneLine(text.replaceAll(/[\n\r\t]/g, ' ')), { error: 'must be printable characters' });
}

function isOneLine(text: string): boolean {
  return isStorable(text) && !/\p{Cc}/u.test(text);
}

import { z } from 'zod';
import { identifier } from './identifier';

/** As languages write numbers, small ones with an exponent. */
const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number in a query, strictly: the empty text is none, though `Number('')` says 0. */
export function numberInQuery(least: number, most: number) {
  const read = z.string().transform((value, context) => {
    const number = NUMBER.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    context.addIssue({
      code: 'custom',
      params: { code: 'out_of_range' },
      message: `must be a number from ${least} to ${most}`,
    });
    return z.NEVER;
  });
  return read.meta({ type: 'number', minimum: least, maximum: most });
}

/** A whole number in a query. */
export function integerInQuery(least: number, most: number) {
  const read = z.string().transform((value, context) => {
    const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    context.addIssue({
      code: 'custom',
      params: { code: 'out_of_range' },
      message: `must be a whole number from ${least} to ${most}`,
    });
    return z.NEVER;
  });
  return read.meta({ type: 'integer', minimum: least, maximum: most });
}

/** `true` or `false` in a query. */
export const booleanInQuery = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Words separated by commas, each one of those given. */
export function wordsInQuery<const Word extends string>(words: readonly Word[]) {
  const known: ReadonlySet<string> = new Set(words);
  return z.string().transform((value, context): Word[] => {
    const given = value.split(',');
    const unknown = given.find((word) => !known.has(word));
    if (unknown === undefined) return [...new Set(given)] as Word[];
    context.addIssue({
      code: 'custom',
      params: { code: 'unknown_word' },
      message: `must be among ${words.join(', ')}`,
    });
    return z.NEVER;
  });
}

/** Identifiers separated by commas, at most 1,000. */
export const identifiersInQuery = z.string().transform((value, context) => {
  const ids = z.array(identifier).max(1000).safeParse(value.split(','));
  if (ids.success) return ids.data;
  context.addIssue({ code: 'custom', message: 'must be 1 to 1,000 ids separated by commas' });
  return z.NEVER;
});

/** What every list takes. */
export const listQuery = {
  limit: integerInQuery(1, 1000).optional().meta({ description: 'At most so many items, 1 to 1,000; 100 if not said' }),
  cursor: z.string().max(2048).optional().meta({ description: 'nextCursor of the answer before' }),
};

/** A page of a list. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: 'Ask again with it for the next page; null at the end' }),
  });
}

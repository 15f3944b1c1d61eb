import { Problem } from '@corral/runtime';
import type { z } from 'zod';

/** A value longer than this, written as JSON, is not said back. */
const MOST_SHOWN = 200;

/** What the schema makes of the input, or the refusal of its first wrong field. `status`: 400 for a query, 422 for a body. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  status: 400 | 422,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw refusalOf(result.error.issues[0]!, input, status);
}

function refusalOf(issue: z.core.$ZodIssue, input: unknown, status: 400 | 422): Problem {
  const { path, code, detail } = wordsOf(issue, input);
  const field = path.join('/') || 'body';
  return new Problem(status, code, `${field}: ${detail}.`, { field, value: shown(valueAt(input, path)) });
}

function wordsOf(issue: z.core.$ZodIssue, input: unknown): { path: PropertyKey[]; code: string; detail: string } {
  const path = issue.path;
  if (issue.code === 'unrecognized_keys')
    return { path: [...path, issue.keys[0]!], code: 'unknown_field', detail: 'this field is not known here' };
  if (valueAt(input, path) === undefined) return { path, code: 'missing', detail: 'this field is required' };
  const code: unknown = issue.code === 'custom' ? issue.params?.code : undefined;
  return {
    path,
    code: typeof code === 'string' ? code : 'invalid',
    detail: issue.message.replace(/^Invalid input: /, ''),
  };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<PropertyKey, unknown>)[step]
        : undefined,
    input,
  );
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value;
  if (typeof value !== 'object' || value === null) return value ?? null;
  const text = textOf(value);
  return text === '[…]' || text === '{…}' || text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : value;
}

/** Nested by the thousand, a value cannot be written down again. */
function textOf(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return Array.isArray(value) ? '[…]' : '{…}';
  }
}

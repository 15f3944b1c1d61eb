import { createHash } from 'node:crypto';
import { isStorable } from '@corral/domain';
import { Problem } from '@corral/runtime';

/** Where a page ended: the values that order it, such as (time, id). */
export type CursorKey = readonly (string | number)[];

/** The cursors of one list under one set of filters: opaque outside, and refused under other filters. */
export interface Cursors<Key extends CursorKey> {
  write(key: Key): string;
  /** Undefined without a cursor. Throws the problem that refuses a malformed or foreign one. */
  read(text: string | undefined): Key | undefined;
}

/** What a value of a key is: a text, a whole number (a time, a version), any number. */
export type CursorPart = 'text' | 'integer' | 'number';

/** `shape` says what each value of the key is. */
export function cursorsOf<Key extends CursorKey>(
  shape: readonly CursorPart[],
  filters: Readonly<Record<string, unknown>>,
): Cursors<Key> {
  const mark = markOf(filters);
  return {
    write: (key) => Buffer.from(JSON.stringify([mark, ...key])).toString('base64url'),
    read(text) {
      if (text === undefined) return undefined;
      const parts = parse(text);
      const whole = parts?.length === shape.length + 1 && shape.every((kind, i) => isPart(kind, parts[i + 1]));
      if (!whole) throw refusal('cursor_invalid', 'This is not a cursor of ours.', text);
      if (parts[0] !== mark) throw refusal('cursor_of_another_list', 'This cursor was given for other filters.', text);
      return parts.slice(1) as unknown as Key;
    },
  };
}

/** Whoever makes up a cursor gets 400, not an error of the database. */
function isPart(kind: CursorPart, value: unknown): boolean {
  if (kind === 'text') return typeof value === 'string' && isStorable(value);
  // From the year 1 to 9999.
  const fits = typeof value === 'number' && value >= -62_135_596_800_000 && value <= 253_402_300_799_999;
  return fits && (kind === 'number' || Number.isInteger(value));
}

function markOf({ limit: _limit, cursor: _cursor, ...filters }: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  given.sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(given)).digest('base64url').slice(0, 8);
}

function parse(text: string): unknown[] | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusal(code: string, detail: string, value: string): Problem {
  return new Problem(400, code, detail, { field: 'cursor', value: value.slice(0, 200) });
}

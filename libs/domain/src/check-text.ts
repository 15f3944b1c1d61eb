/** Is this an id: 1 to 128 printable characters? Control and format characters, lone surrogates and the like are not printable. */
export function isId(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  if (PLAIN_ID.test(value)) return true;
  return value.length <= 2 * LONGEST_ID && PRINTABLE.test(value) && Array.from(value).length <= LONGEST_ID;
}

/** Can this text be stored and shown? Neither NUL, which PostgreSQL refuses, nor half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !LONE_SURROGATE.test(text);
}

const LONGEST_ID = 128;
const PLAIN_ID = /^[\x20-\x7e]{1,128}$/;
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const LONE_SURROGATE = /\p{Cs}/u;

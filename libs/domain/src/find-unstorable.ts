import { isStorable } from './check-text';

/**
 * Where does a value that came from outside hold text that PostgreSQL could not store, a key that would reach an object's prototype, or nesting
 * without an end? Nothing: nowhere.
 */
export function findUnstorable(
  value: unknown,
  path: string,
  depth = 1,
): { readonly path: string; readonly detail: string } | undefined {
  if (typeof value === 'string') {
    return isStorable(value) ? undefined : { path, detail: 'NUL or half a surrogate pair in a text' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > DEEPEST) return { path, detail: `nested deeper than ${DEEPEST} levels` };
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__' || !isStorable(key)) return { path, detail: 'a member has a name that is not taken' };
    const wrong = findUnstorable(member, `${path}/${key}`, depth + 1);
    if (wrong) return wrong;
  }
  return undefined;
}

const DEEPEST = 16;

import { Problem } from '@corral/runtime';

/** Deeper than any body of ours, shallow enough for whatever walks it next. */
const MAX_DEPTH = 16;

/**
 * Refuses JSON that is legal and yet harmful: too deep (it would overflow the stack of whoever writes it again), or with text that PostgreSQL
 * cannot store (NUL, halves of surrogate pairs), or a member that means the prototype to whoever copies it.
 */
export function checkJson(value: unknown): void {
  const fault = faultOf(value, 0);
  if (fault === undefined) return;
  const field = fault.path.join('/') || 'body';
  throw new Problem(422, fault.code, `${field} ${fault.detail}.`, { field });
}

interface Fault {
  readonly code: string;
  readonly detail: string;
  /** Built from the inside out, and only once something is wrong: a zone set has millions of values. */
  readonly path: (string | number)[];
}

function faultOf(value: unknown, depth: number): Fault | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : unstorable();
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MAX_DEPTH)
    return { code: 'too_deep', detail: `must not be nested more than ${MAX_DEPTH} levels deep`, path: [] };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      // Coordinates are nearly all there is in a large body.
      if (typeof item === 'number') continue;
      const fault = faultOf(item, depth + 1);
      if (fault !== undefined) return within(fault, i);
    }
    return undefined;
  }
  for (const member of Object.keys(value)) {
    if (!isStorable(member)) return unstorable();
    if (member === '__proto__') return { code: 'unknown_field', detail: 'is no field of anything', path: [member] };
    const fault = faultOf((value as Record<string, unknown>)[member], depth + 1);
    if (fault !== undefined) return within(fault, member);
  }
  return undefined;
}

function within(fault: Fault, step: string | number): Fault {
  fault.path.unshift(step);
  return fault;
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

function unstorable(): Fault {
  return { code: 'text_not_storable', detail: 'must not contain NUL or half a surrogate pair', path: [] };
}

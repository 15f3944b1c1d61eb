/**
 * How is a refused value shown? As it is, if it is short and plain; else as a word about it: values from strangers may be
 * megabytes long or nested so deep that writing them as JSON fails.
 */
export function shown(value: unknown): string | number | boolean | null {
  switch (typeof value) {
    case 'string':
      return value.length > LONGEST ? `${value.slice(0, LONGEST).toWellFormed()}…` : value.toWellFormed();
    case 'number':
      // JSON has no word for these; it would say null.
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : Array.isArray(value) ? '[list]' : '[object]';
    default:
      return null;
  }
}

const LONGEST = 100;

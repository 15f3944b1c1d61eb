import { isWithinDepth } from '../json-depth';

/** What bytes mean as JSON, or why nothing. */
export type ParsedJson =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly code: 'malformed_json' | 'nested_too_deeply'; readonly detail: string };

/** Deeper than any message of ours, and shallow enough for any walk. */
const DEEPEST = 16;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads UTF-8 JSON. The reasons name no position and quote nothing. */
export function parseJson(bytes: Uint8Array): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    return { kind: 'refused', code: 'malformed_json', detail: 'The body is not JSON in UTF-8.' };
  }
  if (isWithinDepth(value, DEEPEST)) return { kind: 'json', value };
  return { kind: 'refused', code: 'nested_too_deeply', detail: `The body is nested deeper than ${DEEPEST} levels.` };
}

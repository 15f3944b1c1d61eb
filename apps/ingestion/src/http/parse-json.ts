import { isAscii } from 'node:buffer';
import { isWithinDepth } from '../json-depth';

/** What bytes mean as JSON, or why nothing. */
export type ParsedJson =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly code: 'malformed_json' | 'nested_too_deeply'; readonly detail: string };

/** Deeper than any message of ours, and shallow enough for any walk. */
const DEEPEST = 16;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads UTF-8 JSON. The reasons name no position and quote nothing. */
export function parseJson(bytes: Buffer): ParsedJson {
  let value: unknown;
  try {
    // What nearly every body is needs no decoding.
    value = JSON.parse(isAscii(bytes) ? bytes.toString('latin1') : utf8.decode(bytes));
  } catch {
    return { kind: 'refused', code: 'malformed_json', detail: 'The body is not JSON in UTF-8.' };
  }
  if (isFlat(value, bytes) || isWithinDepth(value, DEEPEST)) return { kind: 'json', value };
  return { kind: 'refused', code: 'nested_too_deeply', detail: `The body is nested deeper than ${DEEPEST} levels.` };
}

/**
 * Is this a list of flat heartbeats, or one? No bracket opens anything but the list and its items then, so there is nothing to walk
 * through; brackets within texts only make it look deeper.
 */
function isFlat(value: unknown, bytes: Buffer): boolean {
  const items = (value as { heartbeats?: unknown } | null)?.heartbeats;
  let openers = Array.isArray(items) ? items.length + 2 : 1;
  for (let at = bytes.indexOf(LIST); at >= 0 && openers >= 0; at = bytes.indexOf(LIST, at + 1)) openers--;
  for (let at = bytes.indexOf(OBJECT); at >= 0 && openers >= 0; at = bytes.indexOf(OBJECT, at + 1)) openers--;
  return openers >= 0;
}

const LIST = 0x5b;
const OBJECT = 0x7b;

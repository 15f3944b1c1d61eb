import type { CursorKey, Cursors } from './cursor';

/** How many items a page has when nobody says. */
export const DEFAULT_LIMIT = 100;

/** A page from `limit + 1` rows that were read: the last one only says that there is more. */
export function pageOf<Row, Item, Key extends CursorKey>(
  rows: readonly Row[],
  limit: number,
  cursors: Cursors<Key>,
  keyOf: (row: Row) => Key,
  show: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(show),
    nextCursor: rows.length > limit && last !== undefined ? cursors.write(keyOf(last)) : null,
  };
}

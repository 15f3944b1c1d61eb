/** When a report counts, and what was noticed about its clock. */
export interface Stamp {
  /** The time that orders, epoch milliseconds. */
  readonly at: number;
  readonly flags: readonly string[];
}

/**
 * When do the items of one request count (DESIGN 5.2 rule 1)? At the device's time, unless its clock runs ahead: if the newest
 * item is 60 s to 24 h ahead of the receipt, all are shifted back by that much, so that their spacing survives. An item more
 * than 24 h ahead counts at the receipt, alone. Times are epoch milliseconds; the answer is in the order given.
 */
export function stampReports(items: readonly { readonly measuredAt: number }[], receivedAt: number): readonly Stamp[] {
  let newest = -Infinity;
  for (const { measuredAt } of items) if (measuredAt - receivedAt <= ABSURD_MS) newest = Math.max(newest, measuredAt);
  const excess = newest - receivedAt >= TOLERATED_MS ? newest - receivedAt : 0;
  return items.map(({ measuredAt }) => {
    if (measuredAt - receivedAt > ABSURD_MS) return { at: receivedAt, flags: CLOCK_FUTURE };
    return excess > 0 ? { at: measuredAt - excess, flags: CLOCK_FUTURE } : { at: measuredAt, flags: NO_FLAGS };
  });
}

const TOLERATED_MS = 60_000;
const ABSURD_MS = 86_400_000;
const CLOCK_FUTURE: readonly string[] = ['clock_future'];
const NO_FLAGS: readonly string[] = [];

import type { Queryable } from '@corral/database';
import type { Fact } from '@corral/domain';

/** Where decided facts are kept, written inside the transaction of a flush. */
export interface FactTables {
  /**
   * Writes these tellings, in their order: facts asserted, changed or taken back. Each telling of an id raises its revision by one,
   * from whatever it was; the last one stays. Answers the same tellings with their revisions, as they are to be published.
   * `detectedAt` in epoch milliseconds.
   */
  write(tx: Queryable, told: readonly Fact[], detectedAt: number): Promise<readonly Fact[]>;
}

import type { Queryable } from '@corral/database';
import type { Fact } from '@corral/domain';

/** Where decided facts are kept, written inside the transaction of a flush. */
export interface FactTables {
  /** Facts in the order decided; the highest revision of an id stays. `detectedAt` in epoch milliseconds. */
  write(tx: Queryable, facts: readonly Fact[], detectedAt: number): Promise<void>;
}

import type { AlertNames, Violation } from '@corral/domain';
import type { Queryable } from '@corral/database';

/** Looks up how people call what these violations are about; the answer is asked once per violation. */
export type AlertNaming = (
  tx: Queryable,
  violations: readonly Violation[],
) => Promise<(violation: Violation) => AlertNames>;

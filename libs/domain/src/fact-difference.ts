import type { Fact } from './fact';

/** What must be told so that what was told becomes what is so. */
export interface FactDifference {
  /** In the order in which it happened. */
  readonly asserted: readonly Fact[];
  readonly retracted: readonly Fact[];
}

/**
 * What is the difference between two accounts of one stretch of a vehicle's line (DESIGN 5.2 rule 7)? `open` are the facts that
 * stood open where both begin: an account that does not close one leaves it open. A fact that both have is told again only if
 * something about it differs. An asserted fact takes the place of a retracted one of the same zone and kind, first of first.
 */
export function factDifference(open: readonly Fact[], before: readonly Fact[], after: readonly Fact[]): FactDifference {
  const stood = lastOfEach(open, before);
  const stands = lastOfEach(open, after);
  const asserted: Fact[] = [];
  for (const fact of after) {
    const was = stood.get(fact.id);
    // A fact of which nothing was known is told from its beginning; another one only as it is now.
    if (was === undefined || (stands.get(fact.id) === fact && !saysTheSame(was, fact))) asserted.push(fact);
  }
  for (const fact of open) {
    if (stands.get(fact.id) === fact && !saysTheSame(stood.get(fact.id)!, fact)) asserted.push(fact);
  }
  const retracted: Fact[] = [];
  for (const fact of stood.values()) {
    if (!stands.has(fact.id)) retracted.push({ ...fact, revision: fact.revision + 1, retracted: true });
  }
  return retracted.length === 0 || asserted.length === 0 ? { asserted, retracted } : paired(asserted, retracted, stood);
}

function lastOfEach(open: readonly Fact[], facts: readonly Fact[]): Map<string, Fact> {
  const last = new Map<string, Fact>();
  for (const fact of open) last.set(fact.id, fact);
  for (const fact of facts) last.set(fact.id, fact);
  return last;
}

/** The same but for how it is told: which revision, late or not, in the place of what. */
function saysTheSame(a: Fact, b: Fact): boolean {
  return JSON.stringify(a, withoutTelling) === JSON.stringify(b, withoutTelling);
}

function withoutTelling(member: string, value: unknown): unknown {
  return TELLING.has(member) ? undefined : value;
}

const TELLING: ReadonlySet<string> = new Set(['revision', 'late', 'replaces', 'replacedBy']);

function paired(
  asserted: readonly Fact[],
  retracted: readonly Fact[],
  stood: ReadonlyMap<string, Fact>,
): FactDifference {
  const replacedBy = new Map<string, string>();
  const replaces = new Map<string, string>();
  for (const gone of retracted) {
    const instead = asserted.find(
      (fact) =>
        fact.type === gone.type &&
        fact.kind === gone.kind &&
        fact.zoneId === gone.zoneId &&
        !stood.has(fact.id) &&
        !replaces.has(fact.id),
    );
    if (!instead) continue;
    replaces.set(instead.id, gone.id);
    replacedBy.set(gone.id, instead.id);
  }
  return {
    asserted: asserted.map((fact) => (replaces.has(fact.id) ? { ...fact, replaces: replaces.get(fact.id) } : fact)),
    retracted: retracted.map((fact) =>
      replacedBy.has(fact.id) ? { ...fact, replacedBy: replacedBy.get(fact.id) } : fact,
    ),
  };
}

import type { Hit } from '../sink/sink';
import type { StoredFact } from './facts';
import type { Found } from './lost';

/** What a check is given instead of what was really there, to see that it notices. */
export interface PlantedFaults {
  /** One report less in the log. */
  reports(found: readonly Found[]): readonly Found[];
  /** One fact less, and another one twice, under an id of its own. */
  facts(stored: readonly StoredFact[]): readonly StoredFact[];
  /** One delivery under another id than that of what it tells, and one that never came. */
  hits(hits: readonly Hit[]): readonly Hit[];
}

/** Faults for one check: each is planted once, in the first thing it fits. */
export function plantedFaults(): PlantedFaults {
  let taken = false;
  return {
    reports(found) {
      if (taken || found.length === 0) return found;
      taken = true;
      const { vehicleId, measuredAt } = found[0]!;
      // With its copies: what is in the log twice is not lost when it is there once.
      return found.filter((one) => one.vehicleId !== vehicleId || one.measuredAt !== measuredAt);
    },
    facts(stored) {
      const standing = stored.filter(({ retracted }) => !retracted);
      const [gone, doubled] = standing;
      if (gone === undefined || doubled === undefined) return stored;
      return [...stored.filter((fact) => fact !== gone), { ...doubled, id: `${doubled.id}-again` }];
    },
    hits(hits) {
      const [changed, ...others] = hits;
      const gone = others.find(({ tells }) => tells !== changed?.tells);
      if (changed === undefined || gone === undefined) return hits;
      return [{ ...changed, id: `${changed.id}-other` }, ...others.filter(({ id }) => id !== gone.id)];
    },
  };
}

import type { RelFolder } from '../rel-folder';
import { checkDeliveries } from './check-deliveries';
import { checkFacts, type CheckedFacts } from './check-facts';
import { checkLost } from './check-lost';
import type { DeliveriesReport } from './deliveries';
import type { LostReport } from './lost';
import { openEvidence } from './open-evidence';
import type { PlantedFaults } from './planted-faults';
import { catchUp } from './read-log';

/** What `rel check` can check; the names on its command line. */
export const CHECKS = ['lost', 'facts', 'deliveries', 'dups'] as const;
/** Those that need nothing but `rel gen`. */
export const USUAL_CHECKS: readonly CheckName[] = ['lost', 'facts'];
/** Repeated deliveries, as a share of all, that are no fault yet. */
const REPEATS = 0.005;
/** One of {@link CHECKS}. */
export type CheckName = (typeof CHECKS)[number];

/** What was found. */
export interface CheckReport {
  /** How long it took the consumers to catch up, from the start of the check. */
  readonly waitedMs: number;
  /** Who had not read everything when the time to wait was over. */
  readonly behind: readonly string[];
  readonly lost?: LostReport;
  readonly facts?: CheckedFacts;
  readonly deliveries?: DeliveriesReport;
  /** Whether the share of repeated deliveries was asked for, and is too high. */
  readonly tooManyRepeats: boolean;
  /** Whether all promises hold. */
  readonly holds: boolean;
}

/** Waits until the rig has caught up, then checks. For a rig whose load has ended: what still comes in would look like a fault. */
export async function check(
  folder: RelFolder,
  options: {
    readonly names: readonly CheckName[];
    readonly waitMs: number;
    readonly signal: AbortSignal;
    readonly progress: (line: string) => void;
    /** Given instead of what is really there, to see that the check notices. */
    readonly planted?: PlantedFaults;
  },
): Promise<CheckReport> {
  const { names, waitMs: withinMs, signal, progress, planted } = options;
  const evidence = await openEvidence(folder);
  try {
    const { waitedMs, behind: reading } = await catchUp(evidence, { withinMs, signal, progress });
    const lost = names.includes('lost') ? await checkLost(folder, evidence, { signal, planted }) : undefined;
    const facts = names.includes('facts') ? await checkFacts(evidence, { signal, planted }) : undefined;
    const delivering =
      names.includes('deliveries') || names.includes('dups')
        ? await checkDeliveries(folder, evidence, { waitMs: withinMs, signal, progress, planted })
        : undefined;
    const behind = [...reading, ...(delivering?.behind ?? [])];
    const tooManyRepeats = names.includes('dups') && (delivering?.repeats ?? 0) > REPEATS * (delivering?.hits ?? 0);
    const faults = [lost?.lost, facts?.problems, delivering?.problems].some((found) => (found?.length ?? 0) > 0);
    return {
      ...{ waitedMs, behind, lost, facts, tooManyRepeats },
      deliveries: delivering,
      holds: behind.length === 0 && !faults && !tooManyRepeats,
    };
  } finally {
    await evidence.close();
  }
}

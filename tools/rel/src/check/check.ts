import type { RelFolder } from '../rel-folder';
import { checkFacts, type CheckedFacts } from './check-facts';
import { checkLost } from './check-lost';
import type { LostReport } from './lost';
import { openEvidence } from './open-evidence';
import { catchUp } from './read-log';

/** What `rel check` can check; the names on its command line. */
export const CHECKS = ['lost', 'facts'] as const;
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
  },
): Promise<CheckReport> {
  const { names, waitMs: withinMs, signal, progress } = options;
  const evidence = await openEvidence(folder);
  try {
    const { waitedMs, behind } = await catchUp(evidence, { withinMs, signal, progress });
    const lost = names.includes('lost') ? await checkLost(folder, evidence, signal) : undefined;
    const facts = names.includes('facts') ? await checkFacts(evidence, signal) : undefined;
    const holds = behind.length === 0 && !lost?.lost.length && !facts?.problems.length;
    return { waitedMs, behind, lost, facts, holds };
  } finally {
    await evidence.close();
  }
}

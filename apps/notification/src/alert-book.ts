import { alertEpisodeKey, decideAlert, type AlertDecision, type AlertNames, type Violation } from '@corral/domain';
import type { AlertRow } from '@corral/database';

/** The alerts a batch may touch, as they are after the violations so far. */
export interface AlertBook {
  /** Decides what a violation means, and remembers the outcome for the next. */
  decide(violation: Violation, names?: AlertNames): AlertDecision<AlertRow>;
  /** Every alert that changed, as it is now. */
  changed(): readonly AlertRow[];
}

/** A book of the alerts that were read for a batch. */
export function openAlertBook(known: readonly AlertRow[]): AlertBook {
  const byEpisode = new Map<string, AlertRow>();
  const byViolation = new Map<string, AlertRow>();
  const changed = new Map<string, AlertRow>();

  function remember(alert: AlertRow): void {
    for (const id of alert.violationIds) {
      const other = byViolation.get(id);
      // Two alerts may have counted one violation; the one that heard of it last speaks for it.
      if (!other || other.id === alert.id || revisionOf(alert, id) >= revisionOf(other, id)) byViolation.set(id, alert);
    }
    if (alert.episode !== undefined) byEpisode.set(alert.episode, alert);
  }

  /** The alert that names the violation, else the unresolved one of its episode. */
  function alertFor(violation: Violation): AlertRow | undefined {
    const named = byViolation.get(violation.id);
    const current = byEpisode.get(alertEpisodeKey(violation));
    if (named === undefined || current === undefined || named.status !== 'resolved') return named ?? current;
    // Its own alert is over and the episode began anew meanwhile: what reopens it belongs to the new one, or there would be two.
    const reopens =
      !violation.retracted && violation.status === 'open' && violation.revision > revisionOf(named, violation.id);
    return reopens ? current : named;
  }

  known.forEach(remember);
  return {
    decide(violation, names) {
      const decision = decideAlert(alertFor(violation), violation, names);
      if (decision.kind === 'nothing') return decision;
      const episode = alertEpisodeKey(violation);
      const alert: AlertRow = {
        ...decision.alert,
        episode: decision.alert.status === 'resolved' ? undefined : episode,
      };
      if (alert.episode === undefined && byEpisode.get(episode)?.id === alert.id) byEpisode.delete(episode);
      remember(alert);
      changed.set(alert.id, alert);
      return { ...decision, alert };
    },
    changed: () => [...changed.values()],
  };
}

function revisionOf(alert: AlertRow, violationId: string): number {
  return alert.violationRevisions[violationId] ?? 0;
}

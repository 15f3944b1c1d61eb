import type { AlertActionWord } from '@corral/contracts/http';
import type { AlertRow } from '@corral/database';
import { alertEpisodeKey } from '@corral/domain';

/** What a person wants done to an alert, with what the action takes. Times are epoch milliseconds. */
export interface AlertAction {
  /** `wake`: nobody's wish, the end of a snooze. */
  readonly word: AlertActionWord | 'wake';
  readonly assigneeId?: string | null | undefined;
  readonly until?: number | undefined;
  readonly text?: string | undefined;
  readonly note?: string | undefined;
}

/** What the action means for the alert. */
export type AlertActionOutcome =
  | { readonly kind: 'changed'; readonly alert: AlertRow; readonly detail: Readonly<Record<string, unknown>> }
  /** Only the history grows. */
  | { readonly kind: 'noted'; readonly detail: Readonly<Record<string, unknown>> }
  /** It is so already. */
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'refused';
      readonly code: 'alert_resolved' | 'not_snoozed' | 'until_in_the_past';
      readonly reason: string;
    };

/** Decides a person's action on an alert; every change raises the revision. */
export function decideAlertAction(alert: AlertRow, action: AlertAction, now: number): AlertActionOutcome {
  const note = action.note === undefined ? {} : { note: action.note };
  // Decided anew under the lock: a person may just have snoozed it for longer.
  if (action.word === 'wake')
    return alert.status === 'snoozed' && (alert.snoozedUntil ?? 0) <= now
      ? change({ ...alert, status: 'open', snoozedUntil: undefined }, { reason: 'snooze_ended' })
      : { kind: 'unchanged' };
  if (action.word === 'comment') return { kind: 'noted', detail: { text: action.text } };
  if (action.word === 'reopen')
    return alert.status === 'resolved' ? change(reopened(alert), note) : { kind: 'unchanged' };
  if (action.word === 'resolve')
    return alert.status === 'resolved' ? { kind: 'unchanged' } : change(resolved(alert, now), note);
  if (alert.status === 'resolved')
    return { kind: 'refused', code: 'alert_resolved', reason: 'This alert is resolved; reopen it first.' };
  switch (action.word) {
    case 'acknowledge':
      return alert.status === 'acknowledged'
        ? { kind: 'unchanged' }
        : change({ ...alert, status: 'acknowledged', snoozedUntil: undefined }, note);
    case 'assign': {
      const assigneeId = action.assigneeId ?? undefined;
      if (alert.assigneeId === assigneeId) return { kind: 'unchanged' };
      return change({ ...alert, assigneeId }, { assigneeId: assigneeId ?? null, ...note });
    }
    case 'snooze': {
      const until = action.until ?? 0;
      if (until <= now) return { kind: 'refused', code: 'until_in_the_past', reason: 'until must be in the future.' };
      if (alert.status === 'snoozed' && alert.snoozedUntil === until) return { kind: 'unchanged' };
      const detail = { until: new Date(until).toISOString(), ...note };
      return change({ ...alert, status: 'snoozed', snoozedUntil: until }, detail);
    }
    case 'unsnooze':
      return alert.status === 'snoozed'
        ? change({ ...alert, status: 'open', snoozedUntil: undefined }, note)
        : { kind: 'refused', code: 'not_snoozed', reason: 'This alert is not snoozed.' };
  }
}

function change(alert: AlertRow, detail: Readonly<Record<string, unknown>>): AlertActionOutcome {
  return { kind: 'changed', alert: { ...alert, revision: alert.revision + 1 }, detail };
}

function resolved(alert: AlertRow, now: number): AlertRow {
  return {
    ...alert,
    status: 'resolved',
    resolution: 'manual',
    resolvedAt: now,
    snoozedUntil: undefined,
    // The next violation of the same rule opens a new alert.
    episode: undefined,
  };
}

function reopened(alert: AlertRow): AlertRow {
  const { fleetId, kind, vehicleId, zoneId } = alert;
  const episode = alertEpisodeKey({ fleetId, kind, vehicleId, zoneId } as Parameters<typeof alertEpisodeKey>[0]);
  return { ...alert, status: 'open', resolution: undefined, resolvedAt: undefined, episode };
}

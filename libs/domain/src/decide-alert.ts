import { alertSeverity, type AlertDecision, type AlertEpisode } from './alert';
import { alertTitle, type AlertNames } from './alert-title';
import type { Violation } from './fact';

/**
 * Which episode does a violation belong to? Equal for all violations of one vehicle that break one rule in one zone. At most one
 * alert per episode is unresolved.
 */
export function alertEpisodeKey(violation: Violation): string {
  const { fleetId, kind, vehicleId, zoneId } = violation;
  return JSON.stringify([fleetId, kind, vehicleId, zoneId ?? '']);
}

/**
 * What does this violation, opened, closed or retracted, mean for its alert, and who is told? `alert` is the one that already
 * names the violation's id, else the unresolved one of its episode, else nothing. Table: handbook/notifications.md 0.
 */
export function decideAlert<Alert extends AlertEpisode>(
  alert: Alert | undefined,
  violation: Violation,
  names?: AlertNames,
): AlertDecision<Alert> {
  const known = alert?.violationRevisions[violation.id];
  if (known !== undefined && violation.revision <= known) return { kind: 'nothing', reason: 'revision_known' };
  const ofThisEpisode = alert && (known !== undefined || alert.status !== 'resolved') ? alert : undefined;
  if (violation.retracted) return takenBack(ofThisEpisode, violation);
  return violation.status === 'closed' ? closed(ofThisEpisode, violation) : opened(ofThisEpisode, violation, names);
}

function opened<Alert extends AlertEpisode>(
  alert: Alert | undefined,
  violation: Violation,
  names: AlertNames | undefined,
): AlertDecision<Alert> {
  if (!alert) {
    return { kind: 'opened', reason: 'violation_opened', tell: 'route', alert: newAlert(violation, names) };
  }
  if (alert.status === 'resolved') {
    const reopened = withViolation(alert, violation, { status: 'open', resolution: undefined, resolvedAt: undefined });
    return { kind: 'reopened', reason: 'reinstated', tell: 'route', alert: reopened };
  }
  const replaces = violation.replaces !== undefined && alert.violationIds.includes(violation.replaces);
  const openedAt = replaces ? violation.openedAt : Math.min(alert.openedAt, violation.openedAt);
  const updated = withViolation(alert, violation, { openedAt });
  return { kind: 'updated', reason: replaces ? 'replaced' : 'again_in_episode', tell: 'nobody', alert: updated };
}

function closed<Alert extends AlertEpisode>(alert: Alert | undefined, violation: Violation): AlertDecision<Alert> {
  if (!alert) return { kind: 'nothing', reason: 'no_episode' };
  if (alert.status === 'resolved') {
    return { kind: 'updated', reason: 'already_resolved', tell: 'nobody', alert: withViolation(alert, violation) };
  }
  const resolvedAt = violation.closedAt;
  const resolved = withViolation(alert, violation, { status: 'resolved', resolution: 'cleared', resolvedAt });
  return { kind: 'resolved', reason: 'cleared', tell: 'told', alert: resolved };
}

function takenBack<Alert extends AlertEpisode>(alert: Alert | undefined, violation: Violation): AlertDecision<Alert> {
  if (!alert) return { kind: 'nothing', reason: 'no_episode' };
  if (alert.status === 'resolved' && alert.resolution !== 'cleared') {
    return { kind: 'updated', reason: 'already_resolved', tell: 'nobody', alert: withViolation(alert, violation) };
  }
  if (violation.replacedBy !== undefined) {
    return { kind: 'updated', reason: 'replaced', tell: 'nobody', alert: withViolation(alert, violation) };
  }
  const resolvedAt = alert.resolvedAt ?? violation.closedAt ?? violation.openedAt;
  const resolved = withViolation(alert, violation, { status: 'resolved', resolution: 'retracted', resolvedAt });
  return { kind: 'resolved', reason: 'retracted', tell: 'told', alert: resolved };
}

function newAlert(violation: Violation, names: AlertNames | undefined): AlertEpisode {
  return {
    // From the violation's id, so that whoever decides it again names it alike.
    id: `alt_${violation.id.slice(violation.id.indexOf('_') + 1)}`,
    revision: 1,
    fleetId: violation.fleetId,
    kind: violation.kind,
    severity: alertSeverity(violation.kind),
    status: 'open',
    title: alertTitle(violation, names),
    vehicleId: violation.vehicleId,
    zoneId: violation.zoneId,
    violationIds: [violation.id],
    violationRevisions: { [violation.id]: violation.revision },
    count: 1,
    openedAt: violation.openedAt,
    lastAt: violation.openedAt,
  };
}

function withViolation<Alert extends AlertEpisode>(
  alert: Alert,
  violation: Violation,
  changes: Partial<AlertEpisode> = {},
): Alert {
  const isNew = !alert.violationIds.includes(violation.id);
  const isReplacement = violation.replaces !== undefined && alert.violationIds.includes(violation.replaces);
  return {
    ...alert,
    revision: alert.revision + 1,
    violationIds: isNew ? [...alert.violationIds, violation.id] : alert.violationIds,
    violationRevisions: { ...alert.violationRevisions, [violation.id]: violation.revision },
    count: isNew && !isReplacement ? alert.count + 1 : alert.count,
    lastAt: Math.max(alert.lastAt, violation.closedAt ?? violation.openedAt),
    ...changes,
  };
}

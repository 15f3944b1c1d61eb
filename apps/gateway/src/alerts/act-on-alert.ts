import { ALERTS_TOPIC, encodeEvent, toApiShape, type AlertEventType } from '@corral/contracts';
import {
  alertData,
  appendAlertHistory,
  appendOutbox,
  lockAlert,
  planDeliveries,
  writeAlerts,
  type AlertRow,
  type Database,
  type Queryable,
} from '@corral/database';
import { newId } from '@corral/runtime';
import { decideAlertAction, type AlertAction } from './decide-alert-action';

/** The name under which the gateway appends to the outbox what people did, for the live stream. */
export const GATEWAY_OUTBOX = 'gateway';

/** What became of the action. */
export type ActOutcome =
  | { readonly kind: 'changed' | 'unchanged'; readonly alert: AlertRow }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  | { readonly kind: 'not_found' };

/**
 * Reads, decides and writes a person's action on an alert, in one transaction: the alert, its history, what is told of it. Notification writes
 * alerts under its fence; here the lock on the row is enough, because whoever comes second reads the revision the first one wrote.
 */
export async function actOnAlert(
  database: Database,
  wanted: { readonly fleetId: string; readonly alertId: string; readonly actor: string; readonly now: number },
  action: AlertAction,
): Promise<ActOutcome> {
  const { fleetId, alertId, actor, now } = wanted;
  return await database.transaction(async (tx) => {
    // Notification may be opening the successor just now: whoever comes second must see the other, or both would hold the episode.
    if (action.word === 'reopen') await tx.query('LOCK TABLE alert IN EXCLUSIVE MODE');
    const alert = await lockAlert(tx, fleetId, alertId);
    if (alert === undefined) return { kind: 'not_found' };
    const outcome = decideAlertAction(alert, action, now);
    if (outcome.kind === 'refused' || outcome.kind === 'unchanged') return { ...outcome, alert };
    const after = outcome.kind === 'changed' ? outcome.alert : alert;
    if (outcome.kind === 'changed' && (await episodeTaken(tx, after)))
      return {
        kind: 'refused',
        code: 'episode_open',
        reason: 'A newer alert about the same is open; work on that one.',
      };
    await appendAlertHistory(tx, [
      {
        id: newId('alh'),
        alertId,
        fleetId,
        revision: after.revision,
        action: HISTORY_WORD[action.word],
        actor,
        at: now,
        detail: outcome.detail,
      },
    ]);
    if (outcome.kind === 'changed') {
      await writeAlerts(tx, [after]);
      await tell(tx, after, after.status === 'resolved' ? 'alert.resolved' : 'alert.updated', now);
    }
    return { kind: 'changed', alert: after };
  });
}

const HISTORY_WORD = {
  acknowledge: 'acknowledged',
  assign: 'assigned',
  snooze: 'snoozed',
  unsnooze: 'unsnoozed',
  resolve: 'resolved',
  reopen: 'reopened',
  comment: 'commented',
  wake: 'unsnoozed',
} as const;

/** One unresolved alert per episode: a reopened one must not meet its successor. */
async function episodeTaken(tx: Queryable, alert: AlertRow): Promise<boolean> {
  if (alert.episode === undefined) return false;
  const { rowCount } = await tx.query('SELECT 1 FROM alert WHERE episode = $1 AND id <> $2', [alert.episode, alert.id]);
  return rowCount > 0;
}

async function tell(tx: Queryable, alert: AlertRow, type: AlertEventType, now: number): Promise<void> {
  const data = alertData(alert);
  const { id, revision, fleetId } = alert;
  const timestamp = new Date(now).toISOString();
  const body = JSON.stringify({ type, timestamp, data: toApiShape({ ...data }) });
  await planDeliveries(tx, [{ fleetId, id, revision, type, body }], now);

  // The row lock hands out `seq` without gaps and lets these transactions commit in its order, as the fence does for consumers.
  const { rows } = await tx.query<{ seq: number }>(
    `INSERT INTO partition_owner (consumer, topic, partition, epoch, next_offset, next_seq, cluster_id, owner)
     VALUES ($1, $2, 0, 1, 0, 2, 'none', 'gateway')
     ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_seq = partition_owner.next_seq + 1 RETURNING next_seq - 1 AS seq`,
    [GATEWAY_OUTBOX, ALERTS_TOPIC],
  );
  const place = { partition: 0, seq: rows[0]!.seq };
  const payload = encodeEvent({ type, fleetId, ...place, data }).toString();
  await appendOutbox(tx, GATEWAY_OUTBOX, [
    { ...place, fleetId, vehicleId: alert.vehicleId ?? '', type, id, revision, payload },
  ]);
}

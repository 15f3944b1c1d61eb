import type { Database } from '@corral/database';
import { sleep, type Logger } from '@corral/runtime';
import { actOnAlert } from './act-on-alert';

/** So long after its end at most an alert is still snoozed. */
const LOOK_EVERY_MS = 2_000;
const AT_ONCE = 100;

/** What waking needs. */
export interface WakePorts {
  readonly database: Database;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** Opens alerts again whose snooze is over; answers how many. Several gateways may do it at once: the lock on the alert decides. */
export async function wakeSnoozed({ database, clock }: WakePorts): Promise<number> {
  const now = clock();
  // By the index of episodes: it holds what is unresolved and nothing else.
  const { rows } = await database.query<{ id: string; fleet_id: string }>(
    `SELECT id, fleet_id FROM alert WHERE episode IS NOT NULL AND status = 'snoozed' AND snoozed_until <= to_timestamp($1 / 1000.0)
      ORDER BY snoozed_until LIMIT ${AT_ONCE}`,
    [now],
  );
  let woken = 0;
  for (const { id, fleet_id: fleetId } of rows) {
    const outcome = await actOnAlert(database, { fleetId, alertId: id, actor: 'system', now }, { word: 'wake' });
    if (outcome.kind === 'changed') woken += 1;
  }
  return woken;
}

/** Looks for them until the process stops. */
export async function keepWaking(ports: WakePorts & { readonly logger: Logger; readonly signal: AbortSignal }) {
  const { logger, signal } = ports;
  let failing = false;
  while (!signal.aborted) {
    try {
      await wakeSnoozed(ports);
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted) logger.warn({ err: error }, 'snoozed alerts cannot be woken just now');
      failing = true;
    }
    await sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}

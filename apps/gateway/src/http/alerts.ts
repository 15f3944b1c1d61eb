import { toApiShape } from '@corral/contracts';
import {
  alert,
  ALERT_ACTIONS,
  alertExplanation,
  alertHistoryEntry,
  alertsQuery,
  bulkAction,
  bulkOutcome,
  listOf,
  listQuery,
  problem,
  sayTime,
  type AlertActionWord,
} from '@corral/contracts/http';
import { alertData, withFleet, type AlertRow, type Database } from '@corral/database';
import { Problem } from '@corral/runtime';
import { z } from 'zod';
import { actOnAlert } from '../alerts/act-on-alert';
import type { AlertAction } from '../alerts/decide-alert-action';
import { explainAlert } from '../alerts/explain-alert';
import { readAlert, readAlerts } from '../alerts/read-alerts';
import { conditionsOf } from './conditions';
import { cursorsOf } from './cursor';
import { after } from './facts';
import { DEFAULT_LIMIT, pageOf } from './page';
import { route, type Asked, type Route } from './route';

interface Ports {
  readonly database: Database;
  readonly clock: () => number;
}

/** Alerts, and what people do to them. */
export function alertRoutes({ database, clock }: Ports): readonly Route[] {
  async function found(fleetId: string, id: string): Promise<AlertRow> {
    const row = await withFleet(database, fleetId, (tx) => readAlert(tx, fleetId, id));
    if (row === undefined) throw noSuchAlert();
    return row;
  }

  const actions = (Object.keys(ALERT_ACTIONS) as AlertActionWord[]).map((word) =>
    route({
      method: 'POST',
      path: `/v1/alerts/{id}/${word}`,
      summary: `${word[0]!.toUpperCase()}${word.slice(1)} an alert`,
      access: 'alerts:write',
      body: ALERT_ACTIONS[word],
      bodyOptional: word !== 'assign' && word !== 'snooze' && word !== 'comment',
      answers: {
        200: { description: 'The alert, as it is now', schema: alert },
        409: { description: 'Not in its state', schema: problem },
      },
      async handle({ caller, params, body }: Asked<undefined, Omit<AlertAction, 'word'>>) {
        const wanted = { fleetId: caller.fleetId, alertId: params.id!, actor: `key:${caller.keyId}`, now: clock() };
        const outcome = await actOnAlert(database, wanted, { word, ...body });
        if (outcome.kind === 'not_found') throw noSuchAlert();
        if (outcome.kind === 'refused' && outcome.code === 'until_in_the_past')
          throw new Problem(422, outcome.code, outcome.reason, { field: 'until', value: sayTime(body.until ?? 0) });
        if (outcome.kind === 'refused') throw new Problem(409, outcome.code, outcome.reason);
        return { status: 200, body: say(outcome.alert) };
      },
    }),
  );

  return [
    route({
      method: 'GET',
      path: '/v1/alerts',
      summary: 'Alerts, newest first',
      access: 'alerts:read',
      query: alertsQuery,
      answers: { 200: { description: 'Alerts', schema: listOf(alert) } },
      async handle({ caller, query }) {
        const { limit = DEFAULT_LIMIT, cursor, includeRetracted: _always, ...filter } = query;
        const cursors = cursorsOf<[number, string]>(['integer', 'text'], { list: 'alerts', ...filter });
        const place = cursors.read(cursor);
        const rows = await withFleet(database, caller.fleetId, (tx) =>
          readAlerts(tx, caller.fleetId, filter, { after: place, limit: limit + 1 }),
        );
        return { status: 200, body: pageOf(rows, limit, cursors, (row) => [row.openedAt, row.id], say) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/alerts/bulk',
      summary: 'One action on many alerts: those named, or those that match',
      access: 'alerts:write',
      body: bulkAction,
      answers: { 200: { description: 'What became of each', schema: bulkOutcome } },
      async handle({ caller, body }) {
        const { ids, filter, action: word, ...rest } = body;
        if (word === 'snooze' && rest.until === undefined) throw missing('until', 'snooze');
        if (word === 'comment' && rest.text === undefined) throw missing('text', 'comment');
        if (word === 'assign' && rest.assigneeId === undefined) throw missing('assigneeId', 'assign');
        const listed = <Word>(value: Word | Word[] | undefined) =>
          value === undefined ? undefined : Array.isArray(value) ? value : [value];
        const chosen =
          ids ??
          (
            await withFleet(database, caller.fleetId, (tx) =>
              readAlerts(
                tx,
                caller.fleetId,
                { ...filter, kind: listed(filter?.kind), status: listed(filter?.status) },
                { limit: 1000 },
              ),
            )
          ).map((row) => row.id);
        const outcome = { changed: [] as string[], unchanged: [] as string[], refused: [] as object[] };
        // One after the other, each in its own transaction: a thousand locks at once would stop notification.
        for (const id of new Set(chosen)) {
          const wanted = { fleetId: caller.fleetId, alertId: id, actor: `key:${caller.keyId}`, now: clock() };
          const done = await actOnAlert(database, wanted, { word, ...rest });
          if (done.kind === 'changed' || done.kind === 'unchanged') outcome[done.kind].push(id);
          else if (done.kind === 'refused') outcome.refused.push({ id, code: done.code, detail: done.reason });
          else outcome.refused.push({ id, code: 'alert_not_found', detail: 'There is no such alert.' });
        }
        return { status: 200, body: outcome };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/alerts/{id}',
      summary: 'An alert',
      access: 'alerts:read',
      answers: { 200: { description: 'The alert', schema: alert } },
      handle: async ({ caller, params }) => ({ status: 200, body: say(await found(caller.fleetId, params.id!)) }),
    }),
    route({
      method: 'GET',
      path: '/v1/alerts/{id}/history',
      summary: 'What was done to an alert, newest first',
      access: 'alerts:read',
      query: z.strictObject(listQuery),
      answers: { 200: { description: 'Entries', schema: listOf(alertHistoryEntry) } },
      async handle({ caller, params, query }) {
        const { limit = DEFAULT_LIMIT, cursor } = query;
        await found(caller.fleetId, params.id!);
        const cursors = cursorsOf<[number, string]>(['integer', 'text'], { list: 'alert-history', id: params.id });
        const where = conditionsOf('fleet_id', caller.fleetId);
        where.and('alert_id = ?', params.id);
        after(where, cursors.read(cursor), 'at');
        const { rows } = await withFleet(database, caller.fleetId, (tx) =>
          tx.query<{ id: string; revision: number; action: string; actor: string; at: number; detail: object }>(
            `SELECT id, revision, action, actor, at, detail FROM alert_history WHERE ${where.text}
              ORDER BY at DESC, id DESC LIMIT ${where.value(limit + 1)}`,
            where.values,
          ),
        );
        const entries = pageOf(
          rows,
          limit,
          cursors,
          (row) => [row.at, row.id],
          (row) => ({ ...row, at: sayTime(row.at) }),
        );
        return { status: 200, body: entries };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/alerts/{id}/explain',
      summary: 'Why an alert is there: its violations, and what the vehicle did around them',
      access: 'alerts:read',
      answers: { 200: { description: 'The facts', schema: alertExplanation } },
      async handle({ caller, params }) {
        const row = await found(caller.fleetId, params.id!);
        const facts = await withFleet(database, caller.fleetId, (tx) => explainAlert(tx, row));
        return { status: 200, body: { alert: say(row), ...facts } };
      },
    }),
    ...actions,
  ];
}

function say(row: AlertRow): Record<string, unknown> {
  return toApiShape({ ...alertData(row) });
}

function noSuchAlert(): Problem {
  return new Problem(404, 'alert_not_found', 'There is no such alert.');
}

function missing(field: string, word: string): Problem {
  return new Problem(422, 'missing', `${field}: needed to ${word}.`, { field, value: null });
}

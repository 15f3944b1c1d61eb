import { LIVE_KINDS, liveQuery, liveTicket, problem, sayTime, type LiveKind } from '@corral/contracts/http';
import { Problem } from '@corral/runtime';
import type { LiveTickets } from '../keys/live-tickets';
import { readLiveCursor } from '../live/live-cursor';
import type { LiveFeed } from '../live/live-feed';
import { route, type Caller, type Route } from './route';

/** The live stream. */
export function liveRoutes({
  feed,
  tickets,
}: {
  readonly feed: LiveFeed;
  readonly tickets: LiveTickets;
}): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/live-tickets',
      summary: 'A ticket for one stream, for browsers, which cannot send a header: lives 30 s',
      access: 'alerts:read',
      answers: { 201: { description: 'Use it as ?ticket=', schema: liveTicket } },
      async handle({ caller }) {
        const { ticket, expiresAt } = tickets.issue(caller);
        return { status: 201, body: { ticket, expiresAt: sayTime(expiresAt) } };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/live/events',
      summary: 'What happens, as server-sent events; Last-Event-ID resumes facts and alerts without a gap',
      access: 'alerts:read',
      ticket: true,
      query: liveQuery,
      answers: {
        200: {
          description:
            'event: the kind; data: the event, violation, alert or vehicle; id: a cursor; a comment each 15 s',
          also: { 'text/event-stream': null },
        },
        410: { description: 'The cursor is older than what is kept: start anew', schema: problem },
      },
      async handle({ caller, query, http, signal }) {
        const last = http.get('last-event-id') ?? query.lastEventId;
        const from = last === undefined || last === '' ? undefined : readLiveCursor(last);
        if (last && from === undefined)
          throw new Problem(400, 'cursor_invalid', 'This is no id of an event of ours.', {
            field: 'Last-Event-ID',
            value: last.slice(0, 200),
          });
        const kinds = kindsFor(caller, query.kinds);
        const vehicleIds = query.vehicleIds && new Set(query.vehicleIds);
        if (http.method === 'HEAD') return { status: 200, body: '', type: 'text/event-stream; charset=utf-8' };
        const opening = await feed.open({ caller, kinds, vehicleIds }, from);
        if (opening.kind === 'expired')
          throw new Problem(
            410,
            'cursor_expired',
            'What followed this event is no longer kept; start without Last-Event-ID.',
          );
        if (signal.aborted) opening.abandon();
        return { stream: (response) => opening.serve(response, signal) };
      },
    }),
  ];
}

/** Whoever names no kinds hears all it may; who names telemetry needs the right to see vehicles. */
function kindsFor(caller: Caller, wanted: readonly LiveKind[] | undefined): ReadonlySet<LiveKind> {
  const seesVehicles = caller.scopes.has('vehicles:read');
  if (wanted?.includes('telemetry') && !seesVehicles)
    throw new Problem(403, 'scope_missing', 'telemetry needs the scope vehicles:read.', {
      extra: { scope: 'vehicles:read' },
    });
  return new Set(wanted ?? LIVE_KINDS.filter((kind) => kind !== 'telemetry' || seesVehicles));
}

import { deliveriesQuery, delivery, listOf, problem, sayTime } from '@corral/contracts/http';
import { planDeliveryTo, redeliver, withFleet, type Database, type FleetPrisma } from '@corral/database';
import type { Prisma } from '@corral/database/prisma';
import { newId, Problem } from '@corral/runtime';
import { cursorsOf } from './cursor';
import { DEFAULT_LIMIT, pageOf } from './page';
import { route, type Route } from './route';
import { noSuchEndpoint } from './webhook-endpoints';

interface Ports {
  readonly database: Database;
  readonly withFleetPrisma: FleetPrisma;
  readonly clock: () => number;
}

const WITH_TRIES = { tries: { orderBy: { attempt: 'desc' }, take: 10 } } satisfies Prisma.DeliveryInclude;
type Row = Prisma.DeliveryGetPayload<{ include: typeof WITH_TRIES }>;

/** What was told to endpoints, and telling it once more. */
export function deliveryRoutes({ database, withFleetPrisma, clock }: Ports): readonly Route[] {
  async function one(fleetId: string, id: string): Promise<Row> {
    const row = await withFleetPrisma(fleetId, (tx) =>
      tx.delivery.findFirst({ where: { fleetId, id }, include: WITH_TRIES }),
    );
    if (row === null) throw new Problem(404, 'delivery_not_found', 'There is no such delivery.');
    return row;
  }

  return [
    route({
      method: 'GET',
      path: '/v1/webhook-endpoints/{id}/deliveries',
      summary: 'What was told to an endpoint, newest first, with its last attempts',
      access: 'delivery:write',
      query: deliveriesQuery,
      answers: { 200: { description: 'Deliveries', schema: listOf(delivery) } },
      async handle({ caller: { fleetId }, params, query }) {
        const { limit = DEFAULT_LIMIT, cursor, status } = query;
        const endpointId = params.id!;
        const cursors = cursorsOf<[number, string]>(['integer', 'text'], { list: 'deliveries', endpointId, status });
        const place = cursors.read(cursor);
        const createdAt = place && new Date(place[0]);
        const rows = await withFleetPrisma(fleetId, async (tx) => {
          const endpoint = await tx.webhookEndpoint.findUnique({ where: { fleetId_id: { fleetId, id: endpointId } } });
          if (endpoint === null) throw noSuchEndpoint();
          return await tx.delivery.findMany({
            where: {
              fleetId,
              endpointId,
              ...(status && { status: { in: status } }),
              ...(place && { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: place[1] } }] }),
            },
            orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
            take: limit + 1,
            include: WITH_TRIES,
          });
        });
        return { status: 200, body: pageOf(rows, limit, cursors, (row) => [row.createdAt.getTime(), row.id], say) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/webhook-endpoints/{id}/test',
      summary: 'Send a message of type `test` the way all others go',
      access: 'delivery:write',
      answers: {
        202: { description: 'Planned; see it among the deliveries', schema: delivery },
        409: { description: 'The endpoint is disabled', schema: problem },
      },
      async handle({ caller: { fleetId }, params }) {
        const now = clock();
        const id = newId('tst');
        const data = { id, revision: 1, message: 'This is a test message of Corral.' };
        const body = JSON.stringify({ type: 'test', timestamp: sayTime(now), data });
        const planned = await withFleet(database, fleetId, async (tx) => {
          const { rowCount } = await tx.query('SELECT 1 FROM webhook_endpoint WHERE fleet_id = $1 AND id = $2', [
            fleetId,
            params.id,
          ]);
          if (rowCount === 0) throw noSuchEndpoint();
          return await planDeliveryTo(tx, params.id!, { fleetId, id, revision: 1, type: 'test', body }, now);
        });
        if (planned === undefined) throw disabled();
        return { status: 202, body: say(await one(fleetId, planned)) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/deliveries/{id}/redeliver',
      summary: 'Send it once more: the same webhook-id, a new attempt',
      access: 'delivery:write',
      answers: {
        202: { description: 'Planned', schema: delivery },
        409: { description: 'The endpoint is disabled', schema: problem },
      },
      async handle({ caller: { fleetId }, params }) {
        const { id, endpointId } = await one(fleetId, params.id!);
        const endpoint = await withFleetPrisma(fleetId, (tx) =>
          tx.webhookEndpoint.findUnique({ where: { fleetId_id: { fleetId, id: endpointId } } }),
        );
        if (endpoint === null) throw noSuchEndpoint();
        if (endpoint.disabledAt !== null) throw disabled();
        await withFleet(database, fleetId, (tx) => redeliver(tx, fleetId, id, clock()));
        return { status: 202, body: say(await one(fleetId, id)) };
      },
    }),
  ];
}

function disabled(): Problem {
  return new Problem(409, 'endpoint_disabled', 'This endpoint is disabled; enable it first.');
}

function say(row: Row) {
  return {
    id: row.id,
    endpointId: row.endpointId,
    webhookId: row.webhookId,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: row.nextAttemptAt?.toISOString(),
    createdAt: row.createdAt.toISOString(),
    deliveredAt: row.deliveredAt?.toISOString(),
    lastAttempts: row.tries.map((attempt) => ({
      attempt: attempt.attempt,
      at: attempt.at.toISOString(),
      statusCode: attempt.statusCode ?? undefined,
      latencyMs: attempt.latencyMs,
      error: attempt.error ?? undefined,
      response: attempt.response ?? undefined,
    })),
  };
}

import { randomBytes } from 'node:crypto';
import {
  listOf,
  listQuery,
  newWebhookEndpoint,
  secretRotated,
  webhookEndpoint,
  webhookEndpointMade,
  webhookEndpointPatch,
  WEBHOOK_TYPES,
} from '@corral/contracts/http';
import type { FleetPrisma } from '@corral/database';
import type { Prisma } from '@corral/database/prisma';
import { newId, Problem } from '@corral/runtime';
import { checkTarget, type CidrList } from '@corral/runtime/outbound';
import { z } from 'zod';
import { cursorsOf } from './cursor';
import { DEFAULT_LIMIT, pageOf } from './page';
import { route, type Route } from './route';

interface Ports {
  readonly withFleetPrisma: FleetPrisma;
  readonly allowPrivate: CidrList;
  readonly clock: () => number;
}

type Row = Prisma.WebhookEndpointGetPayload<object>;

/** How long a secret that was replaced still signs too. */
const ROTATION_MS = 24 * 3_600_000;

/** Where webhooks go. */
export function webhookEndpointRoutes({ withFleetPrisma, allowPrivate, clock }: Ports): readonly Route[] {
  async function found(tx: Prisma.TransactionClient, fleetId: string, id: string): Promise<Row> {
    const row = await tx.webhookEndpoint.findUnique({ where: { fleetId_id: { fleetId, id } } });
    if (row === null) throw noSuchEndpoint();
    return row;
  }

  /** As it was typed: it is read anew, and judged again, at every send. */
  async function checkUrl(text: string, signal: AbortSignal): Promise<string> {
    const checked = await checkTarget(text, allowPrivate, { signal });
    if (checked.kind === 'ok') return text;
    throw new Problem(422, checked.code, `url: ${checked.detail}.`, { field: 'url', value: text.slice(0, 200) });
  }

  return [
    route({
      method: 'POST',
      path: '/v1/webhook-endpoints',
      summary: 'Tell a place of yours; its secret is shown once',
      access: 'delivery:write',
      body: newWebhookEndpoint,
      answers: { 201: { description: 'The endpoint with its secret', schema: webhookEndpointMade } },
      async handle({ caller, body, signal }) {
        const url = await checkUrl(body.url, signal);
        const { fleetId } = caller;
        const at = new Date(clock());
        const secret = newSecret();
        const { types, description = null } = body;
        const data = {
          fleetId,
          id: newId('whe'),
          url,
          types: eachOnce(types) ?? [],
          description,
          secret,
          createdAt: at,
          updatedAt: at,
        };
        const row = await withFleetPrisma(fleetId, (tx) => tx.webhookEndpoint.create({ data }));
        return {
          status: 201,
          headers: { location: `/v1/webhook-endpoints/${row.id}` },
          body: { ...say(row), secret },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/webhook-endpoints',
      summary: 'The endpoints, newest first',
      access: 'delivery:write',
      query: z.strictObject(listQuery),
      answers: { 200: { description: 'Endpoints without their secrets', schema: listOf(webhookEndpoint) } },
      async handle({ caller: { fleetId }, query }) {
        const { limit = DEFAULT_LIMIT, cursor } = query;
        const cursors = cursorsOf<[number, string]>(['integer', 'text'], { list: 'webhook-endpoints' });
        const place = cursors.read(cursor);
        const createdAt = place && new Date(place[0]);
        const rows = await withFleetPrisma(fleetId, (tx) =>
          tx.webhookEndpoint.findMany({
            where: {
              fleetId,
              ...(place && { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: place[1] } }] }),
            },
            orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
            take: limit + 1,
          }),
        );
        return { status: 200, body: pageOf(rows, limit, cursors, (row) => [row.createdAt.getTime(), row.id], say) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/webhook-endpoints/{id}',
      summary: 'An endpoint',
      access: 'delivery:write',
      answers: { 200: { description: 'The endpoint', schema: webhookEndpoint } },
      async handle({ caller: { fleetId }, params }) {
        const row = await withFleetPrisma(fleetId, (tx) => found(tx, fleetId, params.id!));
        return { status: 200, body: say(row) };
      },
    }),
    route({
      method: 'PATCH',
      path: '/v1/webhook-endpoints/{id}',
      summary: 'Change an endpoint; enable it again',
      access: 'delivery:write',
      body: webhookEndpointPatch,
      answers: { 200: { description: 'The endpoint', schema: webhookEndpoint } },
      async handle({ caller: { fleetId }, params, body, signal }) {
        const url = body.url === undefined ? undefined : await checkUrl(body.url, signal);
        const at = new Date(clock());
        const row = await withFleetPrisma(fleetId, async (tx) => {
          const before = await found(tx, fleetId, params.id!);
          return await tx.webhookEndpoint.update({
            where: { fleetId_id: { fleetId, id: before.id } },
            data: {
              url,
              types: eachOnce(body.types),
              description: body.description,
              updatedAt: at,
              // Another address has not failed yet.
              ...(url !== undefined && { failingSince: null }),
              ...(body.status === 'enabled' && { disabledAt: null, disabledReason: null, failingSince: null }),
              ...(body.status === 'disabled' &&
                before.disabledAt === null && { disabledAt: at, disabledReason: 'by an operator' }),
            },
          });
        });
        return { status: 200, body: say(row) };
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/webhook-endpoints/{id}',
      summary: 'Tell this place nothing more; what waits for it is dropped',
      access: 'delivery:write',
      answers: { 204: { description: 'Deleted' } },
      async handle({ caller: { fleetId }, params }) {
        await withFleetPrisma(fleetId, async (tx) => {
          const { id } = await found(tx, fleetId, params.id!);
          await tx.delivery.updateMany({
            where: { fleetId, endpointId: id, status: 'pending' },
            data: { status: 'dropped', nextAttemptAt: null },
          });
          await tx.webhookEndpoint.delete({ where: { fleetId_id: { fleetId, id } } });
        });
        return { status: 204 };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/webhook-endpoints/{id}/rotate-secret',
      summary: 'A new secret; the former signs too for a day',
      access: 'delivery:write',
      answers: { 200: { description: 'The new secret, shown once', schema: secretRotated } },
      async handle({ caller: { fleetId }, params }) {
        const now = clock();
        const until = new Date(now + ROTATION_MS);
        const secret = newSecret();
        const row = await withFleetPrisma(fleetId, async (tx) => {
          const before = await found(tx, fleetId, params.id!);
          return await tx.webhookEndpoint.update({
            where: { fleetId_id: { fleetId, id: before.id } },
            data: { secret, previousSecret: before.secret, previousSecretUntil: until, updatedAt: new Date(now) },
          });
        });
        return { status: 200, body: { id: row.id, secret, previousSecretUntil: until.toISOString() } };
      },
    }),
  ];
}

/** The refusal for an endpoint this fleet does not have. */
export function noSuchEndpoint(): Problem {
  return new Problem(404, 'webhook_endpoint_not_found', 'There is no such webhook endpoint.');
}

function eachOnce<Word>(words: readonly Word[] | undefined): Word[] | undefined {
  return words && [...new Set(words)];
}

/** Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

function say(row: Row) {
  return {
    id: row.id,
    url: row.url,
    // None stored means all, also those that will be invented.
    types: row.types.length === 0 ? [...WEBHOOK_TYPES] : row.types,
    description: row.description,
    status: row.disabledAt === null ? 'enabled' : 'disabled',
    disabledReason: row.disabledReason ?? undefined,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

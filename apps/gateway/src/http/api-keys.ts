import { apiKey, apiKeyMade, listOf, listQuery, newApiKey, sayTime } from '@corral/contracts/http';
import { msToTimestamp, withFleet, type Database } from '@corral/database';
import { Problem } from '@corral/runtime';
import { z } from 'zod';
import { makeApiKey } from '../keys/api-key';
import type { Authenticate } from '../keys/authenticate';
import { conditionsOf } from './conditions';
import { cursorsOf } from './cursor';
import { after } from './facts';
import { DEFAULT_LIMIT, pageOf } from './page';
import { route, type Route } from './route';

interface Ports {
  readonly database: Database;
  readonly authenticate: Authenticate;
  readonly clock: () => number;
}

interface ApiKeyRow {
  readonly id: string;
  readonly name: string | null;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
}

/** API keys: shown once, stored as hashes. */
export function apiKeyRoutes({ database, authenticate, clock }: Ports): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/api-keys',
      summary: 'The keys that live, newest first',
      access: 'admin',
      query: z.strictObject(listQuery),
      answers: { 200: { description: 'Keys without their secrets', schema: listOf(apiKey) } },
      async handle({ caller, query }) {
        const { limit = DEFAULT_LIMIT, cursor } = query;
        const cursors = cursorsOf<[number, string]>(['integer', 'text'], { list: 'api-keys' });
        const where = conditionsOf('fleet_id', caller.fleetId);
        where.and('revoked_at IS NULL');
        after(where, cursors.read(cursor), 'created_at');
        const { rows } = await withFleet(database, caller.fleetId, (tx) =>
          tx.query<ApiKeyRow>(
            `SELECT * FROM (SELECT key_id AS id, fleet_id, name, scopes, created_at, expires_at, last_used_at, revoked_at FROM api_key) k
              WHERE ${where.text} ORDER BY created_at DESC, id DESC LIMIT ${where.value(limit + 1)}`,
            where.values,
          ),
        );
        return { status: 200, body: pageOf(rows, limit, cursors, (row) => [row.created_at, row.id], say) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/api-keys',
      summary: 'Make a key',
      access: 'admin',
      body: newApiKey,
      answers: { 201: { description: 'The key, shown once', schema: apiKeyMade } },
      async handle({ caller, body }) {
        const now = clock();
        const { expiresAt, name = null } = body;
        if (expiresAt !== undefined && expiresAt <= now)
          throw new Problem(422, 'expires_in_the_past', 'expiresAt must be in the future.', {
            field: 'expiresAt',
            value: sayTime(expiresAt),
          });
        const made = makeApiKey();
        const scopes = [...new Set(body.scopes)];
        await withFleet(database, caller.fleetId, (tx) =>
          tx.query(
            `INSERT INTO api_key (fleet_id, key_id, hash, name, scopes, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, ${msToTimestamp('$6')}, ${msToTimestamp('$7')})`,
            [caller.fleetId, made.keyId, made.hash, name, scopes, now, expiresAt ?? null],
          ),
        );
        const row = {
          id: made.keyId,
          name,
          scopes,
          created_at: now,
          expires_at: expiresAt ?? null,
          last_used_at: null,
        };
        return { status: 201, body: { ...say(row), key: made.key } };
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/api-keys/{id}',
      summary: 'Revoke a key: here at once, elsewhere within 30 s',
      access: 'admin',
      answers: { 204: { description: 'Revoked' } },
      async handle({ caller, params }) {
        const { rowCount } = await withFleet(database, caller.fleetId, (tx) =>
          tx.query(
            `UPDATE api_key SET revoked_at = ${msToTimestamp('$3')} WHERE fleet_id = $1 AND key_id = $2 AND revoked_at IS NULL`,
            [caller.fleetId, params.id, clock()],
          ),
        );
        if (rowCount === 0) throw new Problem(404, 'api_key_not_found', 'There is no such key.');
        authenticate.forget();
        return { status: 204 };
      },
    }),
  ];
}

function say(row: ApiKeyRow) {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    createdAt: sayTime(row.created_at),
    expiresAt: row.expires_at === null ? null : sayTime(row.expires_at),
    lastUsedAt: row.last_used_at === null ? null : sayTime(row.last_used_at),
  };
}

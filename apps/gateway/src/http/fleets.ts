import { fleet, fleetMade, listOf, listQuery, newFleet, problem, sayTime, SCOPES } from '@corral/contracts/http';
import { withFleet, type Database } from '@corral/database';
import { Problem } from '@corral/runtime';
import { z } from 'zod';
import { makeApiKey } from '../keys/api-key';
import { FIRST_FLEET } from '../keys/bootstrap';
import { route, type Route } from './route';

interface FleetRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Fleets. A key belongs to one, so that is all it sees; administrators of the first one make others. */
export function fleetRoutes({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: () => number;
}): readonly Route[] {
  async function own(fleetId: string) {
    const { rows } = await withFleet(database, fleetId, (tx) =>
      tx.query<FleetRow>('SELECT id, name, created_at, updated_at FROM fleet WHERE id = $1', [fleetId]),
    );
    return rows.map(say);
  }

  return [
    route({
      method: 'GET',
      path: '/v1/fleets',
      summary: 'The fleet this key belongs to',
      access: 'any',
      query: z.strictObject(listQuery),
      answers: { 200: { description: 'One fleet', schema: listOf(fleet) } },
      handle: async ({ caller }) => ({ status: 200, body: { items: await own(caller.fleetId), nextCursor: null } }),
    }),
    route({
      method: 'GET',
      path: '/v1/fleets/{fleetId}',
      summary: 'A fleet',
      access: 'any',
      answers: { 200: { description: 'The fleet', schema: fleet } },
      async handle({ caller, params }) {
        const [found] = params.fleetId === caller.fleetId ? await own(caller.fleetId) : [];
        if (found === undefined) throw new Problem(404, 'fleet_not_found', 'There is no such fleet.');
        return { status: 200, body: found };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/fleets',
      summary: 'Make a fleet, with its first key; for administrators of the first fleet',
      access: 'admin',
      body: newFleet,
      answers: {
        201: { description: 'The fleet and its first key, shown once', schema: fleetMade },
        409: { description: 'There is such a fleet', schema: problem },
      },
      async handle({ caller, body }) {
        if (caller.fleetId !== FIRST_FLEET)
          throw new Problem(403, 'not_the_first_fleet', `Only administrators of the fleet ${FIRST_FLEET} make fleets.`);
        const now = clock();
        const made = makeApiKey();
        // Not within a fleet: this is about one that is not there yet.
        await database.transaction(async (tx) => {
          const { rowCount } = await tx.query(
            `INSERT INTO fleet (id, name, created_at, updated_at)
             VALUES ($1, $2, to_timestamp($3 / 1000.0), to_timestamp($3 / 1000.0)) ON CONFLICT (id) DO NOTHING`,
            [body.id, body.name, now],
          );
          if (rowCount === 0)
            throw new Problem(409, 'fleet_exists', 'There is a fleet of that id.', { field: 'id', value: body.id });
          await tx.query(
            `INSERT INTO api_key (fleet_id, key_id, hash, name, scopes, created_at)
             VALUES ($1, $2, $3, 'First key', $4, to_timestamp($5 / 1000.0))`,
            [body.id, made.keyId, made.hash, [...SCOPES], now],
          );
        });
        const { id, name } = body;
        const said = say({ id, name, created_at: now, updated_at: now });
        return {
          status: 201,
          headers: { location: `/v1/fleets/${id}` },
          body: { ...said, apiKey: made.key, apiKeyId: made.keyId, scopes: SCOPES },
        };
      },
    }),
  ];
}

function say(row: FleetRow) {
  return { id: row.id, name: row.name, createdAt: sayTime(row.created_at), updatedAt: sayTime(row.updated_at) };
}

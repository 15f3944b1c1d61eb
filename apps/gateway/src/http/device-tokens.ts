import type { DeviceTokens } from '@corral/contracts';
import { deviceTokenMade, deviceTokensQuery, identifier, newDeviceTokens, type Scope } from '@corral/contracts/http';
import { withFleet, type Database } from '@corral/database';
import { Problem } from '@corral/runtime';
import { z } from 'zod';
import { endDeviceTokens, numberDeviceTokens } from '../vehicles/device-token-numbers';
import { route, type Caller, type Route } from './route';
import { validate } from './validate';

interface Ports {
  readonly database: Database;
  readonly deviceTokens: Pick<DeviceTokens, 'issue'>;
  readonly clock: () => number;
}

const VEHICLE_PATH = z.object({ id: identifier });
const WHAT_TOKENS_MAY: Scope = 'heartbeats:write';

/** Tokens with which devices send the heartbeats of one vehicle: shown once, kept nowhere. */
export function deviceTokenRoutes({ database, deviceTokens, clock }: Ports): readonly Route[] {
  async function issue(caller: Caller, vehicleIds: readonly string[]) {
    demandWhatIsGiven(caller);
    const { fleetId } = caller;
    const numbers = await withFleet(database, fleetId, (tx) => numberDeviceTokens(tx, fleetId, vehicleIds, clock()));
    return Array.from(new Set(vehicleIds), (vehicleId) => ({
      vehicleId,
      token: deviceTokens.issue({ fleetId, vehicleId, number: numbers.get(vehicleId)! }),
    }));
  }

  return [
    route({
      method: 'POST',
      path: '/v1/vehicles/{id}/device-token',
      summary:
        'Make a token for the device of a vehicle, which may not be there yet; an older one lives for 7 more days',
      access: 'vehicles:write',
      answers: { 201: { description: 'The token, shown once', schema: deviceTokenMade } },
      async handle({ caller, params }) {
        const { id } = validate(VEHICLE_PATH, params, 422);
        const [made] = await issue(caller, [id]);
        return { status: 201, body: made };
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/vehicles/{id}/device-token',
      summary: 'End the tokens of a vehicle: ingestion refuses them within 30 s',
      access: 'vehicles:write',
      query: deviceTokensQuery,
      answers: { 204: { description: 'Ended' } },
      async handle({ caller, params, query }) {
        const { keepNewest = false } = query;
        const ended = await withFleet(database, caller.fleetId, (tx) =>
          endDeviceTokens(tx, caller.fleetId, params.id!, { keepNewest, now: clock() }),
        );
        if (!ended) throw new Problem(404, 'device_token_not_found', 'There is no such token that lives.');
        return { status: 204 };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/device-tokens',
      summary: 'Make tokens for the devices of many vehicles',
      access: 'vehicles:write',
      body: newDeviceTokens,
      answers: {
        201: {
          description: 'A line for each vehicle, in the order asked; shown once',
          also: { 'application/x-ndjson': deviceTokenMade },
        },
      },
      async handle({ caller, body }) {
        const made = await issue(caller, body.vehicleIds);
        const lines = made.map((each) => `${JSON.stringify(each)}\n`);
        return { status: 201, body: lines.join(''), type: 'application/x-ndjson; charset=utf-8' };
      },
    }),
  ];
}

/** Nobody hands out what he may not do himself. */
function demandWhatIsGiven(caller: Caller): void {
  if (caller.scopes.has(WHAT_TOKENS_MAY)) return;
  throw new Problem(403, 'scope_missing', `Who gives tokens to devices needs the scope ${WHAT_TOKENS_MAY} as well.`, {
    extra: { scope: WHAT_TOKENS_MAY },
  });
}

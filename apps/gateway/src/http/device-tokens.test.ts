import { createDeviceTokens } from '@corral/contracts';
import { deviceTokenMade } from '@corral/contracts/http';
import { startGateway, TOKEN_SECRET, type GatewayUnderTest } from '../testing/gateway-under-test';

const DAY_MS = 86_400_000;
const { verify } = createDeviceTokens(TOKEN_SECRET);

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway();
});
afterAll(() => corral?.stop());

/** Makes a token and answers which one it is. */
async function issue(key: string, vehicleId: string): Promise<number> {
  const made = await corral.ask(`/v1/vehicles/${encodeURIComponent(vehicleId)}/device-token`, { method: 'POST', key });
  expect(made.status).toBe(201);
  return verify(made.body.token)!.number;
}

/** What ingestion reads: the highest number that is dead by then. */
async function deadUpTo(fleetId: string, vehicleId: string, now = corral.clock.now): Promise<number | null> {
  const { rows } = await corral.database.query<{ number: number | null }>(
    `SELECT max(number) AS number FROM device_token
      WHERE fleet_id = $1 AND vehicle_id = $2 AND dies_at <= to_timestamp($3::float8 / 1000)`,
    [fleetId, vehicleId, now],
  );
  return rows[0]!.number;
}

describe('a token for a device', () => {
  test('is shown once, says fleet, vehicle and which one it is, and nothing of it is stored', async () => {
    const { fleetId, key } = await corral.aFleet();
    const made = await corral.ask('/v1/vehicles/bike%2F42/device-token', { method: 'POST', key });
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { vehicleId, token } = deviceTokenMade.parse(made.body);
    expect(vehicleId).toBe('bike/42');
    expect(verify(token)).toEqual({ fleetId, vehicleId: 'bike/42', number: 1 });
    const { rows } = await corral.database.query(
      'SELECT row_to_json(t)::text FROM device_token t WHERE fleet_id = $1',
      [fleetId],
    );
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token.split('.').at(-1));
  });

  test('lives for 7 more days beside a newer one, however many come after', async () => {
    const { fleetId, key } = await corral.aFleet();
    const begun = corral.clock.now;
    expect(await issue(key, 'bike-1')).toBe(1);
    corral.clock.now += 6 * DAY_MS;
    expect(await issue(key, 'bike-1')).toBe(2);
    corral.clock.now += 6 * DAY_MS;
    expect(await issue(key, 'bike-1')).toBe(3);
    const dead = (days: number) => deadUpTo(fleetId, 'bike-1', begun + days * DAY_MS);
    expect([await dead(12.9), await dead(13), await dead(18.9), await dead(19), await dead(9_999)]).toEqual([
      null,
      1,
      1,
      2,
      2,
    ]);
  });

  test('ends at once by DELETE, and the next one lives', async () => {
    const { fleetId, key } = await corral.aFleet();
    await issue(key, 'bike-1');
    await issue(key, 'bike-1');
    const path = '/v1/vehicles/bike-1/device-token';
    expect((await corral.ask(path, { method: 'DELETE', key })).status).toBe(204);
    expect(await deadUpTo(fleetId, 'bike-1')).toBe(2);
    expect((await corral.ask(path, { method: 'DELETE', key })).body).toMatchObject({
      status: 404,
      code: 'device_token_not_found',
    });
    corral.clock.now += DAY_MS;
    expect(await issue(key, 'bike-1')).toBe(3);
    expect(await deadUpTo(fleetId, 'bike-1', corral.clock.now + 9_999 * DAY_MS)).toBe(2);
  });

  test('stays when DELETE is to keep the newest', async () => {
    const { fleetId, key } = await corral.aFleet();
    const path = '/v1/vehicles/bike-1/device-token?keepNewest=true';
    await issue(key, 'bike-1');
    expect((await corral.ask(path, { method: 'DELETE', key })).status).toBe(404);
    await issue(key, 'bike-1');
    expect((await corral.ask(path, { method: 'DELETE', key })).status).toBe(204);
    expect(await deadUpTo(fleetId, 'bike-1', corral.clock.now + 9_999 * DAY_MS)).toBe(1);
  });

  test('leaves no more rows behind than say something', async () => {
    const { fleetId, key } = await corral.aFleet();
    for (let i = 1; i <= 5; i++) {
      expect(await issue(key, 'bike-1')).toBe(i);
      corral.clock.now += 8 * DAY_MS;
    }
    const { rows } = await corral.database.query('SELECT number FROM device_token WHERE fleet_id = $1 ORDER BY 1', [
      fleetId,
    ]);
    expect(rows).toEqual([{ number: 3 }, { number: 4 }, { number: 5 }]);
  });

  test('never has the number of another, also when many are asked for at once', async () => {
    const { key } = await corral.aFleet();
    const numbers = await Promise.all(Array.from({ length: 10 }, () => issue(key, 'bike-1')));
    expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe('tokens for many devices', () => {
  test('come a line each, in the order asked', async () => {
    const { fleetId, key } = await corral.aFleet();
    await issue(key, 'bike-2');
    const vehicleIds = ['bike-3', 'bike-2', 'bike-1', 'bike-2', 'Vélo 7'];
    const { status, headers, text } = await corral.ask('/v1/device-tokens', { key, body: { vehicleIds } });
    expect([status, headers.get('content-type')]).toEqual([201, 'application/x-ndjson; charset=utf-8']);
    const lines = text.trimEnd().split('\n');
    const made = lines.map((line) => verify(deviceTokenMade.parse(JSON.parse(line)).token));
    expect(made).toEqual([
      { fleetId, vehicleId: 'bike-3', number: 1 },
      { fleetId, vehicleId: 'bike-2', number: 2 },
      { fleetId, vehicleId: 'bike-1', number: 1 },
      { fleetId, vehicleId: 'Vélo 7', number: 1 },
    ]);
  });

  test('are 10,000 at most', async () => {
    const { key } = await corral.aFleet();
    const vehicleIds = Array.from({ length: 10_000 }, (_, i) => `bike-${i}`);
    const { status, text } = await corral.ask('/v1/device-tokens', { key, body: { vehicleIds } });
    expect([status, text.trimEnd().split('\n').length]).toEqual([201, 10_000]);
    const more = await corral.ask('/v1/device-tokens', { key, body: { vehicleIds: [...vehicleIds, 'one-more'] } });
    expect(more.body).toMatchObject({ status: 422, field: 'vehicleIds' });
  });

  test.each([
    [{ vehicleIds: [] }, 'vehicleIds'],
    [{ vehicleIds: ['fine', ''] }, 'vehicleIds/1'],
    [{ vehicleIds: ['fine'], fleetId: 'default' }, 'fleetId'],
  ])('%j is refused at its field', async (body, field) => {
    expect((await corral.ask('/v1/device-tokens', { body })).body).toMatchObject({ status: 422, field });
  });
});

describe('who may', () => {
  test('another fleet’s key ends nothing, and its vehicle of the same id is another', async () => {
    const [mine, other] = [await corral.aFleet(), await corral.aFleet()];
    await issue(mine.key, 'bike-1');
    const path = '/v1/vehicles/bike-1/device-token';
    expect((await corral.ask(path, { method: 'DELETE', key: other.key })).status).toBe(404);
    expect(await issue(other.key, 'bike-1')).toBe(1);
    expect(await deadUpTo(mine.fleetId, 'bike-1', corral.clock.now + 9_999 * DAY_MS)).toBeNull();
  });

  test.each(['/v1/vehicles/bike-1/device-token', '/v1/device-tokens'])(
    'nobody gives away what he may not do: %s needs heartbeats:write too',
    async (path) => {
      const { key } = await corral.aFleet(['vehicles:write']);
      const body = path.endsWith('s') ? { body: { vehicleIds: ['bike-1'] } } : {};
      expect((await corral.ask(path, { method: 'POST', key, ...body })).body).toMatchObject({
        status: 403,
        code: 'scope_missing',
        scope: 'heartbeats:write',
      });
    },
  );

  test('a device’s token opens no route here', async () => {
    const { key } = await corral.aFleet();
    const { body } = await corral.ask('/v1/vehicles/bike-1/device-token', { method: 'POST', key });
    expect((await corral.ask('/v1/vehicles', { key: body.token })).status).toBe(401);
  });
});

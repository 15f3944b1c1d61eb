import { apiKey, apiKeyMade, fleet, fleetMade, SCOPES } from '@corral/contracts/http';
import { couldBeKey } from '../keys/api-key';
import { bootstrap } from '../keys/bootstrap';
import { ADMIN_KEY, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway();
});
afterAll(() => corral?.stop());

describe('fleets', () => {
  test('the bootstrap key makes a fleet, whose first key sees that fleet alone', async () => {
    const made = await corral.ask('/v1/fleets', { body: { id: 'almere', name: 'Almere' } });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/v1/fleets/almere');
    fleetMade.parse(made.body);
    const key = made.body.apiKey;
    const seen = await corral.ask('/v1/fleets', { key });
    for (const each of seen.body.items) fleet.parse(each);
    expect(seen.body).toEqual({
      items: [
        { id: 'almere', name: 'Almere', createdAt: '2026-11-20T10:00:00.000Z', updatedAt: '2026-11-20T10:00:00.000Z' },
      ],
      nextCursor: null,
    });
    expect((await corral.ask('/v1/fleets/almere', { key })).body.name).toBe('Almere');
    expect((await corral.ask('/v1/fleets/default', { key })).body).toMatchObject({
      status: 404,
      code: 'fleet_not_found',
    });
    expect((await corral.ask('/v1/fleets/almere')).status).toBe(404);
    expect((await corral.ask('/v1/fleets', { body: { id: 'almere', name: 'Again' } })).body).toMatchObject({
      status: 409,
      code: 'fleet_exists',
      field: 'id',
      value: 'almere',
    });
  });

  test('who administers another fleet makes none', async () => {
    const { key } = await corral.aFleet();
    expect((await corral.ask('/v1/fleets', { key, body: { id: 'mine', name: 'Mine' } })).body).toMatchObject({
      status: 403,
      code: 'not_the_first_fleet',
    });
  });

  test.each(['', 'Upper', '-begins', 'a'.repeat(64), 'with space', 'ümlaut'])('%j is no id of a fleet', async (id) => {
    expect((await corral.ask('/v1/fleets', { body: { id, name: 'Name' } })).body).toMatchObject({
      status: 422,
      field: 'id',
      value: id,
    });
  });
});

describe('keys', () => {
  test('a key is shown once, does what its scopes say, and nothing of its secret is stored', async () => {
    const { fleetId, key: admin } = await corral.aFleet();
    const made = await corral.ask('/v1/api-keys', {
      key: admin,
      body: { name: 'Dashboard', scopes: ['vehicles:read', 'vehicles:read'] },
    });
    expect(made.status).toBe(201);
    apiKeyMade.parse(made.body);
    const { key, ...rest } = made.body;
    expect(key).toMatch(/^crl_key_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(rest).toEqual({
      id: key.split('_')[2],
      name: 'Dashboard',
      scopes: ['vehicles:read'],
      createdAt: '2026-11-20T10:00:00.000Z',
      expiresAt: null,
      lastUsedAt: null,
    });
    expect((await corral.ask('/v1/vehicles', { key })).status).toBe(200);
    expect((await corral.ask('/v1/api-keys', { key })).status).toBe(403);
    const { rows } = await corral.database.query(
      'SELECT row_to_json(k)::text AS row FROM api_key k WHERE fleet_id = $1',
      [fleetId],
    );
    expect(JSON.stringify(rows)).not.toContain(key.split('_')[3]);

    const list = await corral.ask('/v1/api-keys', { key: admin });
    for (const each of list.body.items) apiKey.parse(each);
    expect(list.body.items).toContainEqual({ ...rest, lastUsedAt: new Date(corral.clock.now).toISOString() });
    expect(list.text).not.toContain(key);
  });

  test('a revoked key is refused here at once', async () => {
    const { key: admin } = await corral.aFleet();
    const { body } = await corral.ask('/v1/api-keys', { key: admin, body: { scopes: ['vehicles:read'] } });
    expect((await corral.ask('/v1/vehicles', { key: body.key })).status).toBe(200);
    expect((await corral.ask(`/v1/api-keys/${body.id}`, { key: admin, method: 'DELETE' })).status).toBe(204);
    expect((await corral.ask('/v1/vehicles', { key: body.key })).status).toBe(401);
    expect((await corral.ask(`/v1/api-keys/${body.id}`, { key: admin, method: 'DELETE' })).status).toBe(404);
  });

  test('a key revoked elsewhere is refused after 15 s at the latest', async () => {
    const { fleetId, key, keyId } = await corral.aFleet();
    expect((await corral.ask('/v1/vehicles', { key })).status).toBe(200);
    await corral.database.query('UPDATE api_key SET revoked_at = now() WHERE fleet_id = $1 AND key_id = $2', [
      fleetId,
      keyId,
    ]);
    corral.clock.now += 15_000;
    expect((await corral.ask('/v1/vehicles', { key })).status).toBe(401);
  });

  test("another fleet's key is not there", async () => {
    const [mine, other] = [await corral.aFleet(), await corral.aFleet()];
    expect((await corral.ask(`/v1/api-keys/${mine.keyId}`, { key: other.key, method: 'DELETE' })).status).toBe(404);
    expect((await corral.ask('/v1/vehicles', { key: mine.key })).status).toBe(200);
  });

  test.each([
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['everything'] }, 'scopes/0'],
    [{ scopes: ['admin'], expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ scopes: ['admin'], fleetId: 'default' }, 'fleetId'],
  ])('%j is refused at its field', async (body, field) => {
    expect((await corral.ask('/v1/api-keys', { body })).body).toMatchObject({ status: 422, field });
  });

  test('a key with a typo is seen without asking the database', async () => {
    const { key } = await corral.aFleet();
    expect(couldBeKey(key)).toBe(true);
    expect(couldBeKey(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`)).toBe(false);
  });
});

describe('the bootstrap key', () => {
  test('has all scopes, and another one replaces it', async () => {
    const { rows } = await corral.database.query<{ scopes: string[] }>(
      `SELECT scopes FROM api_key WHERE key_id = 'bootstrap'`,
    );
    expect(rows[0]!.scopes).toEqual([...SCOPES]);
    await bootstrap(corral.database, 'another-bootstrap-key-of-enough-length');
    corral.clock.now += 15_000;
    expect((await corral.ask('/v1/fleets')).status).toBe(401);
    expect((await corral.ask('/v1/fleets', { key: 'another-bootstrap-key-of-enough-length' })).status).toBe(200);
    await bootstrap(corral.database, undefined);
    corral.clock.now += 15_000;
    expect((await corral.ask('/v1/fleets', { key: 'another-bootstrap-key-of-enough-length' })).status).toBe(401);
    await bootstrap(corral.database, ADMIN_KEY);
    corral.clock.now += 15_000;
    expect((await corral.ask('/v1/fleets')).status).toBe(200);
  });
});

import { gzipSync } from 'node:zlib';
import { ADMIN_KEY, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway({ config: { CORRAL_CORS_ORIGINS: ['https://console.example.com'] } });
});
afterAll(() => corral?.stop());

describe('who asks', () => {
  test('a request without a key is told to bring one', async () => {
    const answer = await corral.ask('/v1/vehicles', { key: null });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="corral"');
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      code: 'credential_missing',
      detail: 'Give a key: Authorization: Bearer crl_key_….',
    });
  });

  test.each([
    ['that nobody made', 'crl_key_000000000000_0000000000000000000000000000000000000000000_000000'],
    ['that is too short to be one', 'short'],
    ['that looks like a bootstrap key and is not', 'another-bootstrap-key-that-is-long-enough'],
  ])('a key %s is refused', async (_what, key) => {
    const answer = await corral.ask('/v1/vehicles', { key });
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe('credential_unknown');
  });

  test('a key without the scope is told which one is needed', async () => {
    const key = await corral.aKey('default', ['vehicles:read']);
    const answer = await corral.ask('/v1/alerts', { key });
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({ code: 'scope_missing', scope: 'alerts:read' });
    expect((await corral.ask('/v1/vehicles', { key })).status).toBe(200);
  });

  test('an expired key is unknown', async () => {
    const made = await corral.ask('/v1/api-keys', {
      body: { scopes: ['vehicles:read'], expiresAt: '2026-11-20T10:00:01Z' },
    });
    // Known to live just before, and no longer believed to.
    expect((await corral.ask('/v1/vehicles', { key: made.body.key })).status).toBe(200);
    corral.clock.now += 2_000;
    expect((await corral.ask('/v1/vehicles', { key: made.body.key })).status).toBe(401);
  });
});

describe('what is asked', () => {
  test('a path that nobody serves is not found, with or without a key', async () => {
    for (const key of [ADMIN_KEY, null]) {
      const answer = await corral.ask('/v1/nothing', { key });
      expect(answer.status).toBe(404);
      expect(answer.body.code).toBe('not_found');
    }
  });

  test('a method that a path does not know is refused with those it knows', async () => {
    const answer = await corral.ask('/v1/vehicles/bike-1', { method: 'PATCH', body: {} });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, PUT, DELETE, HEAD, OPTIONS');
    expect(answer.body.code).toBe('method_not_allowed');
  });

  test('HEAD answers what GET does, without the body', async () => {
    const answer = await corral.ask('/v1/vehicles', { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0);
  });

  test('an unknown query field is refused by its name', async () => {
    const answer = await corral.ask('/v1/vehicles?colour=red');
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'unknown_field',
      detail: 'colour: this field is not known here.',
      field: 'colour',
      value: 'red',
    });
  });

  test('an unknown body field is refused by its name', async () => {
    const answer = await corral.ask('/v1/vehicles/bike-1', { method: 'PUT', body: { name: 'One', wheels: 2 } });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'unknown_field', field: 'wheels', value: 2 });
  });

  test.each([
    ['/v1/vehicles?limit=0', 'limit', '0'],
    ['/v1/vehicles?limit=1001', 'limit', '1001'],
    ['/v1/vehicles?limit=', 'limit', ''],
    ['/v1/vehicles?bbox=1,2,3', 'bbox', '1,2,3'],
    ['/v1/vehicles?bbox=4,53,5,52', 'bbox', '4,53,5,52'],
    ['/v1/vehicles?near=4.9,52.3,-5', 'near', '4.9,52.3,-5'],
    ['/v1/vehicles?state=flying', 'state', 'flying'],
    ['/v1/alerts?from=1732100000', 'from', '1732100000'],
    ['/v1/alerts?from=2026-02-30T00:00:00Z', 'from', '2026-02-30T00:00:00Z'],
    ['/v1/geofence-events?includeRetracted=yes', 'includeRetracted', 'yes'],
    ['/v1/zone-lookup?lat=&lng=4', 'lat', ''],
    ['/v1/live/events?vehicleIds=', 'vehicleIds', ''],
  ])('%s is refused with the value it gave', async (path, field, value) => {
    const answer = await corral.ask(path);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ field, value });
  });

  test('a field given twice is refused', async () => {
    const answer = await corral.ask('/v1/vehicles?limit=1&limit=2');
    expect(answer.body).toMatchObject({ status: 400, code: 'repeated', field: 'limit' });
  });

  test.each([
    '!',
    'bm90IGEgY3Vyc29y',
    Buffer.from('["x",1,"a"]').toString('base64url'),
    Buffer.from('["x",1e300,"a"]').toString('base64url'),
    Buffer.from('["x",1,"a\\u0000"]').toString('base64url'),
  ])('the cursor %s, which we never gave, is refused', async (cursor) => {
    const answer = await corral.ask(`/v1/alerts?cursor=${encodeURIComponent(cursor)}`);
    expect(answer.status).toBe(400);
    expect(answer.body.field).toBe('cursor');
  });

  test('a body that is not JSON, too large, of another type, too deep or with NUL is refused, and nothing is 5xx', async () => {
    const put = (body: unknown, headers = {}) => corral.ask('/v1/vehicles/bike-1', { method: 'PUT', body, headers });
    expect((await put('{"name":')).body).toMatchObject({ status: 400, code: 'malformed_json' });
    expect((await put(JSON.stringify({ name: 'x'.repeat(1_100_000) }))).body).toMatchObject({
      status: 413,
      code: 'body_too_large',
    });
    expect(
      (await put(gzipSync(JSON.stringify({ name: 'x'.repeat(1_100_000) })), { 'content-encoding': 'gzip' })).body,
    ).toMatchObject({ status: 413 });
    expect((await put('name=x', { 'content-type': 'application/x-www-form-urlencoded' })).body).toMatchObject({
      status: 415,
    });
    expect((await put('{"labels":'.repeat(30) + '1' + '}'.repeat(30))).body).toMatchObject({
      status: 422,
      code: 'too_deep',
    });
    expect((await put({ name: 'a\u0000b' })).body).toMatchObject({
      status: 422,
      code: 'text_not_storable',
      field: 'name',
    });
    expect((await put('"text"')).body).toMatchObject({ status: 422, field: 'body' });
    expect((await corral.ask('/v1/vehicles/%zz')).status).toBe(400);
  });

  test('a body that is not UTF-8, or says it is in another charset, is refused', async () => {
    const put = (body: unknown, headers = {}) => corral.ask('/v1/vehicles/bike-1', { method: 'PUT', body, headers });
    const broken = Buffer.concat([Buffer.from('{"name":"a'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect((await put(broken)).body).toMatchObject({ status: 400, code: 'malformed_json' });
    expect((await put('{}', { 'content-type': 'application/json; charset=iso-8859-1' })).body).toMatchObject({
      status: 415,
      code: 'charset_unsupported',
    });
    for (const type of ['application/json;charset="UTF-8"', 'application/geo+json', 'application/json; x=1'])
      expect((await put('{}', { 'content-type': type })).status).toBeLessThan(300);
  });

  test('a member that means the prototype is refused wherever it stands', async () => {
    const put = (body: string) => corral.ask('/v1/vehicles/bike-1', { method: 'PUT', body });
    expect((await put('{"labels":{"__proto__":"x"}}')).body).toMatchObject({ status: 422, field: 'labels/__proto__' });
    expect((await put('{"__proto__":{"name":"x"}}')).body).toMatchObject({ status: 422, field: '__proto__' });
  });

  test('a route that takes no fields refuses the ones it is given', async () => {
    const post = (body?: unknown) => corral.ask('/v1/live-tickets', { method: 'POST', body });
    expect((await post({ vehicleIds: [] })).body).toMatchObject({
      status: 422,
      code: 'unknown_field',
      field: 'vehicleIds',
    });
    expect((await post('{')).body).toMatchObject({ status: 400, code: 'malformed_json' });
    for (const body of [undefined, {}]) expect((await post(body)).status).toBe(201);
  });

  test('a path that cannot be an id is refused by its name', async () => {
    const answer = await corral.ask(`/v1/vehicles/${'x'.repeat(129)}`, { method: 'PUT', body: {} });
    expect(answer.body).toMatchObject({ status: 422, field: 'id' });
  });

  test('a gzipped body is understood', async () => {
    const body = gzipSync(JSON.stringify({ name: 'Zipped' }));
    const answer = await corral.ask('/v1/vehicles/zipped', {
      method: 'PUT',
      body,
      headers: { 'content-encoding': 'gzip' },
    });
    expect(answer.body).toMatchObject({ id: 'zipped', name: 'Zipped' });
  });
});

describe('pages of other origins', () => {
  test('a named origin may ask, and its preflight needs no key', async () => {
    const headers = { origin: 'https://console.example.com', 'access-control-request-method': 'GET' };
    const preflight = await corral.ask('/v1/vehicles', { method: 'OPTIONS', key: null, headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://console.example.com');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
  });

  test('any other origin gets no permission', async () => {
    const answer = await corral.ask('/v1/vehicles', { headers: { origin: 'https://evil.example.com' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

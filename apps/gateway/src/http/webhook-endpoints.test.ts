import { delivery, secretRotated, webhookEndpoint, webhookEndpointMade, WEBHOOK_TYPES } from '@corral/contracts/http';
import { NOW, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway();
});
afterAll(() => corral?.stop());

const URL_HERE = 'http://127.0.0.1:9/hook';

test('an endpoint is made with a secret that is shown once', async () => {
  const { key } = await corral.aFleet();
  const made = await corral.ask('/v1/webhook-endpoints', {
    key,
    body: { url: URL_HERE, types: ['alert.opened'], description: 'Ours' },
  });
  expect(made.status).toBe(201);
  webhookEndpointMade.parse(made.body);
  const { secret, ...endpoint } = made.body;
  expect(secret).toMatch(/^whsec_/);
  expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(32);
  expect(endpoint).toMatchObject({ url: URL_HERE, types: ['alert.opened'], description: 'Ours', status: 'enabled' });
  const seen = await corral.ask(`/v1/webhook-endpoints/${endpoint.id}`, { key });
  webhookEndpoint.parse(seen.body);
  expect(seen.body).toEqual(endpoint);
  expect((await corral.ask('/v1/webhook-endpoints', { key })).text).not.toContain('whsec_');
});

test('an endpoint that names no types hears all', async () => {
  const { key } = await corral.aFleet();
  const made = await corral.ask('/v1/webhook-endpoints', { key, body: { url: 'https://example.com/hook' } });
  expect(made.body.types).toEqual(WEBHOOK_TYPES);
});

test.each([
  ['no url', { url: 'nonsense' }, 'url_invalid', 'url'],
  ['a plain one at a public address', { url: 'http://93.184.216.34/' }, 'scheme_not_allowed', 'url'],
  ['another machine inside', { url: 'https://10.0.0.1/' }, 'address_not_allowed', 'url'],
  ['the metadata of the cloud', { url: 'https://169.254.169.254/latest' }, 'address_not_allowed', 'url'],
  ['a disguised address', { url: 'https://0x0a000001/' }, 'address_not_allowed', 'url'],
  ['a password in it', { url: 'https://user:secret@example.com/' }, 'credentials_in_url', 'url'],
  ['a file', { url: 'file:///etc/passwd' }, 'scheme_not_allowed', 'url'],
  ['an unknown type', { url: URL_HERE, types: ['alert.sung'] }, 'invalid', 'types/0'],
  ['an unknown member', { url: URL_HERE, fleetId: 'default' }, 'unknown_field', 'fleetId'],
  ['nothing', {}, 'missing', 'url'],
])('%s is refused', async (_what, body, code, field) => {
  const answer = await corral.ask('/v1/webhook-endpoints', { body });
  expect(answer.body).toMatchObject({ status: 422, code, field });
});

test('an endpoint is changed, disabled, enabled again and deleted', async () => {
  const { key } = await corral.aFleet();
  const { id } = (await corral.ask('/v1/webhook-endpoints', { key, body: { url: URL_HERE } })).body;
  const patch = (body: object) => corral.ask(`/v1/webhook-endpoints/${id}`, { key, method: 'PATCH', body });
  expect((await patch({ types: ['violation.opened'], description: 'New' })).body).toMatchObject({
    types: ['violation.opened'],
    description: 'New',
    url: URL_HERE,
  });
  expect((await patch({ status: 'disabled' })).body).toMatchObject({
    status: 'disabled',
    disabledReason: 'by an operator',
  });
  expect((await corral.ask(`/v1/webhook-endpoints/${id}/test`, { key, method: 'POST' })).body).toMatchObject({
    status: 409,
    code: 'endpoint_disabled',
  });
  expect((await patch({ status: 'enabled', description: null })).body).toMatchObject({
    status: 'enabled',
    description: null,
  });
  expect((await patch({ url: 'https://192.168.1.1/' })).status).toBe(422);
  expect((await corral.ask(`/v1/webhook-endpoints/${id}`, { key, method: 'DELETE' })).status).toBe(204);
  expect((await corral.ask(`/v1/webhook-endpoints/${id}`, { key })).body).toMatchObject({
    status: 404,
    code: 'webhook_endpoint_not_found',
  });
});

test('a secret is replaced, and the former signs too for a day', async () => {
  const { key } = await corral.aFleet();
  const { id, secret } = (await corral.ask('/v1/webhook-endpoints', { key, body: { url: URL_HERE } })).body;
  const rotated = await corral.ask(`/v1/webhook-endpoints/${id}/rotate-secret`, { key, method: 'POST' });
  secretRotated.parse(rotated.body);
  expect(rotated.body.secret).not.toBe(secret);
  expect(rotated.body.previousSecretUntil).toBe(new Date(NOW + 86_400_000).toISOString());
  const { rows } = await corral.database.query('SELECT secret, previous_secret FROM webhook_endpoint WHERE id = $1', [
    id,
  ]);
  expect(rows).toEqual([{ secret: rotated.body.secret, previous_secret: secret }]);
});

test('a test message is planned like any other, seen among the deliveries, and can be sent again', async () => {
  const { key } = await corral.aFleet();
  const { id } = (await corral.ask('/v1/webhook-endpoints', { key, body: { url: URL_HERE, types: ['alert.opened'] } }))
    .body;
  const planned = await corral.ask(`/v1/webhook-endpoints/${id}/test`, { key, method: 'POST' });
  expect(planned.status).toBe(202);
  delivery.parse(planned.body);
  expect(planned.body).toMatchObject({
    endpointId: id,
    type: 'test',
    status: 'pending',
    attempts: 0,
    lastAttempts: [],
  });
  expect(planned.body.webhookId).toMatch(/_r1$/);

  await corral.database.query(
    `UPDATE delivery SET status = 'failed', attempts = 2, next_attempt_at = NULL WHERE id = $1`,
    [planned.body.id],
  );
  for (const attempt of [1, 2])
    await corral.database.query(
      `INSERT INTO delivery_attempt (delivery_id, attempt, at, status_code, latency_ms, response) VALUES ($1, $2, now(), 500, 12, 'no')`,
      [planned.body.id, attempt],
    );
  const list = await corral.ask(`/v1/webhook-endpoints/${id}/deliveries?status=failed`, { key });
  for (const each of list.body.items) delivery.parse(each);
  expect(list.body.items).toMatchObject([
    { id: planned.body.id, status: 'failed', lastAttempts: [{ attempt: 2, statusCode: 500 }, { attempt: 1 }] },
  ]);

  const again = await corral.ask(`/v1/deliveries/${planned.body.id}/redeliver`, { key, method: 'POST' });
  expect(again.status).toBe(202);
  expect(again.body).toMatchObject({ status: 'pending', webhookId: planned.body.webhookId, attempts: 2 });
  expect((await corral.ask('/v1/deliveries/dlv_nobody/redeliver', { key, method: 'POST' })).body).toMatchObject({
    code: 'delivery_not_found',
  });
});

test('a disabled endpoint is told nothing, not even once more', async () => {
  const { key } = await corral.aFleet();
  const { id } = (await corral.ask('/v1/webhook-endpoints', { key, body: { url: URL_HERE } })).body;
  const planned = await corral.ask(`/v1/webhook-endpoints/${id}/test`, { key, method: 'POST' });
  await corral.ask(`/v1/webhook-endpoints/${id}`, { key, method: 'PATCH', body: { status: 'disabled' } });
  const again = () => corral.ask(`/v1/deliveries/${planned.body.id}/redeliver`, { key, method: 'POST' });
  expect((await again()).body).toMatchObject({ status: 409, code: 'endpoint_disabled' });
  await corral.ask(`/v1/webhook-endpoints/${id}`, { key, method: 'DELETE' });
  expect((await again()).status).toBe(404);
});

test('a type said twice is told once', async () => {
  const { key } = await corral.aFleet();
  const types = ['alert.opened', 'alert.opened'];
  const made = await corral.ask('/v1/webhook-endpoints', { key, body: { url: URL_HERE, types } });
  expect(made.body.types).toEqual(['alert.opened']);
});

test('lists of endpoints and deliveries go on where they ended', async () => {
  const { key } = await corral.aFleet();
  const made: string[] = [];
  for (let i = 0; i < 3; i++)
    made.unshift((await corral.ask('/v1/webhook-endpoints', { key, body: { url: URL_HERE } })).body.id);
  const first = await corral.ask('/v1/webhook-endpoints?limit=2', { key });
  const second = await corral.ask(`/v1/webhook-endpoints?limit=2&cursor=${first.body.nextCursor}`, { key });
  expect([...first.body.items, ...second.body.items].map((each: { id: string }) => each.id).sort()).toEqual(
    [...made].sort(),
  );
  expect(second.body.nextCursor).toBeNull();
  const path = `/v1/webhook-endpoints/${made[0]}`;
  for (let i = 0; i < 3; i++) await corral.ask(`${path}/test`, { key, method: 'POST' });
  const page = await corral.ask(`${path}/deliveries?limit=2`, { key });
  const rest = await corral.ask(`${path}/deliveries?limit=2&cursor=${page.body.nextCursor}`, { key });
  expect(new Set([...page.body.items, ...rest.body.items].map((each: { id: string }) => each.id)).size).toBe(3);
});

test("another fleet's endpoints and deliveries are not there", async () => {
  const [mine, other] = [await corral.aFleet(), await corral.aFleet()];
  const { id } = (await corral.ask('/v1/webhook-endpoints', { key: mine.key, body: { url: URL_HERE } })).body;
  const { body } = await corral.ask(`/v1/webhook-endpoints/${id}/test`, { key: mine.key, method: 'POST' });
  const { key } = other;
  const answers = [
    await corral.ask(`/v1/webhook-endpoints/${id}`, { key }),
    await corral.ask(`/v1/webhook-endpoints/${id}`, { key, method: 'PATCH', body: { status: 'disabled' } }),
    await corral.ask(`/v1/webhook-endpoints/${id}`, { key, method: 'DELETE' }),
    await corral.ask(`/v1/webhook-endpoints/${id}/rotate-secret`, { key, method: 'POST' }),
    await corral.ask(`/v1/webhook-endpoints/${id}/test`, { key, method: 'POST' }),
    await corral.ask(`/v1/webhook-endpoints/${id}/deliveries`, { key }),
    await corral.ask(`/v1/deliveries/${body.id}/redeliver`, { key, method: 'POST' }),
  ];
  expect(answers.map((each) => each.status)).toEqual(answers.map(() => 404));
  expect((await corral.ask('/v1/webhook-endpoints', { key })).body.items).toEqual([]);
});

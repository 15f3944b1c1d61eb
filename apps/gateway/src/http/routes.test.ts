import { SCOPES, status } from '@corral/contracts/http';
import { silentLogger } from '@corral/runtime/testing';
import { createMetrics } from '@corral/runtime';
import { NOW, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';
import { anOutboxEntry } from '../testing/rows';
import { SERVED_BY_INGESTION } from '../openapi';
import type { Route } from './route';
import { routerOf } from './router';

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway();
});
afterAll(() => corral?.stop());

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

/** What Express really serves. */
function served(): string[] {
  const { stack } = (corral.gateway.handler as unknown as { router: { stack: readonly Layer[] } }).router;
  return stack
    .flatMap(({ route }) =>
      route === undefined
        ? []
        : Object.keys(route.methods)
            .filter((method) => method !== '_all')
            .map((method) => `${method.toUpperCase()} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`),
    )
    .sort();
}

test('the OpenAPI document describes exactly what the router serves', async () => {
  const { body, status: code, headers } = await corral.ask('/v1/openapi.json', { key: null });
  expect(code).toBe(200);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(body.openapi).toBe('3.1.0');
  const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  // What ingestion serves beside us is proven by its own test.
  const elsewhere = SERVED_BY_INGESTION.map((line) => `${line.method} ${line.path}`);
  expect(described.sort()).toEqual([...served(), ...elsewhere].sort());
  expect(described.length).toBeGreaterThan(45);
});

test('every reference of the document leads somewhere, and every operation has a name of its own', async () => {
  const { body, text } = await corral.ask('/v1/openapi.json');
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to!);
  expect(references.length).toBeGreaterThan(50);
  for (const reference of new Set(references)) {
    expect(reference).toMatch(/^#\/components\/schemas\/\w+$/);
    expect(body.components.schemas).toHaveProperty(reference.split('/').at(-1)!);
  }
  expect(text).not.toContain('$defs');
  const names = Object.values(body.paths as Record<string, Record<string, { operationId: string }>>).flatMap(
    (methods) => Object.values(methods).map((operation) => operation.operationId),
  );
  expect(new Set(names).size).toBe(names.length);
});

test('numbers of a query are numbers in the document, and what every list refuses is described', async () => {
  const { body } = await corral.ask('/v1/openapi.json');
  const { parameters } = body.paths['/v1/zone-lookup'].get as { parameters: { name: string; schema: object }[] };
  expect(parameters.find((each) => each.name === 'lat')?.schema).toEqual({ type: 'number', minimum: -90, maximum: 90 });
  const list = body.paths['/v1/alerts'].get as { parameters: { name: string; schema: object }[] };
  expect(list.parameters.find((each) => each.name === 'limit')?.schema).toEqual({
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  });
});

test('every route declares what it demands, and a table without it does not start', () => {
  for (const line of corral.gateway.routes) expect([...SCOPES, 'any', 'open']).toContain(line.access);
  expect(corral.gateway.routes.filter((line) => line.access === 'open').map((line) => line.path)).toEqual([
    '/v1/openapi.json',
  ]);
  const careless = { ...corral.gateway.routes[0]!, access: undefined } as unknown as Route;
  expect(() =>
    routerOf([careless], {
      authenticate: undefined as never,
      corsOrigins: [],
      logger: silentLogger,
      metrics: createMetrics(),
      signal: new AbortController().signal,
    }),
  ).toThrow('declares no scope');
});

test('no route answers a key that lacks its scope, nor a stranger', async () => {
  const { fleetId } = await corral.aFleet();
  for (const line of corral.gateway.routes) {
    if (line.access === 'open') continue;
    const path = line.path.replaceAll(/\{\w+\}/g, 'x');
    const body = line.method === 'GET' || line.method === 'DELETE' ? {} : { body: {} };
    const stranger = await corral.ask(path, { method: line.method, key: null, ...body });
    expect(`${line.method} ${path} ${stranger.status}`).toBe(`${line.method} ${path} 401`);
    if (line.access === 'any') continue;
    const key = await corral.aKey(
      fleetId,
      SCOPES.filter((scope) => scope !== line.access),
    );
    const answer = await corral.ask(path, { method: line.method, key, ...body });
    expect(`${line.method} ${path} ${answer.status}`).toBe(`${line.method} ${path} 403`);
  }
});

test('what people asked is counted by route, never by id', async () => {
  await corral.ask('/v1/vehicles/a-very-private-bike');
  const rendered = corral.metrics.render();
  expect(rendered).toContain('corral_http_requests_total{method="GET",route="/v1/vehicles/:id",status="404"}');
  expect(rendered).not.toContain('a-very-private-bike');
});

test('the status says how far each partition is, what was set aside, and what was published last', async () => {
  const { fleetId, key } = await corral.aFleet();
  await anOutboxEntry(corral.database, { consumer: 'geofence', fleetId, type: 'violation.opened', id: 'vio_1' });
  await corral.database.query(
    `INSERT INTO dead_letter (id, consumer, topic, partition, record_offset, reason, record_timestamp)
     VALUES ('dlq_1', 'geofence', 'corral.heartbeats.v1', 0, 3, 'not_json', now())`,
  );
  const signal = new AbortController().signal;
  for (let i = 0; i < 9; i++)
    await corral.log.append(
      'corral.heartbeats.v1',
      [{ key: null, value: Buffer.from('{}'), timestamp: NOW, partition: 0 }],
      signal,
    );
  const answer = await corral.ask('/v1/status', { key });
  expect(answer.status).toBe(200);
  status.parse(answer.body);
  expect(answer.body.partitions).toContainEqual({
    consumer: 'geofence',
    topic: 'corral.heartbeats.v1',
    partition: 0,
    watermark: '2026-11-20T10:00:00.000Z',
    watermarkAgeSeconds: 0,
    nextOffset: 7,
    lag: 2,
    unpublished: 1,
    parked: null,
  });
  expect(answer.body.deadLetters).toEqual({ geofence: 1 });
  expect(answer.body.lastPublish).toBeNull();
});

describe('while the database is away', () => {
  let away: GatewayUnderTest;
  beforeAll(async () => {
    away = await startGateway();
    // The pools know the way before it ends.
    await away.ask('/v1/webhook-endpoints');
    away.loseDatabase();
  });
  afterAll(() => away?.stop());

  test.each(['/v1/vehicles', '/v1/alerts', '/v1/webhook-endpoints', '/v1/status', '/v1/live/events'])(
    '%s is answered 503, soon, and says nothing of the inside',
    async (path) => {
      const answer = await away.ask(path);
      expect(answer.body).toMatchObject({ status: 503, code: 'unavailable' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(answer.text).not.toMatch(/pool|postgres|127\.0|socket/i);
    },
  );
});

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { createApi, type Api } from './support/api';
import type { Deployment } from './support/deployment';
import { startEmbedded } from './support/embedded';
import { readEvents, type StreamedEvent } from './support/server-sent-events';
import { until } from './support/until';

let corral: Deployment;
let api: Api;
beforeAll(async () => {
  corral = await startEmbedded();
  api = corral.gateway;
}, 90_000);
afterAll(() => corral?.stop(), 60_000);

/** A square of 0.02° with its south-west corner there. */
function aZone(id: string, lng: number, lat: number, properties: object) {
  const ring = [
    [lng, lat],
    [lng + 0.02, lat],
    [lng + 0.02, lat + 0.02],
    [lng, lat + 0.02],
    [lng, lat],
  ];
  return { type: 'Feature', id, properties, geometry: { type: 'Polygon', coordinates: [ring] } };
}

describe('what is wrong with one heartbeat sinks only that one', () => {
  const good = { vehicleId: 'reject-1', measuredAt: Date.now() - 60_000, lat: 52.37, lng: 4.9 };
  test.each<[string, object, string, unknown]>([
    ['latitude_out_of_range', { lat: 91 }, 'lat', 91],
    ['longitude_out_of_range', { lng: -180.1 }, 'lng', -180.1],
    ['not_a_number', { lat: '52.1' }, 'lat', '52.1'],
    ['not_a_number', { lat: null }, 'lat', null],
    ['null_island', { lat: -0, lng: 0 }, 'lat', 0],
    ['latitude_missing', { lat: undefined }, 'lat', null],
    ['measured_at_missing', { measuredAt: undefined }, 'measuredAt', null],
    ['measured_at_invalid', { measuredAt: 1_795_258_796 }, 'measuredAt', 1_795_258_796],
    ['measured_at_invalid', { measuredAt: '2026-02-30T10:00:00Z' }, 'measuredAt', '2026-02-30T10:00:00Z'],
    ['measured_at_too_old', { measuredAt: '2007-04-16T13:23:56Z' }, 'measuredAt', '2007-04-16T13:23:56Z'],
    ['vehicle_id_missing', { vehicleId: undefined }, 'vehicleId', null],
    ['vehicle_id_invalid', { vehicleId: 'a\u0000' }, 'vehicleId', 'a\u0000'],
    ['state_unknown', { state: 'flying' }, 'state', 'flying'],
    ['sequence_invalid', { sequence: 2 ** 53 }, 'sequence', 2 ** 53],
    ['accuracy_invalid', { accuracyM: -1 }, 'accuracyM', -1],
  ])('%s', async (code, wrong, field, value) => {
    const item = { ...good, ...wrong };
    const mixed = await corral.ingestion.post('/v1/heartbeats', { heartbeats: [good, item, good] });
    expect(mixed).toMatchObject({ status: 202, body: { accepted: 2, rejected: [{ index: 1, code, field, value }] } });
    const alone = await corral.ingestion.post('/v1/heartbeats', item);
    expect(alone).toMatchObject({ status: 400, body: { code, field, value, accepted: 0, rejected: [{ index: 0 }] } });
    expect(alone.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

test('every operation of the document exists, asks for a key, and answers what is documented', async () => {
  const stranger = createApi(corral.cli.CORRAL_URL!, 'crl_key_nobody');
  const { paths } = (await api.get('/v1/openapi.json')).body;
  const asked = Object.entries<object>(paths).flatMap(([path, item]) =>
    Object.entries<{ responses: object }>(item as never).map(([method, operation]) => ({ path, method, operation })),
  );
  for (const { path, method, operation } of asked) {
    // The stream has a test of its own.
    if (path === '/v1/live/events' || path === '/v1/openapi.json') continue;
    const place = path.replace(/\{\w+\}/g, 'nobody');
    const body = ['post', 'put', 'patch'].includes(method) ? { wheels: 2 } : undefined;
    const answer = await api.send(method.toUpperCase(), place, body);
    const documented = String(answer.status) in operation.responses;
    expect({ method, path, status: answer.status, documented }).toMatchObject({ documented: true });
    expect(answer.body?.code).not.toBe('not_found');
    if (answer.status >= 400)
      expect(answer.body).toMatchObject({
        status: answer.status,
        code: expect.any(String),
        detail: expect.any(String),
      });
    expect((await stranger.send(method.toUpperCase(), place, body)).status).toBe(401);
  }
  expect(asked.length).toBeGreaterThan(40);
});

test('the worked example of GBFS: field by field, the earlier zone first, then the global rules', async () => {
  const vehicle_type_ids = ['bike'];
  const made = await api.post('/v1/zone-sets?publish=true', {
    type: 'FeatureCollection',
    global_rules: [{ vehicle_type_ids, ride_through_allowed: false, maximum_speed_kph: 10 }],
    features: [
      aZone('A', 5, 52, { rules: [{ vehicle_type_ids, ride_through_allowed: true }] }),
      aZone('B', 5.01, 52, { rules: [{ vehicle_type_ids, ride_through_allowed: false, maximum_speed_kph: 20 }] }),
    ],
  });
  expect(made).toMatchObject({ status: 201, body: { status: 'published', zones: 2 } });
  const points = [5.005, 5.015, 5.025, 5.5].map((lng) => [lng, 52.01]);
  const { body } = await api.post('/v1/zone-lookup', { points, vehicleTypeId: 'bike' });
  expect(body.results.map((each: any) => [each.zones.map((zone: any) => zone.zoneId).join(), each.rule])).toMatchObject(
    [
      [
        'A',
        { rideThroughAllowed: true, maximumSpeedKph: 10, from: { rideThroughAllowed: 'A', maximumSpeedKph: 'global' } },
      ],
      [
        'A,B',
        { rideThroughAllowed: true, maximumSpeedKph: 20, from: { rideThroughAllowed: 'A', maximumSpeedKph: 'B' } },
      ],
      [
        'B',
        { rideThroughAllowed: false, maximumSpeedKph: 20, from: { rideThroughAllowed: 'B', maximumSpeedKph: 'B' } },
      ],
      ['', { rideThroughAllowed: false, maximumSpeedKph: 10, from: { rideThroughAllowed: 'global' } }],
    ],
  );
  expect((await api.post('/v1/zone-lookup', { points: Array(10_001).fill([5, 52]) })).status).toBe(422);
});

test('a harmful feature is refused by itself, and the others come back exactly as they came', async () => {
  const sound = [aZone('first', 4.123456789012345, 51.1, { 'a/b': [1] }), aZone('last', -0.5, 1e-7, {})];
  const [first, last] = sound;
  const deep = JSON.parse('['.repeat(3_000) + ']'.repeat(3_000));
  const made = await api.post('/v1/zone-sets', {
    type: 'FeatureCollection',
    features: [
      first,
      aZone('nul', 5, 52, { name: '\u0000' }),
      aZone('deep', 5, 52, { deep }),
      { geometry: null },
      last,
    ],
  });
  expect(made).toMatchObject({
    status: 201,
    body: { zones: 2, refused: [{ index: 1 }, { index: 2 }, { index: 3, path: 'features/3/geometry' }] },
  });
  const document = await api.get(`/v1/zone-sets/${made.body.version}?format=geojson`);
  expect(document.body.features).toEqual(sound);
});

test('a key ends to the moment, and sees nothing of another fleet', async () => {
  const { body: fleet } = await api.post('/v1/fleets', { id: 'other', name: 'Other' });
  const other = createApi(corral.cli.CORRAL_URL!, fleet.apiKey);
  await api.send('PUT', '/v1/vehicles/a%2Fb%20%F0%9F%9A%B2', { name: 'Mine' });
  expect((await api.get('/v1/vehicles/a%2Fb%20%F0%9F%9A%B2')).body).toMatchObject({ id: 'a/b 🚲', name: 'Mine' });
  expect((await other.get('/v1/vehicles/a%2Fb%20%F0%9F%9A%B2')).status).toBe(404);
  expect((await other.get('/v1/zone-sets/1')).status).toBe(404);

  const made = await api.post('/v1/api-keys', { scopes: ['zones:read'], expiresAt: Date.now() + 1_000 });
  const brief = createApi(corral.cli.CORRAL_URL!, made.body.key);
  expect((await brief.get('/v1/zones')).status).toBe(200);
  await until('the key is no longer good', async () => (await brief.get('/v1/zones')).status === 401 || undefined, {
    withinMs: 3_000,
  });
});

test('a device sends with a token of its own, for its vehicle alone, and no more within 30 s of its end', async () => {
  const made = await api.send('POST', '/v1/vehicles/own-1/device-token');
  expect(made).toMatchObject({ status: 201, body: { vehicleId: 'own-1', token: expect.stringMatching(/^crl_dev_/) } });
  const url = corral.cli.CORRAL_URL!;
  const device = createApi(url, made.body.token);
  const report = { measuredAt: Date.now() - 1_000, state: 'available' };
  const other = { ...report, vehicleId: 'own-2' };
  expect(await device.post('/v1/heartbeats', { heartbeats: [other, report] })).toMatchObject({
    status: 202,
    body: { accepted: 1, rejected: [{ index: 0, code: 'vehicle_id_not_yours', field: 'vehicleId', value: 'own-2' }] },
  });
  await until('the vehicle is there', async () => (await api.get('/v1/vehicles/own-1')).status === 200 || undefined);
  expect((await api.get('/v1/vehicles/own-2')).status).toBe(404);
  expect((await device.get('/v1/vehicles/own-1')).status).toBe(401);

  const ended = performance.now();
  expect((await api.send('DELETE', '/v1/vehicles/own-1/device-token')).status).toBe(204);
  const refused = async () => (await device.post('/v1/heartbeats', report)).status === 401 || undefined;
  await until('the token is refused', refused, { withinMs: 40_000, everyMs: 500 });
  expect(performance.now() - ended).toBeLessThan(30_000);
  const next = createApi(url, (await api.send('POST', '/v1/vehicles/own-1/device-token')).body.token);
  expect((await next.post('/v1/heartbeats', report)).status).toBe(202);
}, 60_000);

test('a webhook is signed with both secrets while they change, repeats under its id, and ends with 410', async () => {
  const hits: { headers: IncomingHttpHeaders; body: string }[] = [];
  let answer = 204;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      hits.push({ headers: request.headers, body });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { body: endpoint } = await api.post('/v1/webhook-endpoints', { url, types: ['alert.opened'] });
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    const { body: rotated } = await api.post(`${path}/rotate-secret`, {});
    const { body: planned } = await api.post(`${path}/test`, {});
    await until('the test came', () => hits[0]);
    for (const { secret } of [endpoint, rotated])
      new Webhook(secret).verify(hits[0]!.body, hits[0]!.headers as Record<string, string>);
    expect(() =>
      new Webhook(rotated.secret).verify(hits[0]!.body + ' ', hits[0]!.headers as Record<string, string>),
    ).toThrow();

    answer = 410;
    expect((await api.post(`/v1/deliveries/${planned.id}/redeliver`, {})).status).toBe(202);
    await until('it came again', () => hits[1]);
    expect(hits[1]!.headers['webhook-id']).toBe(hits[0]!.headers['webhook-id']);
    expect(hits[1]!.body).toBe(hits[0]!.body);
    await until('it is disabled', async () => (await api.get(path)).body.status === 'disabled' || undefined);
    expect((await api.post(`/v1/deliveries/${planned.id}/redeliver`, {})).status).toBe(409);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a stream goes on after kill -9 where its reader was, without a gap', async () => {
  await api.post('/v1/zone-sets?publish=true&profile=immediate', {
    type: 'FeatureCollection',
    features: [aZone('noride', 6, 52, { rules: [{ ride_through_allowed: false }] })],
  });
  const begun = Date.now();
  const ride = async (second: number, lng: number) => {
    const measuredAt = begun + second * 1_000;
    const sent = { vehicleId: 'rider', measuredAt, lat: 52.01, lng, state: 'on_trip' };
    expect((await corral.ingestion.post('/v1/heartbeats', sent)).status).toBe(202);
  };
  const events: StreamedEvent[] = [];
  const url = `${corral.cli.CORRAL_URL}/v1/live/events?kinds=violation&vehicleIds=rider`;
  const follow = (lastEventId?: string) =>
    readEvents(url, corral.cli.CORRAL_API_KEY!, (event) => events.push(event), lastEventId);
  const before = follow();
  await until('the stream is open', async () => {
    const { body: metrics } = await api.get<string>('/metrics');
    return /^corral_live_clients 1$/m.test(metrics) || undefined;
  });
  await ride(0, 5.9);
  await ride(1, 6.01);
  await until('the violation is told', () => events[0]);
  before.close();
  await ride(2, 5.9);
  await corral.killAndRestart('corral');
  await ride(3, 6.01);
  const after = follow(events.at(-1)!.id);
  await until('the rest is told', () => events[2]);
  after.close();
  const told = events.map(({ data }) => JSON.parse(data)).map(({ status, revision }) => `${status} ${revision}`);
  expect(told).toEqual(['open 1', 'closed 2', 'open 1']);
}, 60_000);

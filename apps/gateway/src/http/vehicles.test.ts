import { decodeHeartbeatRecord, HEARTBEATS_TOPIC } from '@corral/contracts';
import { vehicle, vehicleCollection } from '@corral/contracts/http';
import { NOW, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';
import { aVehicleState } from '../testing/rows';

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway();
});
afterAll(() => corral?.stop());

const ids = (answer: { body: { items: { id: string }[] } }) => answer.body.items.map((each) => each.id);

test('a vehicle exists once a report came, or once somebody put it', async () => {
  const { fleetId, key } = await corral.aFleet();
  await aVehicleState(corral.database, {
    fleetId,
    vehicleId: 'bike-1',
    lng: 4.9,
    lat: 52.3,
    state: 'on_trip',
    zones: [{ zoneId: 'centre', since: NOW - 1_000 }],
    typeMissing: true,
    batteryPercent: 87,
  });
  await corral.ask('/v1/vehicles/bike-2', {
    key,
    method: 'PUT',
    body: { name: 'Number two', labels: { depot: 'west' } },
  });
  const one = await corral.ask('/v1/vehicles/bike-1', { key });
  vehicle.parse(one.body);
  expect(one.body).toEqual({
    id: 'bike-1',
    vehicleTypeId: null,
    state: 'on_trip',
    position: [4.9, 52.3],
    at: '2026-11-20T10:00:00.000Z',
    receivedAt: '2026-11-20T10:00:00.000Z',
    batteryPercent: 87,
    zones: [{ zoneId: 'centre', since: '2026-11-20T09:59:59.000Z' }],
    labels: {},
    vehicleTypeMissing: true,
  });
  expect((await corral.ask('/v1/vehicles/bike-2', { key })).body).toEqual({
    id: 'bike-2',
    vehicleTypeId: null,
    name: 'Number two',
    state: null,
    zones: [],
    labels: { depot: 'west' },
  });
  expect(ids(await corral.ask('/v1/vehicles', { key }))).toEqual(['bike-1', 'bike-2']);
  expect((await corral.ask('/v1/vehicles/bike-3', { key })).body).toMatchObject({
    status: 404,
    code: 'vehicle_not_found',
  });
});

test('an id with slashes, spaces and umlauts is percent-encoded in the path', async () => {
  const { key } = await corral.aFleet();
  const id = 'Größe 1/2 & more';
  const made = await corral.ask(`/v1/vehicles/${encodeURIComponent(id)}`, { key, method: 'PUT', body: {} });
  expect(made.status).toBe(201);
  expect((await corral.ask(`/v1/vehicles/${encodeURIComponent(id)}`, { key })).body.id).toBe(id);
  for (const bad of ['x'.repeat(129), 'a\u0007b'])
    expect((await corral.ask(`/v1/vehicles/${encodeURIComponent(bad)}`, { key, method: 'PUT', body: {} })).status).toBe(
      422,
    );
  expect((await corral.ask(`/v1/vehicles/a%00b`, { key })).status).toBe(404);
});

describe('saying what a vehicle is', () => {
  test('a type goes into the log as an operator’s report before it is answered, so that order decides', async () => {
    const { fleetId, key } = await corral.aFleet();
    const made = await corral.ask('/v1/vehicles/bike-1', { key, method: 'PUT', body: { vehicleTypeId: 'ebike' } });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ id: 'bike-1', vehicleTypeId: 'ebike' });
    const again = await corral.ask('/v1/vehicles/bike-1', { key, method: 'PUT', body: { name: 'One' } });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ vehicleTypeId: 'ebike', name: 'One' });
    const reports = [];
    const signal = new AbortController().signal;
    for (let partition = 0; partition < corral.log.partitions; partition++)
      for await (const record of corral.log.read(HEARTBEATS_TOPIC, partition, 0, signal))
        if (record.key === `${fleetId}/bike-1`) reports.push(decodeHeartbeatRecord(record.value));
    expect(reports).toEqual([
      {
        kind: 'report',
        report: {
          fleetId,
          vehicleId: 'bike-1',
          measuredAt: NOW,
          receivedAt: NOW,
          at: NOW,
          source: 'operator',
          flags: [],
          vehicleTypeId: 'ebike',
        },
      },
    ]);
  });

  test('while the log is away a type cannot be said, and nothing of it is kept', async () => {
    const { key } = await corral.aFleet();
    corral.log.failAppends(new Error('the broker at 10.0.0.7 is away'));
    const answer = await corral.ask('/v1/vehicles/bike-1', { key, method: 'PUT', body: { vehicleTypeId: 'ebike' } });
    corral.log.failAppends(undefined);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(answer.text).not.toContain('10.0.0.7');
    expect((await corral.ask('/v1/vehicles/bike-1', { key })).status).toBe(404);
  });

  test('an archived vehicle is no longer listed, until somebody puts it again', async () => {
    const { fleetId, key } = await corral.aFleet();
    await aVehicleState(corral.database, { fleetId, vehicleId: 'bike-1', lng: 4.9, lat: 52.3 });
    expect((await corral.ask('/v1/vehicles/bike-1', { key, method: 'DELETE' })).status).toBe(204);
    expect(ids(await corral.ask('/v1/vehicles', { key }))).toEqual([]);
    expect(ids(await corral.ask('/v1/vehicles?bbox=4,52,5,53', { key }))).toEqual([]);
    expect((await corral.ask('/v1/vehicles/bike-1', { key, method: 'DELETE' })).status).toBe(404);
    await corral.ask('/v1/vehicles/bike-1', { key, method: 'PUT', body: {} });
    expect(ids(await corral.ask('/v1/vehicles', { key }))).toEqual(['bike-1']);
  });
});

describe('looking for vehicles', () => {
  let key: string;
  beforeAll(async () => {
    const fleet = await corral.aFleet();
    key = fleet.key;
    const { fleetId } = fleet;
    const place = (vehicleId: string, lng: number, lat: number, more = {}) =>
      aVehicleState(corral.database, { fleetId, vehicleId, lng, lat, ...more });
    await place('dam', 4.8936, 52.373, { state: 'available', zones: [{ zoneId: 'centre', since: NOW }] });
    await place('zoo', 4.9133, 52.366, {
      state: 'on_trip',
      zones: [
        { zoneId: 'east', since: NOW },
        { zoneId: 'centre', since: NOW },
      ],
    });
    await place('utrecht', 5.1214, 52.0907, { state: 'available' });
    await place('fiji-east', 179.99, -17, {});
    await place('fiji-west', -179.99, -17, {});
    await aVehicleState(corral.database, { fleetId, vehicleId: 'unplaced', state: 'available' });
    await corral.ask('/v1/vehicles/stored_50%25', { key, method: 'PUT', body: { name: 'In the depot' } });
  });

  test.each([
    ['', ['dam', 'fiji-east', 'fiji-west', 'stored_50%', 'unplaced', 'utrecht', 'zoo']],
    ['bbox=4.8,52.3,5,52.4', ['dam', 'zoo']],
    ['bbox=-180,-90,180,90', ['dam', 'fiji-east', 'fiji-west', 'utrecht', 'zoo']],
    ['bbox=179,-18,-179,-16', ['fiji-east', 'fiji-west']],
    ['near=4.9133,52.366,5000', ['zoo', 'dam']],
    ['near=4.9133,52.366,500', ['zoo']],
    ['near=180,-17,3000', ['fiji-east', 'fiji-west']],
    ['near=0,90,1000', []],
    ['zoneId=centre', ['dam', 'zoo']],
    ['zoneId=east', ['zoo']],
    ['state=available', ['dam', 'unplaced', 'utrecht']],
    ['state=available,on_trip&zoneId=centre', ['dam', 'zoo']],
    ['q=DEPOT', ['stored_50%']],
    ['q=50%25', ['stored_50%']],
    ['q=fiji', ['fiji-east', 'fiji-west']],
    ['q=fiji_', []],
  ])('with %s they are found', async (query, expected) => {
    const answer = await corral.ask(`/v1/vehicles?${query}`, { key });
    expect(answer.status).toBe(200);
    expect(ids(answer)).toEqual(expected);
  });

  test.each(['', '&near=4.9,52.3,900000'])('pages go on where they ended, none twice (%s)', async (filter) => {
    const whole = ids(await corral.ask(`/v1/vehicles?limit=1000${filter}`, { key }));
    const paged: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { body: { items: { id: string }[]; nextCursor: string | null } } = await corral.ask(
        `/v1/vehicles?limit=2${filter}${cursor && `&cursor=${cursor}`}`,
        { key },
      );
      paged.push(...ids(page));
      cursor = page.body.nextCursor;
    }
    expect(paged).toEqual(whole);
    expect(whole.length).toBeGreaterThan(2);
  });

  test('a cursor of other filters is refused', async () => {
    const page = await corral.ask('/v1/vehicles?limit=1', { key });
    const answer = await corral.ask(`/v1/vehicles?limit=1&state=available&cursor=${page.body.nextCursor}`, { key });
    expect(answer.body).toMatchObject({ status: 400, code: 'cursor_of_another_list', field: 'cursor' });
  });

  test('as GeoJSON all placed ones of a box come at once, slim, and say how fresh they are', async () => {
    const answer = await corral.ask('/v1/vehicles?format=geojson&bbox=4.8,52.3,5,52.4', { key });
    expect(answer.headers.get('content-type')).toBe('application/geo+json; charset=utf-8');
    vehicleCollection.parse(answer.body);
    expect(answer.body.asOf).toBeNull();
    expect(answer.body.features[0]).toEqual({
      type: 'Feature',
      id: 'dam',
      geometry: { type: 'Point', coordinates: [4.8936, 52.373] },
      properties: { id: 'dam', vehicleTypeId: null, state: 'available', at: '2026-11-20T10:00:00.000Z' },
    });
    expect(answer.body.features).toHaveLength(2);
    expect((await corral.ask('/v1/vehicles?format=geojson&bbox=1', { key })).status).toBe(400);
    expect((await corral.ask('/v1/vehicles?format=geojson', { key })).body.features).toHaveLength(5);
  });

  test("another fleet's vehicles are neither listed, nor found, nor changed", async () => {
    const other = await corral.aFleet();
    expect(ids(await corral.ask('/v1/vehicles', { key: other.key }))).toEqual([]);
    for (const path of ['/v1/vehicles/dam', '/v1/vehicles/dam/telemetry', '/v1/vehicles/dam/geofence-events'])
      expect((await corral.ask(path, { key: other.key })).status).toBe(404);
    expect((await corral.ask('/v1/vehicles/dam', { key: other.key, method: 'DELETE' })).status).toBe(404);
    await corral.ask('/v1/vehicles/dam', { key: other.key, method: 'PUT', body: { name: 'Mine' } });
    expect((await corral.ask('/v1/vehicles/dam', { key })).body).not.toHaveProperty('name');
  });
});

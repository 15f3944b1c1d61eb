import { station, stationsPut } from '@corral/contracts/http';
import { loadSchedule } from '@corral/database';
import { startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway();
});
afterAll(() => corral?.stop());

const square = (lng: number, lat: number, size: number) => [
  [
    [lng, lat],
    [lng + size, lat],
    [lng + size, lat + size],
    [lng, lat + size],
    [lng, lat],
  ],
];
/** A station whose area is a square of 0.001 degrees, about 70 by 110 metres, with its south-west corner there. */
const aStation = (id: string, lng = 4.9, lat = 52.3, given: object = {}) => ({
  station_id: id,
  name: [{ text: `Station ${id}`, language: 'en' }],
  lat,
  lon: lng,
  station_area: { type: 'MultiPolygon', coordinates: [square(lng, lat, 0.001)] },
  capacity: 12,
  ...given,
});
const feed = (...stations: object[]) => ({
  last_updated: '2026-11-20T10:00:00Z',
  ttl: 60,
  version: '3.1',
  data: { stations },
});
const zones = (...rules: object[]) => ({
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      id: 'centre',
      properties: { rules },
      geometry: { type: 'Polygon', coordinates: square(4.9, 52.3, 0.1) },
    },
  ],
});
const put = (key: string, body: unknown, headers: Record<string, string> = {}) =>
  corral.ask('/v1/stations', { key, method: 'PUT', body, headers });

describe('putting stations', () => {
  test('what is sound is taken, what is not is named, and nothing sinks its neighbours', async () => {
    const { key } = await corral.aFleet();
    const answer = await put(
      key,
      feed(
        aStation('a'),
        aStation('b', 4.9, 91),
        aStation('a'),
        aStation('c', 4.91, 52.3, { address: '\u0000' }),
        aStation('d'),
      ),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(stationsPut.parse(answer.body)).toMatchObject({
      version: 1,
      stations: 2,
      refused: [
        { index: 1, name: 'Station b', code: expect.stringMatching(/^latitude_out_of_range$/) },
        { index: 2, name: 'Station a', code: 'station_id_repeated', path: 'stations/2' },
        { index: 3, code: 'property_invalid', path: 'stations/3/address' },
      ],
      warnings: [],
    });
  });

  test('the same again changes nothing; other stations are another version', async () => {
    const { key, fleetId } = await corral.aFleet();
    await corral.ask('/v1/zone-sets?publish=true', { key, body: zones() });
    await put(key, feed(aStation('a')));
    expect((await put(key, { ...feed(aStation('a')), last_updated: 1 })).body.version).toBe(1);
    expect((await loadSchedule(corral.database, fleetId)).revision).toBe(2);
    expect((await put(key, feed(aStation('b')))).body.version).toBe(2);
    // Nobody is judged by how many places there are: it is shown, and no moment at which all vehicles are looked at.
    expect((await put(key, feed(aStation('b', 4.9, 52.3, { capacity: 20 })))).body.version).toBe(3);
    expect((await loadSchedule(corral.database, fleetId)).revision).toBe(3);
    expect((await put(key, feed())).body).toMatchObject({ version: 4, stations: 0 });
    expect((await loadSchedule(corral.database, fleetId)).revision).toBe(4);
    expect((await put(key, feed(aStation('a')))).body.version).toBe(5);
  });

  test('with If-Match only over the version it names', async () => {
    const { key } = await corral.aFleet();
    expect((await put(key, feed(aStation('a')), { 'if-match': '*' })).status).toBe(412);
    expect((await put(key, feed(aStation('a')), { 'if-match': '"0"' })).status).toBe(200);
    const stale = await put(key, feed(aStation('b')), { 'if-match': '"0"' });
    expect(stale.body).toMatchObject({ status: 412, code: 'version_changed', field: 'If-Match', value: '"0"' });
    expect((await put(key, feed(aStation('b')), { 'if-match': '"0", "1"' })).body.version).toBe(2);
    expect((await put(key, feed(aStation('c')), { 'if-match': '*' })).body.version).toBe(3);
  });

  test.each<[string, number, string, unknown]>([
    ['is no station_information', 422, 'document_not_recognised', { data: { geofencing_zones: {} } }],
    ['is a list', 422, 'document_not_recognised', []],
    ['has no usable station', 422, 'no_usable_station', feed({ station_id: 'a' })],
  ])('a document that %s is refused', async (_what, status, code, body) => {
    const { key } = await corral.aFleet();
    const answer = await put(key, body);
    expect(answer.body).toMatchObject({ status, code, stations: 0 });
    expect((await corral.ask('/v1/stations', { key })).body.items).toEqual([]);
  });

  test('needs the right to change zones, and no JSON is no document', async () => {
    const { key } = await corral.aFleet(['zones:read']);
    expect((await put(key, feed())).body).toMatchObject({ status: 403, code: 'scope_missing' });
    const { key: all } = await corral.aFleet();
    const raw = await fetch(`${corral.url}/v1/stations`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${all}`, 'content-type': 'application/json' },
      body: '{"data":',
    });
    expect(await raw.json()).toMatchObject({ status: 400, code: 'malformed_json' });
    expect((await put(all, undefined)).body).toMatchObject({ status: 422, code: 'body_missing' });
  });
});

describe('the list of stations', () => {
  test('shows them in the order of the file, page by page, in the version it began with', async () => {
    const { key } = await corral.aFleet();
    const { lat: _lat, lon: _lon, ...nowhere } = aStation('c');
    await put(key, feed(aStation('a'), { station_id: 'b', name: 'B', lat: 52.3, lon: 4.95 }, nowhere));
    const first = await corral.ask('/v1/stations?limit=2', { key });
    expect(first.headers.get('etag')).toBe('"1"');
    expect(first.body.items.map((each: unknown) => station.parse(each))).toEqual([
      {
        stationId: 'a',
        index: 0,
        name: 'Station a',
        lat: 52.3,
        lng: 4.9,
        area: aStation('a').station_area,
        properties: { capacity: 12 },
      },
      { stationId: 'b', index: 1, name: 'B', lat: 52.3, lng: 4.95, properties: {} },
    ]);
    await put(key, feed());
    const rest = await corral.ask(`/v1/stations?limit=2&cursor=${first.body.nextCursor}`, { key });
    expect(rest.body).toMatchObject({ items: [{ stationId: 'c', index: 2 }], nextCursor: null });
    expect(rest.body.items[0]).not.toHaveProperty('lat');
    expect((await corral.ask('/v1/stations', { key })).body).toEqual({ items: [], nextCursor: null });
  });

  test('is empty for who never said any, and another fleet’s is its own', async () => {
    const [one, other] = [await corral.aFleet(), await corral.aFleet()];
    await put(one.key, feed(aStation('a')));
    const answer = await corral.ask('/v1/stations', { key: other.key });
    expect(answer.body).toEqual({ items: [], nextCursor: null });
    expect(answer.headers.get('etag')).toBe('"0"');
    expect((await corral.ask('/v1/stations?cursor=nonsense', { key: one.key })).status).toBe(400);
  });
});

describe('stations beside zones', () => {
  test('count from the moment they are put, with the zones of then and with those that are scheduled', async () => {
    const { key, fleetId } = await corral.aFleet();
    await corral.ask('/v1/zone-sets?publish=true', { key, body: zones() });
    await corral.ask('/v1/zone-sets', { key, body: zones({ ride_end_allowed: false }) });
    const later = corral.clock.now + 60_000;
    await corral.ask('/v1/zone-sets/2/publish', { key, body: { effectiveAt: later } });
    corral.clock.now += 1_000;
    const put1 = corral.clock.now;
    await put(key, feed(aStation('a')));
    corral.clock.now += 1_000;
    const put2 = corral.clock.now;
    await put(key, feed(aStation('b')));
    const rows = async () => (await loadSchedule(corral.database, fleetId)).rows;
    const counted = [
      { version: 1, stationVersion: undefined, effectiveAt: -Infinity },
      { version: 1, stationVersion: 1, effectiveAt: put1 },
      { version: 1, stationVersion: 2, effectiveAt: put2 },
    ];
    expect(await rows()).toEqual([...counted, { version: 2, stationVersion: 2, effectiveAt: later }]);

    // Of zones one says and hears the same as without stations.
    expect((await corral.ask('/v1/zone-sets/1', { key })).body.effectiveAt).toBeNull();
    expect((await corral.ask('/v1/zone-sets/1/publish', { key, method: 'POST' })).body).toMatchObject({ version: 1 });
    expect((await corral.ask('/v1/zone-sets/2/publish', { key, method: 'DELETE' })).status).toBe(204);
    expect(await rows()).toEqual(counted);
  });

  test('that are put before any zones count with the first', async () => {
    const { key, fleetId } = await corral.aFleet();
    await put(key, feed(aStation('a')));
    await corral.ask('/v1/zone-sets?publish=true', { key, body: zones() });
    expect((await loadSchedule(corral.database, fleetId)).rows).toEqual([
      { version: 1, stationVersion: 1, effectiveAt: -Infinity },
    ]);
  });

  test('are told where zones are asked for, and their areas come first for starting and ending', async () => {
    const { key } = await corral.aFleet();
    const rule = {
      ride_start_allowed: false,
      ride_end_allowed: false,
      ride_through_allowed: false,
      station_parking: true,
    };
    await corral.ask('/v1/zone-sets?publish=true', { key, body: zones(rule) });
    const before = corral.clock.now;
    corral.clock.now += 1_000;
    const points = [
      [4.9005, 52.3005],
      [4.95, 52.35],
    ];
    const ask = async (more: object = {}) =>
      (await corral.ask('/v1/zone-lookup', { key, body: { points, ...more } })).body.results;
    const without = await ask();
    await put(key, feed(aStation('a')));
    const [inside, outside] = await ask();
    expect(inside).toEqual({
      zones: [{ zoneId: 'centre', index: 0, name: null }],
      station: { stationId: 'a', name: 'Station a' },
      rule: {
        rideStartAllowed: true,
        rideEndAllowed: true,
        rideThroughAllowed: false,
        maximumSpeedKph: null,
        stationParking: true,
        from: {
          rideStartAllowed: 'station:a',
          rideEndAllowed: 'station:a',
          rideThroughAllowed: 'centre',
          stationParking: 'centre',
        },
      },
    });
    expect(outside).toEqual(without[1]);
    expect(await ask({ at: new Date(before).toISOString() })).toEqual(without);
    expect((await ask({ version: 1 }))[0].station).toEqual({ stationId: 'a', name: 'Station a' });
  });
});

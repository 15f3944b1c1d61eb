import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zoneSetMade, zoneSetSummary, zone } from '@corral/contracts/http';
import { loadScheduleRows } from '@corral/database';
import { gzipSync } from 'node:zlib';
import { startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';

let corral: GatewayUnderTest;
beforeAll(async () => {
  corral = await startGateway();
});
afterAll(() => corral?.stop());

/** A square of 0.1° with its south-west corner there. */
function aFeature(lng: number, lat: number, properties: object, id?: string) {
  const ring = [
    [lng, lat],
    [lng + 0.1, lat],
    [lng + 0.1, lat + 0.1],
    [lng, lat + 0.1],
    [lng, lat],
  ];
  return {
    type: 'Feature',
    ...(id === undefined ? {} : { id }),
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties,
  };
}

function aFile(...features: object[]) {
  return { type: 'FeatureCollection', features };
}

const CENTRE = aFeature(
  4.9,
  52.3,
  { name: 'Centre', rules: [{ ride_end_allowed: false, maximum_speed_kph: 12 }], colour: 'red' },
  'centre',
);
const HARBOUR = aFeature(4.95, 52.35, { name: 'Harbour', rules: [{ ride_end_allowed: true }] }, 'harbour');
const BOWTIE = {
  type: 'Feature',
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
        [0, 0],
      ],
    ],
  },
  properties: { name: 'Bow tie' },
};

describe('importing', () => {
  test('a feature that would do harm is refused by itself', async () => {
    const { key } = await corral.aFleet();
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as unknown;
    const file = {
      ...aFile(
        CENTRE,
        aFeature(5, 52, { name: 'Nul\u0000' }),
        aFeature(5, 52, { name: '\ud800' }),
        aFeature(5, 52, { deep }),
        { type: 'Feature', properties: { name: 'Shape\u0000' }, geometry: { type: 'Polygon', coordinates: deep } },
      ),
      elsewhere: { deep, text: '\u0000' },
    };
    const answer = await corral.ask('/v1/zone-sets', { key, body: file });
    expect(answer).toMatchObject({ status: 201, body: { zones: 1 } });
    expect(answer.body.refused).toMatchObject([
      { index: 1, name: 'Nul\ufffd', code: 'property_invalid', path: 'features/1/properties/name' },
      { index: 2, name: '\ufffd', code: 'property_invalid', path: 'features/2/properties/name' },
      { index: 3, code: 'property_invalid' },
      { index: 4, name: 'Shape\ufffd', code: 'property_invalid' },
    ]);
    expect((await corral.ask('/v1/zone-sets/1', { key })).body.refused).toEqual(answer.body.refused);
    const nothing = await corral.ask('/v1/zone-sets', { key, body: deep });
    expect(nothing).toMatchObject({ status: 422, body: { field: 'body' } });
  });

  test('a file with a broken feature stores the others and names it', async () => {
    const { key } = await corral.aFleet();
    const answer = await corral.ask('/v1/zone-sets', { key, body: aFile(CENTRE, BOWTIE, HARBOUR) });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/v1/zone-sets/1');
    zoneSetMade.parse(answer.body);
    expect(answer.body).toMatchObject({ version: 1, status: 'draft', zones: 2, warnings: [] });
    expect(answer.body.refused).toEqual([
      expect.objectContaining({ index: 1, name: 'Bow tie', code: expect.any(String), detail: expect.any(String) }),
    ]);
    expect(answer.body).not.toHaveProperty('effectiveAt');
  });

  test('a file with nothing usable is refused, and says of each feature why', async () => {
    const { key } = await corral.aFleet();
    const answer = await corral.ask('/v1/zone-sets', { key, body: aFile(BOWTIE) });
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      status: 422,
      code: 'no_usable_zone',
      zones: 0,
      refused: [{ index: 0 }],
      warnings: [],
    });
    expect((await corral.ask('/v1/zone-sets', { key })).body.items).toEqual([]);
  });

  test('a document that is no file of zones is refused', async () => {
    const answer = await corral.ask('/v1/zone-sets', { body: { hello: 'world' } });
    expect(answer.body).toMatchObject({ status: 422, code: 'document_not_recognised' });
  });

  test('versions count from 1 in each fleet, also when many import at once', async () => {
    const { key } = await corral.aFleet();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(CENTRE) })),
    );
    expect(answers.map((each) => each.body.version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const list = await corral.ask('/v1/zone-sets?limit=4', { key });
    expect(list.body.items.map((each: { version: number }) => each.version)).toEqual([6, 5, 4, 3]);
    for (const each of list.body.items) zoneSetSummary.parse(each);
    const rest = await corral.ask(`/v1/zone-sets?cursor=${list.body.nextCursor}`, { key });
    expect(rest.body.items.map((each: { version: number }) => each.version)).toEqual([2, 1]);
    expect(rest.body.nextCursor).toBeNull();
  });

  test('a gzipped file larger than 1 MiB is taken', async () => {
    const { key } = await corral.aFleet();
    const features = Array.from({ length: 8_000 }, (_, i) =>
      aFeature((i % 100) * 0.2, Math.floor(i / 100) * 0.2, { name: `Zone ${i}` }),
    );
    const file = JSON.stringify(aFile(...features));
    expect(file.length).toBeGreaterThan(1024 * 1024);
    const answer = await corral.ask('/v1/zone-sets', {
      key,
      body: gzipSync(file),
      headers: { 'content-encoding': 'gzip', 'content-type': 'application/geo+json' },
    });
    expect(answer.body).toMatchObject({ zones: 8_000, refused: [] });
  });
});

describe('publishing', () => {
  test("a fleet's first version counts from the beginning of time, later ones from now", async () => {
    const { key, fleetId } = await corral.aFleet();
    const first = await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(CENTRE) });
    expect(first.body).toMatchObject({ status: 'published', effectiveAt: null });
    await corral.ask('/v1/zone-sets', { key, body: aFile(HARBOUR) });
    const second = await corral.ask('/v1/zone-sets/2/publish', { key, method: 'POST' });
    expect(second.status).toBe(200);
    expect(second.body).toEqual({
      version: 2,
      status: 'published',
      effectiveAt: new Date(corral.clock.now).toISOString(),
    });
    expect(await loadScheduleRows(corral.database, fleetId)).toEqual({
      revision: 2,
      rows: [
        { version: 1, effectiveAt: -Infinity },
        { version: 2, effectiveAt: corral.clock.now },
      ],
    });
    const again = await corral.ask('/v1/zone-sets/2/publish', { key, method: 'POST' });
    expect(again.body).toEqual(second.body);
    expect((await loadScheduleRows(corral.database, fleetId)).revision).toBe(2);
  });

  test('a moment that is past is refused', async () => {
    const { key } = await corral.aFleet();
    await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(CENTRE) });
    await corral.ask('/v1/zone-sets', { key, body: aFile(HARBOUR) });
    const effectiveAt = new Date(corral.clock.now - 1).toISOString();
    const answer = await corral.ask('/v1/zone-sets/2/publish', { key, body: { effectiveAt } });
    expect(answer.body).toMatchObject({
      status: 422,
      code: 'effective_at_in_the_past',
      field: 'effectiveAt',
      value: effectiveAt,
    });
  });

  test('a scheduled version can be withdrawn until it counts, and then no more', async () => {
    const { key, fleetId } = await corral.aFleet();
    await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(CENTRE) });
    await corral.ask('/v1/zone-sets', { key, body: aFile(HARBOUR) });
    const effectiveAt = corral.clock.now + 60_000;
    await corral.ask('/v1/zone-sets/2/publish', { key, body: { effectiveAt } });
    expect((await corral.ask('/v1/zone-sets/current', { key })).body.version).toBe(1);

    expect((await corral.ask('/v1/zone-sets/2/publish', { key, method: 'DELETE' })).status).toBe(204);
    expect((await loadScheduleRows(corral.database, fleetId)).rows).toEqual([{ version: 1, effectiveAt: -Infinity }]);
    expect((await corral.ask('/v1/zone-sets/2', { key })).body).toMatchObject({ status: 'draft', publishedAt: null });
    expect((await corral.ask('/v1/status', { key })).body.lastPublish).toMatchObject({ version: 1, effectiveAt: null });
    expect((await corral.ask('/v1/zone-sets/2/publish', { key, method: 'DELETE' })).body).toMatchObject({
      status: 404,
      code: 'not_scheduled',
    });

    await corral.ask('/v1/zone-sets/2/publish', { key, body: { effectiveAt } });
    corral.clock.now = effectiveAt;
    expect((await corral.ask('/v1/zone-sets/current', { key })).body.version).toBe(2);
    expect((await corral.ask('/v1/zone-sets/2/publish', { key, method: 'DELETE' })).body).toMatchObject({
      status: 409,
      code: 'already_effective',
    });
  });

  test('a scheduled version that is published for another moment moves there, and one withdrawal is enough', async () => {
    const { key, fleetId } = await corral.aFleet();
    await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(CENTRE) });
    await corral.ask('/v1/zone-sets', { key, body: aFile(HARBOUR) });
    const [early, late] = [corral.clock.now + 60_000, corral.clock.now + 120_000];
    for (const effectiveAt of [early, late, early, late])
      await corral.ask('/v1/zone-sets/2/publish', { key, body: { effectiveAt } });
    expect((await loadScheduleRows(corral.database, fleetId)).rows).toEqual([
      { version: 1, effectiveAt: -Infinity },
      { version: 2, effectiveAt: late },
    ]);

    expect((await corral.ask('/v1/zone-sets/2/publish', { key, method: 'DELETE' })).status).toBe(204);
    expect((await loadScheduleRows(corral.database, fleetId)).rows).toEqual([{ version: 1, effectiveAt: -Infinity }]);
    expect((await corral.ask('/v1/zone-sets/2/publish', { key, method: 'DELETE' })).status).toBe(404);
  });

  test('what was withdrawn never brings back the version of that time', async () => {
    const { key, fleetId } = await corral.aFleet();
    for (const feature of [CENTRE, HARBOUR, CENTRE])
      await corral.ask('/v1/zone-sets', { key, body: aFile({ ...feature, id: `zone-${Math.random()}` }) });
    const publish = (version: number, effectiveAt?: number) =>
      corral.ask(`/v1/zone-sets/${version}/publish`, { key, body: effectiveAt === undefined ? {} : { effectiveAt } });
    const withdraw = (version: number) => corral.ask(`/v1/zone-sets/${version}/publish`, { key, method: 'DELETE' });
    const minute = (n: number) => corral.clock.now + n * 60_000;
    const rows = async () => (await loadScheduleRows(corral.database, fleetId)).rows;

    await publish(1);
    for (const n of [3, 5]) {
      await publish(2, minute(n));
      await withdraw(2);
    }
    await publish(3, minute(1));
    expect(await rows()).toEqual([
      { version: 1, effectiveAt: -Infinity },
      { version: 3, effectiveAt: minute(1) },
    ]);
    await publish(2, minute(4));
    expect(await rows()).toEqual([
      { version: 1, effectiveAt: -Infinity },
      { version: 3, effectiveAt: minute(1) },
      { version: 2, effectiveAt: minute(4) },
    ]);
    await withdraw(2);
    await withdraw(3);
    await publish(2);
    expect((await rows()).map(({ version }) => version)).toEqual([1, 2]);
  });

  test('an older version can be published again', async () => {
    const { key } = await corral.aFleet();
    for (const feature of [CENTRE, HARBOUR])
      await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(feature) });
    corral.clock.now += 1_000;
    await corral.ask('/v1/zone-sets/1/publish', { key, method: 'POST' });
    expect((await corral.ask('/v1/zone-sets/current', { key })).body.version).toBe(1);
  });
});

describe('reading', () => {
  test('the current set shows what is known of it, and its features as they came', async () => {
    const { key } = await corral.aFleet();
    expect((await corral.ask('/v1/zone-sets/current', { key })).body).toMatchObject({
      status: 404,
      code: 'zone_set_not_found',
    });
    await corral.ask('/v1/zone-sets?publish=true&profile=immediate', { key, body: aFile(CENTRE, HARBOUR) });
    const { body } = await corral.ask('/v1/zone-sets/current', { key });
    expect(body).toMatchObject({
      version: 1,
      status: 'published',
      profile: 'immediate',
      zones: 2,
      effectiveAt: null,
      type: 'FeatureCollection',
    });
    expect(body.features.map((each: { geometry: unknown }) => each.geometry)).toEqual([
      CENTRE.geometry,
      HARBOUR.geometry,
    ]);
    expect(body.features[0].properties).toMatchObject({ name: 'Centre', colour: 'red' });

    const geojson = await corral.ask('/v1/zone-sets/1?format=geojson', { key });
    expect(geojson.headers.get('content-type')).toBe('application/geo+json; charset=utf-8');
    expect(Object.keys(geojson.body)).not.toContain('version');
    const gbfs = await corral.ask('/v1/zone-sets/1?format=gbfs3', { key });
    expect(gbfs.body).toMatchObject({ version: '3.0', data: { geofencing_zones: { type: 'FeatureCollection' } } });
    expect((await corral.ask('/v1/zone-sets/1?format=gbfs2', { key })).body).toMatchObject({ version: '2.3' });
  });

  test.each(['0', '7', 'one', '1.5', '-1', '99999999999999999999'])('there is no version %s', async (version) => {
    expect((await corral.ask(`/v1/zone-sets/${version}`)).status).toBe(404);
  });

  test('the zones in force are listed in the order of the file', async () => {
    const { key } = await corral.aFleet();
    await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(CENTRE, BOWTIE, HARBOUR) });
    const first = await corral.ask('/v1/zones?limit=1', { key });
    zone.parse(first.body.items[0]);
    expect(first.body.items[0]).toMatchObject({
      zoneId: 'centre',
      index: 0,
      name: 'Centre',
      rules: [{ rideEndAllowed: false, maximumSpeedKph: 12 }],
      properties: { colour: 'red' },
    });
    // Published meanwhile: the list goes on in the version it began with.
    await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(CENTRE) });
    const second = await corral.ask(`/v1/zones?limit=1&cursor=${first.body.nextCursor}`, { key });
    expect(second.body).toMatchObject({ items: [{ zoneId: 'harbour', index: 2 }], nextCursor: null });
  });

  test("another fleet's zone sets are not there", async () => {
    const [mine, other] = [await corral.aFleet(), await corral.aFleet()];
    await corral.ask('/v1/zone-sets?publish=true', { key: mine.key, body: aFile(CENTRE) });
    for (const path of ['/v1/zone-sets/1', '/v1/zone-sets/current', '/v1/zones', '/v1/zone-lookup?lat=52.35&lng=4.95'])
      expect((await corral.ask(path, { key: other.key })).status).toBe(404);
    expect((await corral.ask('/v1/zone-sets/1/publish', { key: other.key, method: 'POST' })).status).toBe(404);
    expect((await corral.ask('/v1/zone-sets', { key: other.key })).body.items).toEqual([]);
  });
});

describe('asking what holds at a place', () => {
  test('a place in two zones gets the earlier zone’s word, field by field', async () => {
    const { key } = await corral.aFleet();
    await corral.ask('/v1/zone-sets?publish=true', {
      key,
      body: { ...aFile(HARBOUR, CENTRE), global_rules: [{ ride_through_allowed: false }] },
    });
    const points = [
      [4.96, 52.36],
      [4.91, 52.31],
      [1, 1],
    ];
    const { body } = await corral.ask('/v1/zone-lookup', { key, body: { points } });
    expect(body.version).toBe(1);
    expect(body.results[0]).toEqual({
      zones: [
        { zoneId: 'harbour', index: 0, name: 'Harbour' },
        { zoneId: 'centre', index: 1, name: 'Centre' },
      ],
      rule: {
        rideStartAllowed: null,
        rideEndAllowed: true,
        rideThroughAllowed: false,
        maximumSpeedKph: 12,
        stationParking: null,
        from: { rideEndAllowed: 'harbour', maximumSpeedKph: 'centre', rideThroughAllowed: 'global' },
      },
    });
    expect(body.results[1].zones.map((each: { zoneId: string }) => each.zoneId)).toEqual(['centre']);
    expect(body.results[2]).toMatchObject({ zones: [], rule: { rideThroughAllowed: false, rideEndAllowed: null } });
    const one = await corral.ask('/v1/zone-lookup?lng=4.96&lat=52.36', { key });
    expect(one.body).toEqual({ version: 1, results: [body.results[0]] });
  });

  test('a question may name a version, also a draft, or a moment', async () => {
    const { key } = await corral.aFleet();
    await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(CENTRE) });
    const published = corral.clock.now;
    corral.clock.now += 10_000;
    await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(HARBOUR) });
    await corral.ask('/v1/zone-sets', { key, body: aFile(CENTRE, HARBOUR) });
    const zonesOf = async (more: object) => {
      const { body } = await corral.ask('/v1/zone-lookup', { key, body: { points: [[4.96, 52.36]], ...more } });
      return body.results?.[0].zones.map((each: { zoneId: string }) => each.zoneId) ?? body.code;
    };
    expect(await zonesOf({})).toEqual(['harbour']);
    expect(await zonesOf({ at: new Date(published).toISOString() })).toEqual(['centre']);
    expect(await zonesOf({ version: 3 })).toEqual(['centre', 'harbour']);
    expect(await zonesOf({ version: 4 })).toBe('zone_set_not_found');
  });

  test('a question without a type says so where the set knows several', async () => {
    const { key } = await corral.aFleet();
    const rules = [
      { vehicle_type_ids: ['bike'], ride_end_allowed: false },
      { vehicle_type_ids: ['moped'], ride_end_allowed: true },
    ];
    await corral.ask('/v1/zone-sets?publish=true', { key, body: aFile(aFeature(4.9, 52.3, { rules })) });
    const ask = async (more: string) => (await corral.ask(`/v1/zone-lookup?lng=4.95&lat=52.35${more}`, { key })).body;
    expect(await ask('')).toMatchObject({ vehicleTypeMissing: true, results: [{ rule: { rideEndAllowed: null } }] });
    expect(await ask('&vehicleTypeId=bike')).toMatchObject({ results: [{ rule: { rideEndAllowed: false } }] });
  });

  test.each([
    [{ points: [] }, 'points'],
    [
      {
        points: [
          [4.9, 52.3],
          [200, 52],
        ],
      },
      'points/1/0',
    ],
    [{ points: [[4.9, '52']] }, 'points/0/1'],
    [{ points: Array.from({ length: 10_001 }, () => [0, 0]) }, 'points'],
    [{ points: [[1, 2]], at: 1_732_100_000 }, 'at'],
    [{}, 'points'],
  ])('a wrong question is refused at its field', async (body, field) => {
    const answer = await corral.ask('/v1/zone-lookup', { body });
    expect(answer.body).toMatchObject({ status: 422, field });
  });
});

// What is real lies beside the repository: CORRAL_SAMPLES names the folder.
const almere = process.env.CORRAL_SAMPLES && join(process.env.CORRAL_SAMPLES, 'almere/geofencing_zones.json');
if (almere) {
  test('of the zones of Almere 14 are taken, and 2 are refused by index and reason', async () => {
    const { key } = await corral.aFleet();
    const answer = await corral.ask('/v1/zone-sets?publish=true', { key, body: readFileSync(almere, 'utf8') });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ version: 1, status: 'published', zones: 14 });
    expect(answer.body.refused).toHaveLength(2);
    for (const refused of answer.body.refused)
      expect(refused).toMatchObject({ index: expect.any(Number), code: expect.any(String) });
  });
} else if (process.env.CI) {
  test('CORRAL_SAMPLES names the sample folder', () => expect(process.env.CORRAL_SAMPLES).toBeDefined());
} else {
  process.stdout.write('CORRAL_SAMPLES is not set: the zones of Almere are left out\n');
}

import { telemetryPoint } from '@corral/contracts/http';
import { NOW, startGateway, type GatewayUnderTest } from '../testing/gateway-under-test';
import { aTrackPoint } from '../testing/rows';

const DAY_MS = 86_400_000;
let corral: GatewayUnderTest;
let key: string;
let fleetId: string;
beforeAll(async () => {
  corral = await startGateway();
  ({ key, fleetId } = await corral.aFleet());
  // Two days, and in the middle a report without a position.
  for (let i = 0; i < 6; i++) {
    const place = i === 3 ? { state: 'available' } : { lng: 4.9 + i / 100, lat: 52.3, altitudeM: i, state: 'on_trip' };
    await aTrackPoint(corral.database, {
      fleetId,
      vehicleId: 'bike "1"',
      measuredAt: NOW + (i - 3) * (DAY_MS / 3),
      ...place,
    });
  }
  await aTrackPoint(corral.database, { fleetId, vehicleId: 'bike-2', measuredAt: NOW, tripId: '=1+1,"x"' });
});
afterAll(() => corral?.stop());

const PATH = `/v1/vehicles/${encodeURIComponent('bike "1"')}/telemetry`;
const timeOf = (i: number) => new Date(NOW + (i - 3) * (DAY_MS / 3)).toISOString();
const times = (answer: { body: { items: { measuredAt: string }[] } }) =>
  answer.body.items.map((each) => each.measuredAt);

test('the newest report comes first, state reports among them, each as it was received', async () => {
  const answer = await corral.ask(PATH, { key });
  expect(times(answer)).toEqual([5, 4, 3, 2, 1, 0].map(timeOf));
  expect(answer.body.items[2]).toEqual({
    vehicleId: 'bike "1"',
    measuredAt: timeOf(3),
    at: timeOf(3),
    receivedAt: timeOf(3),
    source: 'device',
    flags: [],
    state: 'available',
  });
  for (const item of answer.body.items) telemetryPoint.parse(item);
});

test('pages go on where they ended, in both directions and over days', async () => {
  for (const order of ['asc', 'desc']) {
    const paged: string[] = [];
    let more = '';
    do {
      const page: { body: { items: { measuredAt: string }[]; nextCursor: string | null } } = await corral.ask(
        `${PATH}?order=${order}&limit=4${more}`,
        { key },
      );
      paged.push(...times(page));
      more = page.body.nextCursor === null ? '' : `&cursor=${page.body.nextCursor}`;
    } while (more);
    const ascending = [0, 1, 2, 3, 4, 5].map(timeOf);
    expect(paged).toEqual(order === 'asc' ? ascending : ascending.reverse());
  }
});

test('a clock that runs years ahead neither hides reports from the pages nor repeats them', async () => {
  const vehicleId = 'in-the-future';
  // Filed under the day after the receipt, both: between them lies a day of honest reports.
  const filed = [
    ['2026-11-20', '2063-04-05T00:00:00.000Z'],
    ['2026-11-20', '2026-11-20T10:00:00.000Z'],
    ['2026-11-21', '2026-11-21T10:00:00.000Z'],
    ['2026-11-22', '2063-04-05T00:00:00.000Z'],
    ['2026-11-22', '2026-11-22T10:00:00.000Z'],
  ];
  for (const [day] of filed) await corral.database.query(`SELECT ensure_day('track', $1::date)`, [day]);
  await corral.database.query(
    `INSERT INTO track (day, fleet_id, vehicle_id, measured_at, at, received_at, source)
     SELECT day, $1, $2, measured_at, measured_at, measured_at, 'device' FROM unnest($3::date[], $4::timestamptz[]) r (day, measured_at)`,
    [fleetId, vehicleId, filed.map(([day]) => day), filed.map(([, time]) => time)],
  );
  const all = [1, 0, 2, 4, 3].map((i) => filed[i]![1]);
  for (const order of ['asc', 'desc']) {
    const paged: string[] = [];
    for (let more = ''; more !== 'no';) {
      const page = await corral.ask(`/v1/vehicles/${vehicleId}/telemetry?order=${order}&limit=1${more}`, { key });
      paged.push(...times(page));
      more = page.body.nextCursor === null ? 'no' : `&cursor=${page.body.nextCursor}`;
    }
    expect(paged).toEqual(order === 'asc' ? all : all.toReversed());
  }
});

test('from and to are both included', async () => {
  expect(times(await corral.ask(`${PATH}?from=${timeOf(1)}&to=${timeOf(4)}&order=asc`, { key }))).toEqual(
    [1, 2, 3, 4].map(timeOf),
  );
  expect(times(await corral.ask(`${PATH}?from=${NOW + 1}`, { key }))).toEqual([5, 4].map(timeOf));
  expect(times(await corral.ask(`${PATH}?to=0001-01-01T00:00:00Z`, { key }))).toEqual([]);
});

test('as GeoJSON only fixes come, oldest first', async () => {
  const answer = await corral.ask(`${PATH}?format=geojson`, { key });
  expect(answer.headers.get('content-type')).toBe('application/geo+json; charset=utf-8');
  expect(
    answer.body.features.map((each: { properties: { measuredAt: string } }) => each.properties.measuredAt),
  ).toEqual([0, 1, 2, 4, 5].map(timeOf));
  expect(answer.body.features[1].geometry).toEqual({ type: 'Point', coordinates: [4.91, 52.3, 1] });
});

test('as GPX the fixes are points of one track', async () => {
  const answer = await corral.ask(`${PATH}?format=gpx`, { key });
  expect(answer.headers.get('content-type')).toBe('application/gpx+xml; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="telemetry.gpx"');
  expect(answer.text).toContain('<name>bike &quot;1&quot;</name>');
  expect(answer.text.match(/<trkpt /g)).toHaveLength(5);
  expect(answer.text).toContain(`<trkpt lat="52.3" lon="4.91"><ele>1</ele><time>${timeOf(1)}</time></trkpt>`);
  expect(answer.text.trimEnd().endsWith('</gpx>')).toBe(true);
});

test('as CSV everything comes, quoted where it must be, and no cell is a formula', async () => {
  const answer = await corral.ask(`${PATH}?format=csv&from=${timeOf(3)}`, { key });
  const lines = answer.text.split('\r\n');
  expect(lines[0]).toBe(
    'vehicleId,measuredAt,at,receivedAt,source,flags,lat,lng,accuracyM,speedMps,headingDeg,altitudeM,batteryPercent,state,tripId,bootId,sequence,vehicleTypeId',
  );
  expect(lines[1]).toBe(`"bike ""1""",${timeOf(3)},${timeOf(3)},${timeOf(3)},device,,,,,,,,,available,,,,`);
  expect(lines).toHaveLength(5);
  expect((await corral.ask('/v1/vehicles/bike-2/telemetry?format=csv', { key })).text).toContain(`"'=1+1,""x"""`);
});

test('a file is read in stretches and comes whole', async () => {
  const vehicleId = 'long-ride';
  const day = new Date(NOW).toISOString().slice(0, 10);
  await corral.database.query(
    `INSERT INTO track (day, fleet_id, vehicle_id, measured_at, at, received_at, source, lng, lat)
     SELECT $1::date, $2, $3, t, t, t, 'device', 4.9, 52.3 FROM generate_series($1::timestamptz, $1::timestamptz + interval '4100 s', interval '1 s') t`,
    [day, fleetId, vehicleId],
  );
  const answer = await corral.ask(`/v1/vehicles/${vehicleId}/telemetry?format=csv`, { key });
  const lines = answer.text.trimEnd().split('\r\n').slice(1);
  expect(lines).toHaveLength(4_101);
  expect(new Set(lines).size).toBe(4_101);
  const geojson = await corral.ask(`/v1/vehicles/${vehicleId}/telemetry?format=geojson`, { key });
  expect(geojson.body.features).toHaveLength(4_101);
});

test('a vehicle nobody knows has no telemetry, and a track needs a right of its own', async () => {
  expect((await corral.ask('/v1/vehicles/nobody/telemetry', { key })).body).toMatchObject({
    status: 404,
    code: 'vehicle_not_found',
  });
  const blind = await corral.aKey(fleetId, ['vehicles:read', 'alerts:read']);
  expect((await corral.ask(PATH, { key: blind })).body).toMatchObject({ status: 403, scope: 'traces:read' });
});

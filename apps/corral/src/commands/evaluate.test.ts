import { evaluateLines, scheduleOfFile, stationsOfFile } from './evaluate';
import { createExplainOne, sayExplanation } from './explain-one';
import type { NdjsonLine } from './ndjson';

const square = { type: 'Polygon', coordinates: [[[4.9, 52.3], [5, 52.3], [5, 52.4], [4.9, 52.4], [4.9, 52.3]]] }; // prettier-ignore
const ZONES = {
  type: 'FeatureCollection',
  features: [
    { type: 'Feature', id: 'dam', properties: { name: 'Dam' }, geometry: square },
    { type: 'Feature', id: 'none', properties: { name: 'None' }, geometry: null },
  ],
};
const inside = { lat: 52.35, lng: 4.95 };
const outside = { lat: 52.45, lng: 4.95 };
const fix = (second: number, place: object, more: object = {}) => ({
  vehicleId: 'bike-1',
  measuredAt: new Date(Date.parse('2026-11-20T10:00:00Z') + second * 1_000).toISOString(),
  ...place,
  ...more,
});

async function evaluated(
  values: unknown[],
  options: { fleetId?: string; vehicleTypeId?: string; zones?: object; stations?: object } = {},
) {
  const there = options.stations && stationsOfFile(options.stations);
  const file = scheduleOfFile(options.zones ?? ZONES, {
    fleetId: options.fleetId ?? 'default',
    profile: 'immediate',
    stations: there?.stations,
  });
  if (file.kind === 'refused') throw new Error(file.notices.join());
  async function* lines(): AsyncGenerator<NdjsonLine[]> {
    for (const [i, value] of values.entries())
      yield [value === 'not JSON' ? { number: i + 1, kind: 'not_json' } : { number: i + 1, kind: 'value', value }];
  }
  const facts: any[] = [];
  const refused: string[] = [];
  const summary = await evaluateLines(
    lines(),
    file.schedule,
    { fleetId: 'default', ...options },
    (fact) => facts.push(fact),
    (line, code) => refused.push(`${line} ${code}`),
  );
  return { facts, refused, summary };
}

test('a zone that cannot be used is named, and a file without any is refused', () => {
  expect(scheduleOfFile(ZONES, { fleetId: 'default' })).toMatchObject({
    kind: 'ok',
    notices: [expect.stringMatching(/^features\/1\/geometry: geometry_missing \(None\): /)],
  });
  expect(scheduleOfFile({ some: 'thing' }, { fleetId: 'default' }).kind).toBe('refused');
});

test('a ride that ends beside the stations of a file is told where the zone says so', async () => {
  const rules = [{ ride_end_allowed: true, station_parking: true }];
  const zones = { ...ZONES, features: [{ type: 'Feature', id: 'dam', properties: { rules }, geometry: square }] };
  const stations = { stations: [{ station_id: 's', lat: 52.35, lon: 4.95 }, { station_id: 'bad' }] };
  const ride = [fix(0, inside, { state: 'on_trip' }), fix(5, { lat: 52.36, lng: 4.95 }, { state: 'available' })];
  const told = async (given: object) => {
    const { facts } = await evaluated(ride, { zones, ...given });
    return facts.filter(({ type }) => type === 'violation').map(({ kind, zoneId }) => [kind, zoneId]);
  };
  expect(await told({ stations })).toEqual([['station_parking', 'dam']]);
  expect(await told({ stations: { stations: [{ station_id: 's', lat: 52.36, lon: 4.95 }] } })).toEqual([]);
  expect(await told({})).toEqual([]);
  expect(stationsOfFile(stations).notices).toEqual([expect.stringMatching(/^stations\/1: position_missing: /)]);
  expect(stationsOfFile({ some: 'thing' }).kind).toBe('refused');
});

test('facts have the shape of the API, without detectedAt', async () => {
  const { facts, summary } = await evaluated([fix(0, outside), fix(5, inside), fix(10, outside)]);
  expect(facts.map(({ type, kind, zoneId, at }) => [type, kind, zoneId, at])).toEqual([
    ['geofence_event', 'entered', 'dam', '2026-11-20T10:00:05.000Z'],
    ['geofence_event', 'exited', 'dam', '2026-11-20T10:00:10.000Z'],
  ]);
  expect(facts[0]).not.toHaveProperty('detectedAt');
  expect(summary).toEqual({ lines: 3, bad: 0, facts: 2, anomalies: new Map([['teleport', 2]]) });
});

test('a bad line is named and the ride goes on', async () => {
  const bad = ['not JSON', { lat: 1 }, fix(2, { lat: 91, lng: 4 }), fix(3, inside, { receivedAt: 'noon' })];
  const { facts, refused, summary } = await evaluated([fix(0, outside), ...bad, fix(5, inside)]);
  expect(refused).toEqual([
    '2 not_json',
    expect.stringMatching(/^3 \w+/),
    '4 latitude_out_of_range',
    '5 received_at_invalid',
  ]);
  expect(facts.map((fact) => fact.kind)).toEqual(['entered']);
  expect(summary).toMatchObject({ lines: 6, bad: 4 });
});

test('no line is too old or too far ahead; its receipt decides, where it is given', async () => {
  const long = await evaluated([{ vehicleId: 'b', measuredAt: '1999-01-01T00:00:00Z', ...inside }]);
  expect(long.facts[0].at).toBe('1999-01-01T00:00:00.000Z');
  const { facts } = await evaluated([fix(600, inside, { receivedAt: fix(0, {}).measuredAt })]);
  expect(facts[0].at).toBe('2026-11-20T10:00:00.000Z');
  // As exported by the server, with the moment it was given there.
  const exported = await evaluated([
    fix(600, inside, { at: fix(30, {}).measuredAt, receivedAt: fix(0, {}).measuredAt }),
  ]);
  expect(exported.facts[0].at).toBe('2026-11-20T10:00:30.000Z');
});

test('ids are those of the fleet', async () => {
  const ids = async (fleetId: string) => (await evaluated([fix(5, inside)], { fleetId })).facts.map((fact) => fact.id);
  expect(await ids('default')).toEqual(await ids('default'));
  expect(await ids('default')).not.toEqual(await ids('other'));
});

test('a fact is explained by the reports around it, with what held where they were', async () => {
  const file = scheduleOfFile(ZONES, { fleetId: 'default', profile: 'immediate' });
  if (file.kind === 'refused') throw new Error(file.notices.join());
  const ride = [fix(0, outside), fix(5, outside), fix(10, inside), fix(15, inside), fix(20, outside)];
  const wanted = (await evaluated(ride)).facts[0];
  const explained = createExplainOne(wanted.id, file.schedule);
  async function* lines(): AsyncGenerator<NdjsonLine[]> {
    yield ride.map((value, i) => ({ number: i + 1, kind: 'value', value }));
  }
  await evaluateLines(
    lines(),
    file.schedule,
    { fleetId: 'default' },
    () => undefined,
    () => undefined,
    explained.see,
  );
  const [only, ...more] = explained.tellings();
  expect(more).toEqual([]);
  expect(sayExplanation(only!)).toMatchObject({
    line: 3,
    fact: wanted,
    reports: [
      { at: '2026-11-20T10:00:00.000Z', decides: false, zones: [] },
      { at: '2026-11-20T10:00:05.000Z', decides: false, zones: [] },
      { at: '2026-11-20T10:00:10.000Z', decides: true, zones: ['dam'] },
      { at: '2026-11-20T10:00:15.000Z', decides: false, zones: ['dam'] },
      { at: '2026-11-20T10:00:20.000Z', decides: false, zones: [] },
    ],
  });
});

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compileZoneSet } from './compile-zone-set';
import { exportZones } from './export-zones';
import { importZones } from './import-zones';
import { resolveRule, zonesAt } from './rule';
import { NOON } from './testing';
import { schemaBreaches } from './testing/a-schema-check';
import type { ZoneSetDefinition } from './zone-set';

// A relative name starts at the root of the repository, wherever the tests are started.
const named = process.env.CORRAL_SAMPLES;
const SAMPLES = named && resolve(__dirname, '../../..', named);
if (!SAMPLES && process.env.CI) throw new Error('CORRAL_SAMPLES must name the folder of samples in CI');
if (!SAMPLES) console.warn('CORRAL_SAMPLES is not set: the zones of Almere and the GBFS schemas are left out');
const withSamples = SAMPLES ? describe : describe.skip;
const sample = (...path: string[]) => JSON.parse(readFileSync(join(SAMPLES!, ...path), 'utf8'));

function almere(): ZoneSetDefinition {
  const result = importZones(sample('almere', 'geofencing_zones.json'));
  if (result.kind === 'refused') throw new Error(`refused as ${result.code}`);
  return result.definition;
}

withSamples('the zones of a real operator, Almere', () => {
  it('come in: 14 of 16, two refused by index, name and reason', () => {
    const result = importZones(sample('almere', 'geofencing_zones.json'));
    expect(result).toMatchObject({ kind: 'ok', definition: { origin: 'gbfs3' }, warnings: [] });
    expect(almere().zones).toHaveLength(14);
    expect(result.refused).toMatchObject([
      { index: 6, name: 'Nobelhorst', code: 'geometry_missing', path: 'features/6/geometry' },
      { index: 7, name: 'Almere Muziekwijk hubs', code: 'geometry_missing', path: 'features/7/geometry' },
    ]);
  });

  it('go out with the coordinates exactly as they came, in their order', () => {
    const features = sample('almere', 'geofencing_zones.json').data.geofencing_zones.features;
    const usable = features.filter((feature: { geometry: unknown }) => feature.geometry);
    for (const format of ['geojson', 'gbfs3', 'gbfs2'] as const) {
      const document = JSON.parse(JSON.stringify(exportZones(almere(), format, { now: NOON })));
      const out = (document.data?.geofencing_zones ?? document).features;
      expect(out.map((feature: { geometry: unknown }) => feature.geometry)).toEqual(
        usable.map((feature: { geometry: unknown }) => feature.geometry),
      );
    }
  });

  it('allow its mopeds what the file says where they stand', () => {
    const set = compileZoneSet(almere(), { fleetId: 'default', version: 1 });
    const mopeds: { lon: number; lat: number; vehicle_type_id: string }[] = sample('almere', 'vehicle_status.json').data
      .vehicles;
    const zones = mopeds.map(({ lon, lat }) => zonesAt(set, [lon, lat], NOON));
    expect(zones.filter((found) => found.length > 0).length).toBeGreaterThan(0);
    expect(mopeds.map(({ lon, lat }) => zonesAt(set, [lat, lon], NOON))).toEqual(mopeds.map(() => []));
    const [first] = mopeds;
    expect(resolveRule(set, zones[0]!, first!.vehicle_type_id)).toEqual(resolveRule(set, zones[0]!, undefined));
  });

  it('say what holds where they are, the first of the file before the others, and `global_rules` everywhere else', () => {
    const set = compileZoneSet(almere(), { fleetId: 'default', version: 1 });
    const { global_rules: globalRules, geofencing_zones: file } = sample('almere', 'geofencing_zones.json').data;
    const asked = { places: 0, global: 0, zones: new Set<string>() };
    for (const position of probesOf(file.features)) {
      // Asked of the file itself: of its zones around the place the first one, or none.
      const first = file.features.findIndex(({ geometry }: SampleFeature) => geometry && around(geometry, position));
      const [said] = first === -1 ? globalRules : file.features[first].properties.rules;
      const from = first === -1 ? 'global' : `zone-${first}`;
      expect({ position, ...resolveRule(set, zonesAt(set, position, NOON), 'check_moped_almere_60') }).toEqual({
        position,
        rideStartAllowed: said.ride_start_allowed,
        rideEndAllowed: said.ride_end_allowed,
        rideThroughAllowed: said.ride_through_allowed,
        maximumSpeedKph: null,
        stationParking: null,
        maximumParkedMinutes: null,
        from: { rideStartAllowed: from, rideEndAllowed: from, rideThroughAllowed: from },
        vehicleTypeMissing: false,
      });
      asked.places += 1;
      if (first === -1) asked.global += 1;
      else asked.zones.add(from);
    }
    expect(asked.places).toBeGreaterThan(5_000);
    expect(asked.global).toBeGreaterThan(1_000);
    // Every usable zone decides somewhere.
    expect(asked.zones.size).toBe(14);
    expect(resolveRule(set, [], undefined)).toMatchObject({ rideEndAllowed: false, rideThroughAllowed: true });
  });
});

interface SampleFeature {
  readonly geometry: { readonly coordinates: [number, number][][][] } | null;
}

/** A grid over all of the zones, and a place beside the first corner of each polygon. */
function* probesOf(features: readonly SampleFeature[]): Generator<[number, number]> {
  const corners = features.flatMap(({ geometry }) => geometry?.coordinates.flat(2) ?? []);
  const [lngs, lats] = [corners.map(([lng]) => lng), corners.map(([, lat]) => lat)];
  const [west, east, south, north] = [Math.min(...lngs), Math.max(...lngs), Math.min(...lats), Math.max(...lats)];
  const STEPS = 80;
  for (let x = -1; x <= STEPS + 1; x++)
    for (let y = -1; y <= STEPS + 1; y++)
      yield [west + ((east - west) * (x + 0.123)) / STEPS, south + ((north - south) * (y + 0.456)) / STEPS];
  for (const { geometry } of features)
    for (const [ring] of geometry?.coordinates ?? []) {
      const [a, b, c] = ring as [number, number][];
      for (const share of [-0.01, 0.01])
        yield [b![0] + share * (a![0] + c![0] - 2 * b![0]), b![1] + share * (a![1] + c![1] - 2 * b![1])];
    }
}

/** Is the place in the multipolygon, by counting the edges to its east? Not for places on an edge. */
function around({ coordinates }: NonNullable<SampleFeature['geometry']>, [lng, lat]: [number, number]): boolean {
  let inside = false;
  for (const ring of coordinates.flat())
    for (let i = 1; i < ring.length; i++) {
      const [[x1, y1], [x2, y2]] = [ring[i - 1]!, ring[i]!];
      if (y1 > lat !== y2 > lat && lng < x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
    }
  return inside;
}

withSamples('what we export', () => {
  const odd = importZones({
    ...exportShape(),
    global_rules: [{ ride_through_allowed: false }],
  });

  it.each([
    ['v3.0', 'gbfs3'],
    ['v2.3', 'gbfs2'],
  ] as const)('satisfies the official schema of GBFS %s', (version, format) => {
    const schema = sample('gbfs-schemas', version, 'geofencing_zones.json');
    expect(odd.kind).toBe('ok');
    const definitions = [almere(), (odd as { definition: ZoneSetDefinition }).definition];
    for (const definition of definitions) {
      const document = JSON.parse(JSON.stringify(exportZones(definition, format, { now: NOON })));
      expect(schemaBreaches(schema, document)).toEqual([]);
    }
    expect(schemaBreaches(schema, { ttl: 1 }).length).toBeGreaterThan(0);
  });
});

/** Plain GeoJSON as people draw it: a Polygon, a plain name, a rule that says next to nothing. */
function exportShape() {
  const ring = [
    [4.9, 52.3],
    [4.91, 52.3],
    [4.91, 52.31],
    [4.9, 52.3],
  ];
  const properties = { name: 'Park', rules: [{ maximum_speed_kph: 12.5 }], start: '2026-11-20T12:00:00.5Z' };
  return {
    type: 'FeatureCollection',
    features: [{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties }],
  };
}

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
    expect(resolveRule(set, [], undefined)).toMatchObject({ rideEndAllowed: false, rideThroughAllowed: true });
  });
});

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

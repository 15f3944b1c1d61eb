import { exportZones } from './export-zones';
import { importZones } from './import-zones';
import { resolveRule } from './rule';
import { aSquare, aZone, aZoneSet, NOON } from './testing';
import type { ZoneRule, ZoneSetDefinition } from './zone-set';

const META = { now: NOON };
const SHAPE = aSquare(4.9, 52.37, 500);
const ELEVATED = {
  type: 'Polygon',
  coordinates: [SHAPE.coordinates[0]!.map((position) => [...(position as unknown as number[]), 12.5])],
} as never;

const DEFINITION: ZoneSetDefinition = {
  format: 1,
  origin: 'geojson',
  profile: 'confirmed',
  globalRules: [{ vehicleTypeIds: ['bike'], rideThroughAllowed: false, rideStartAllowed: true, rideEndAllowed: false }],
  zones: [
    aZone({
      zoneId: 'dam',
      index: 0,
      name: 'Dam',
      geometry: ELEVATED,
      rules: [
        {
          vehicleTypeIds: ['bike'],
          rideStartAllowed: true,
          rideEndAllowed: true,
          rideThroughAllowed: true,
          maximumSpeedKph: 15,
        },
      ],
      start: NOON,
      end: NOON + 60_000,
      properties: { owner: { city: 'Amsterdam' }, colour: 'red' },
    }),
    aZone({ zoneId: 'ij', index: 1, name: [{ text: 'IJ', language: 'nl' }], rules: [], properties: {} }),
  ],
};

function imported(document: unknown): ZoneSetDefinition {
  const result = importZones(JSON.parse(JSON.stringify(document)));
  if (result.kind === 'refused') throw new Error(`refused as ${result.code}`);
  expect([result.refused, result.warnings]).toEqual([[], []]);
  return result.definition;
}

it('GeoJSON goes out and comes in again as it was: shapes, elevations, order, rules, times, other properties', () => {
  expect(imported(exportZones(DEFINITION, 'geojson', META))).toEqual(DEFINITION);
});

it('how zones are decided goes out as GeoJSON: a set of every fix does not come back as one of evidence', () => {
  const definition: ZoneSetDefinition = {
    ...DEFINITION,
    profile: 'immediate',
    quiet: { confirmAt: 6, marginM: 10, noiseM: 8 },
  };
  expect(imported(exportZones(definition, 'geojson', META))).toEqual(definition);
  expect(imported(exportZones({ ...DEFINITION, profile: 'immediate' }, 'geojson', META)).profile).toBe('immediate');
});

it('how long vehicles may stand and be silent goes out as GeoJSON, and not as GBFS, which has no words for it', () => {
  const definition = {
    ...DEFINITION,
    zones: [{ ...DEFINITION.zones[0]!, rules: [{ ...DEFINITION.zones[0]!.rules[0], maximumParkedMinutes: 90 }] }],
    silenceLimits: [{ vehicleTypeIds: ['bike'], onTripS: 120, otherwiseS: null }, { otherwiseS: 7_200 }],
  };
  expect(imported(exportZones(definition, 'geojson', META))).toEqual(definition);
  for (const format of ['gbfs2', 'gbfs3'] as const)
    expect(JSON.stringify(exportZones(definition, format, META))).not.toMatch(/parked|silence/);
});

it('GBFS 3 goes out and comes in again with the same zones and rules', () => {
  const back = imported(exportZones(DEFINITION, 'gbfs3', META));
  expect(back).toEqual({
    ...DEFINITION,
    origin: 'gbfs3',
    zones: [
      {
        ...DEFINITION.zones[0],
        name: [{ text: 'Dam', language: 'und' }],
        geometry: { type: 'MultiPolygon', coordinates: [(ELEVATED as typeof SHAPE).coordinates] },
      },
      {
        ...DEFINITION.zones[1],
        geometry: { type: 'MultiPolygon', coordinates: [DEFINITION.zones[1]!.geometry.coordinates] },
      },
    ],
  });
});

it('GBFS 2 goes out and comes in again, but for the global rules and what it has no words for', () => {
  const back = imported(exportZones(DEFINITION, 'gbfs2', META));
  expect(back).toMatchObject({
    origin: 'gbfs2',
    globalRules: [],
    zones: [
      { zoneId: 'dam', name: 'Dam', start: NOON, end: NOON + 60_000, rules: DEFINITION.zones[0]!.rules },
      { zoneId: 'ij', name: 'IJ' },
    ],
  });
});

it('a feed says when and in which version it was made', () => {
  expect(exportZones(DEFINITION, 'gbfs3', META)).toMatchObject({
    last_updated: '2026-11-20T12:00:00.000Z',
    ttl: 0,
    version: '3.0',
  });
  expect(exportZones(DEFINITION, 'gbfs2', META)).toMatchObject({ last_updated: NOON / 1_000, ttl: 0, version: '2.3' });
});

it('a plain name gets the language of the fleet where that is known', () => {
  const feed = exportZones(DEFINITION, 'gbfs3', { ...META, language: 'nl' });
  expect(feed).toMatchObject({
    data: { geofencing_zones: { features: [{ properties: { name: [{ text: 'Dam', language: 'nl' }] } }, {}] } },
  });
});

describe('a rule that leaves something open', () => {
  const FIELDS = ['rideStartAllowed', 'rideEndAllowed', 'rideThroughAllowed'] as const;

  it.each<[string, ZoneRule[], ZoneRule[]]>([
    ['where nobody else says anything', [{ maximumSpeedKph: 12 }], []],
    ['which a later rule of the zone decides', [{ maximumSpeedKph: 12 }, { rideEndAllowed: false }], []],
    [
      'which the global rules decide',
      [{ rideEndAllowed: true }],
      [{ rideEndAllowed: false, rideThroughAllowed: false }],
    ],
    ['among global rules', [], [{ rideStartAllowed: true }, { rideThroughAllowed: false }]],
    [
      'for one type',
      [
        { vehicleTypeIds: ['bike'], maximumSpeedKph: 9 },
        { vehicleTypeIds: ['bike', 'moped'], rideThroughAllowed: false },
      ],
      [],
    ],
    [
      'for every type, and a later one decides for some',
      [{ maximumSpeedKph: 12 }, { vehicleTypeIds: ['bike'], rideEndAllowed: false }],
      [{ vehicleTypeIds: ['moped'], rideThroughAllowed: false }],
    ],
  ])('is written out, %s, and still means the same', (_what, rules, globalRules) => {
    const { definition } = aZoneSet({ zones: [{ rules }], globalRules });
    const back = imported(exportZones(definition, 'gbfs3', META));
    for (const type of ['bike', 'moped', 'car']) {
      const before = resolveRule(aZoneSet({ zones: [{ rules }], globalRules }), [0], type);
      const after = resolveRule(aZoneSet({ zones: back.zones, globalRules: back.globalRules }), [0], type);
      // Written out, "nobody says" has become "allowed".
      for (const field of FIELDS)
        expect([type, field, after[field] ?? true]).toEqual([type, field, before[field] ?? true]);
      expect(after.maximumSpeedKph).toBe(before.maximumSpeedKph);
    }
  });

  it('keeps a limit that is no whole number at or below what it was', () => {
    const { definition } = aZoneSet({ zones: [{ rules: [{ maximumSpeedKph: 12.5 }] }] });
    expect(imported(exportZones(definition, 'gbfs3', META)).zones[0]?.rules[0]?.maximumSpeedKph).toBe(12);
    expect(imported(exportZones(definition, 'geojson', META)).zones[0]?.rules[0]?.maximumSpeedKph).toBe(12.5);
  });

  it('forbids both in GBFS 2 when it forbids one of starting and ending', () => {
    const { definition } = aZoneSet({ zones: [{ rules: [{ rideStartAllowed: true, rideEndAllowed: false }] }] });
    expect(imported(exportZones(definition, 'gbfs2', META)).zones[0]?.rules).toEqual([
      { rideStartAllowed: false, rideEndAllowed: false, rideThroughAllowed: true },
    ]);
  });
});

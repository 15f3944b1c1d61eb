import type { Geometry } from '@corral/geo';
import { importZones } from './import-zones';
import { aSquare, NOON } from './testing';
import type { ZoneImport } from './zone-import';

const SHAPE = aSquare(4.9, 52.37, 500);
const MULTI = { type: 'MultiPolygon', coordinates: [SHAPE.coordinates] } as Geometry;
const feature = (properties: unknown = {}, more: object = {}) => ({
  type: 'Feature',
  geometry: MULTI,
  properties,
  ...more,
});
const collection = (...features: unknown[]) => ({ type: 'FeatureCollection', features });
const gbfs3 = (features: unknown[], more: object = {}) => ({
  last_updated: '2026-11-20T12:00:00Z',
  ttl: 60,
  version: '3.0',
  data: { geofencing_zones: collection(...features), global_rules: [], ...more },
});
const gbfs2 = (...features: unknown[]) => ({ version: '2.3', data: { geofencing_zones: collection(...features) } });
const bow = [
  [
    [
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
      [0, 0],
    ],
  ],
];

function taken(result: ZoneImport) {
  if (result.kind === 'refused') throw new Error(`refused as ${result.code}: ${result.detail}`);
  return result;
}
const zonesOf = (document: unknown, options = {}) => taken(importZones(document, options)).definition.zones;
const warningsOf = (document: unknown, options = {}) =>
  importZones(document, options).warnings.map(({ code, path }) => [code, path]);
const refusedOf = (document: unknown, options = {}) =>
  importZones(document, options).refused.map(({ index, code, path }) => [index, code, path]);

describe('the forms of a file', () => {
  it('GBFS 3: rules by field, names by language, times in RFC 3339', () => {
    const rule = {
      vehicle_type_ids: ['bike'],
      ride_start_allowed: true,
      ride_end_allowed: false,
      ride_through_allowed: true,
      maximum_speed_kph: 20,
      station_parking: true,
    };
    const name = [{ text: 'Dam', language: 'nl' }];
    const zone = {
      name,
      rules: [rule],
      start: '2026-11-20T12:00:00Z',
      end: '2026-11-20T13:00:00+01:00',
      colour: 'red',
    };
    const document = gbfs3([feature({ ...zone, end: '2026-11-20T14:00:00+01:00' })], {
      global_rules: [{ ride_start_allowed: false, ride_end_allowed: false, ride_through_allowed: true }],
    });
    expect(importZones(document, { profile: 'confirmed' })).toEqual({
      kind: 'ok',
      definition: {
        format: 1,
        origin: 'gbfs3',
        profile: 'confirmed',
        zones: [
          {
            zoneId: 'zone-0',
            index: 0,
            name,
            geometry: MULTI,
            rules: [
              {
                vehicleTypeIds: ['bike'],
                rideStartAllowed: true,
                rideEndAllowed: false,
                rideThroughAllowed: true,
                maximumSpeedKph: 20,
                stationParking: true,
              },
            ],
            start: NOON,
            end: NOON + 3_600_000,
            properties: { colour: 'red' },
          },
        ],
        globalRules: [{ rideStartAllowed: false, rideEndAllowed: false, rideThroughAllowed: true }],
      },
      refused: [],
      warnings: [],
    });
  });

  it('GBFS 2: ride_allowed means starting and ending, times are seconds, there are no global rules', () => {
    const zone = {
      name: 'Dam',
      start: NOON / 1_000,
      end: NOON / 1_000 + 60,
      rules: [{ vehicle_type_id: ['bike'], ride_allowed: false, ride_through_allowed: true }],
    };
    const { definition, warnings } = taken(importZones(gbfs2(feature(zone))));
    expect(definition).toMatchObject({
      origin: 'gbfs2',
      profile: 'confirmed',
      globalRules: [],
      zones: [
        {
          name: 'Dam',
          start: NOON,
          end: NOON + 60_000,
          rules: [
            { vehicleTypeIds: ['bike'], rideStartAllowed: false, rideEndAllowed: false, rideThroughAllowed: true },
          ],
        },
      ],
    });
    expect(warnings).toEqual([]);
  });

  it('plain GeoJSON: a zone without rules, any other property kept, the feature’s id', () => {
    const document = collection(
      feature({ name: 'Park', owner: { city: 'Utrecht' } }, { id: 7, geometry: SHAPE }),
      feature(null),
    );
    expect(taken(importZones(document)).definition).toMatchObject({
      origin: 'geojson',
      zones: [
        { zoneId: '7', index: 0, name: 'Park', geometry: SHAPE, rules: [], properties: { owner: { city: 'Utrecht' } } },
        { zoneId: 'zone-1', index: 1 },
      ],
    });
  });

  it('plain GeoJSON: rules and global_rules mean what they mean in GBFS', () => {
    const document = {
      ...collection(feature({ rules: [{ ride_through_allowed: true }] })),
      global_rules: [{ ride_through_allowed: false }],
    };
    expect(taken(importZones(document)).definition).toMatchObject({
      zones: [{ rules: [{ rideThroughAllowed: true }] }],
      globalRules: [{ rideThroughAllowed: false }],
    });
  });

  it.each<[string, (geographies: unknown[]) => unknown]>([
    ['MDS geographies', (geographies) => ({ geographies })],
    ['MDS geographies in their feed', (geographies) => ({ version: '2.0.0', data: { geographies } })],
  ])('%s: one zone each, its features are its parts', (_what, around) => {
    const other = aSquare(5.1, 52.37, 500);
    const document = around([
      {
        geography_id: 'g-1',
        name: 'Centre',
        effective_date: NOON,
        geography_json: collection(feature(), feature({}, { geometry: other })),
      },
      { geography_id: 'g-2', geography_type: 'stop', geography_json: feature({}, { geometry: SHAPE }) },
      { geography_id: 'g-3', geography_json: SHAPE },
      { geography_id: 'g-4' },
      { geography_id: 'g-5', geography_json: collection(feature({}, { geometry: null })) },
    ]);
    const { definition, refused } = taken(importZones(document));
    expect(definition).toMatchObject({
      origin: 'mds',
      zones: [
        {
          zoneId: 'g-1',
          name: 'Centre',
          start: NOON,
          geometry: { type: 'MultiPolygon', coordinates: [SHAPE.coordinates, other.coordinates] },
        },
        { zoneId: 'g-2', geometry: SHAPE, properties: { geography_id: 'g-2', geography_type: 'stop' } },
        { zoneId: 'g-3', geometry: SHAPE },
      ],
    });
    expect(refused).toMatchObject([
      { index: 3, code: 'geometry_missing', path: 'geographies/3/geography_json' },
      { index: 4, code: 'geometry_missing', path: 'geographies/4/geography_json/features/0/geometry' },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['3.0', gbfs3([feature()]), 'gbfs3'],
    ['3.1-RC3', { ...gbfs3([feature()]), version: '3.1-RC3' }, 'gbfs3'],
    ['2.1', { ...gbfs2(feature()), version: '2.1' }, 'gbfs2'],
    ['none, with global rules', { geofencing_zones: collection(feature()), global_rules: [] }, 'gbfs3'],
    [
      'none, with ride_allowed',
      { geofencing_zones: collection(feature({ rules: [{ ride_allowed: true }] })) },
      'gbfs2',
    ],
    ['none, with nothing to tell by', { geofencing_zones: collection(feature()) }, 'gbfs3'],
  ])('GBFS of version %s', (_version, document, origin) => {
    expect(taken(importZones(document)).definition.origin).toBe(origin);
    expect(warningsOf(document)).toEqual([]);
  });

  it('GBFS of a version nobody has heard of is read by its looks, and that is said', () => {
    expect(warningsOf({ ...gbfs3([feature()]), version: '4.2' })).toEqual([['version_unknown', 'version']]);
  });

  it.each<[string, unknown, string | undefined]>([
    ['nothing', undefined, undefined],
    ['null', null, undefined],
    ['a list', [feature()], undefined],
    ['text', 'zones', undefined],
    ['a single feature', feature(), undefined],
    ['a vehicle feed', { data: { vehicles: [] } }, undefined],
    ['a collection without a list', { type: 'FeatureCollection', features: {} }, 'features'],
    [
      'a feed without a list',
      { data: { geofencing_zones: { type: 'FeatureCollection' } } },
      'geofencing_zones/features',
    ],
  ])('%s is none of them', (_what, document, field) => {
    expect(importZones(document)).toMatchObject({ kind: 'refused', code: 'document_not_recognised', field });
  });
});

describe('a zone that cannot be used', () => {
  const cases: [code: string, path: string, feature: unknown][] = [
    ['feature_invalid', 'features/1', 'zone'],
    ['feature_invalid', 'features/1', null],
    ['feature_invalid', 'features/1/properties', feature('red')],
    ['geometry_missing', 'features/1/geometry', feature({}, { geometry: null })],
    [
      'geometry_type_unsupported',
      'features/1/geometry/type',
      feature({}, { geometry: { type: 'Point', coordinates: [4.9, 52.4] } }),
    ],
    [
      'ring_self_intersection',
      'features/1/geometry/coordinates',
      feature({}, { geometry: { type: 'MultiPolygon', coordinates: bow } }),
    ],
    ['zone_id_invalid', 'features/1', feature({}, { id: '' })],
    ['zone_id_invalid', 'features/1', feature({}, { id: { a: 1 } })],
    ['zone_id_invalid', 'features/1', feature({}, { id: 'global' })],
    ['zone_id_invalid', 'features/1', feature({}, { id: 'x'.repeat(129) })],
    ['zone_id_repeated', 'features/1', feature({}, { id: 'zone-0' })],
    ['rule_invalid', 'features/1/properties/rules', feature({ rules: 'none' })],
    ['rule_invalid', 'features/1/properties/rules/0', feature({ rules: [true] })],
    [
      'rule_invalid',
      'features/1/properties/rules/1/ride_end_allowed',
      feature({ rules: [{}, { ride_end_allowed: 'no' }] }),
    ],
    ['rule_invalid', 'features/1/properties/rules/0/ride_allowed', feature({ rules: [{ ride_allowed: 1 }] })],
    [
      'rule_invalid',
      'features/1/properties/rules/0/maximum_speed_kph',
      feature({ rules: [{ maximum_speed_kph: '20' }] }),
    ],
    ['rule_invalid', 'features/1/properties/rules/0/maximum_speed_kph', feature({ rules: [{ maximum_speed_kph: 0 }] })],
    [
      'rule_invalid',
      'features/1/properties/rules/0/maximum_speed_kph',
      feature({ rules: [{ maximum_speed_kph: -5 }] }),
    ],
    [
      'rule_invalid',
      'features/1/properties/rules/0/maximum_speed_kph',
      feature({ rules: [{ maximum_speed_kph: Infinity }] }),
    ],
    ['rule_invalid', 'features/1/properties/rules/0/vehicle_type_ids', feature({ rules: [{ vehicle_type_ids: [7] }] })],
    [
      'rule_invalid',
      'features/1/properties/rules/0/vehicle_type_ids',
      feature({ rules: [{ vehicle_type_ids: true }] }),
    ],
    ['time_invalid', 'features/1/properties/start', feature({ start: 'monday' })],
    ['time_invalid', 'features/1/properties/end', feature({ end: NOON })],
    [
      'time_invalid',
      'features/1/properties/end',
      feature({ start: '2026-11-20T12:00:00Z', end: '2026-11-20T12:00:00Z' }),
    ],
    ['property_invalid', 'features/1/properties/name', feature({ name: 'Dam\u0000' })],
    ['property_invalid', 'features/1/properties/name/0/text', feature({ name: [{ text: '\udc00', language: 'nl' }] })],
    ['property_invalid', 'features/1/properties/a/b', feature({ a: { b: ['\ud800'] } })],
    ['property_invalid', 'features/1/properties/a', feature({ a: { 'x\u0000': 1 } })],
    ['property_invalid', 'features/1/properties', feature(JSON.parse('{"__proto__":{"admin":true}}'))],
  ];

  it.each(cases)('is refused as %s at %s, and its neighbours are taken', (code, path, bad) => {
    const document = gbfs3([feature(), bad, feature()]);
    const result = taken(importZones(document));
    expect(result.definition.zones.map(({ zoneId, index }) => [zoneId, index])).toEqual([
      ['zone-0', 0],
      ['zone-2', 2],
    ]);
    expect(result.refused).toEqual([expect.objectContaining({ index: 1, code, path: expect.stringContaining(path) })]);
  });

  it('is refused when its properties are nested without an end', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 20_000; i += 1) deep = [deep];
    expect(importZones(gbfs3([feature(), feature({ deep })])).refused).toMatchObject([
      { index: 1, code: 'property_invalid' },
    ]);
  });

  it('is told with its name', () => {
    const name = [{ text: 'Museumplein', language: 'nl' }];
    expect(importZones(gbfs3([feature({ name }, { geometry: null })])).refused).toMatchObject([
      { name: 'Museumplein' },
    ]);
  });

  it('sinks the file only if nothing else is in it', () => {
    const document = gbfs3([feature({}, { geometry: null })]);
    expect(importZones(document)).toMatchObject({ kind: 'refused', code: 'no_usable_zone', refused: [{ index: 0 }] });
    expect(importZones(gbfs3([]))).toMatchObject({ kind: 'refused', code: 'no_usable_zone', refused: [] });
  });
});

it('global rules that cannot be read refuse the whole: other rules would hold in the whole city', () => {
  const document = gbfs3([feature()], { global_rules: [{ ride_through_allowed: 'never' }] });
  expect(importZones(document)).toMatchObject({
    kind: 'refused',
    code: 'rule_invalid',
    field: 'global_rules/0/ride_through_allowed',
  });
});

it.each<[string, unknown, string]>([
  ['no list', {}, 'silence_limits'],
  ['no object', [5], 'silence_limits/0'],
  ['a member we do not know', [{ on_trip: 60 }], 'silence_limits/0'],
  ['no time', [{}, { otherwise_seconds: 'long' }], 'silence_limits/1/otherwise_seconds'],
  ['less than a second', [{ on_trip_seconds: 0 }], 'silence_limits/0/on_trip_seconds'],
  ['no types', [{ vehicle_type_ids: [] }], 'silence_limits/0/vehicle_type_ids'],
])('silence limits that cannot be read refuse the whole: %s', (_what, silenceLimits, field) => {
  const document = { ...collection(feature()), silence_limits: silenceLimits };
  expect(importZones(document)).toMatchObject({ kind: 'refused', code: 'silence_limit_invalid', field });
});

it.each([0, -1, '30', 1e9])('a zone that may be parked in for %p minutes is refused', (minutes) => {
  const document = collection(feature({ rules: [{ maximum_parked_minutes: minutes }] }), feature());
  expect(importZones(document)).toMatchObject({
    refused: [{ code: 'rule_invalid', path: 'features/0/properties/rules/0/maximum_parked_minutes' }],
  });
});

describe('what is taken although it is odd', () => {
  const withRule = (rule: object) => gbfs3([feature({ rules: [rule] })]);
  const at = 'features/0/properties';

  it.each<[string, unknown, [string, string][], object]>([
    [
      'the singular vehicle_type_id of GBFS 2 in a file of GBFS 3',
      withRule({ vehicle_type_id: ['bike'] }),
      [['gbfs2_field_honoured', `${at}/rules/0/vehicle_type_id`]],
      { rules: [{ vehicleTypeIds: ['bike'] }] },
    ],
    [
      'one vehicle type that is no list',
      withRule({ vehicle_type_id: 'bike', vehicle_type_ids: ['moped'] }),
      [['gbfs2_field_honoured', `${at}/rules/0/vehicle_type_id`]],
      { rules: [{ vehicleTypeIds: ['bike', 'moped'] }] },
    ],
    [
      'ride_allowed in a file of GBFS 3, which yields to what GBFS 3 says',
      withRule({ ride_end_allowed: true, ride_allowed: false }),
      [['gbfs2_field_honoured', `${at}/rules/0/ride_allowed`]],
      { rules: [{ rideStartAllowed: false, rideEndAllowed: true }] },
    ],
    [
      'a right of GBFS 3 in a file of GBFS 2',
      gbfs2(feature({ rules: [{ ride_end_allowed: false }] })),
      [['gbfs3_field_honoured', `${at}/rules/0/ride_end_allowed`]],
      { rules: [{ rideEndAllowed: false }] },
    ],
    [
      'a field that is null',
      withRule({ maximum_speed_kph: null, ride_end_allowed: true }),
      [['rule_field_null', `${at}/rules/0/maximum_speed_kph`]],
      { rules: [{ rideEndAllowed: true }] },
    ],
    [
      'a field no rule has',
      withRule({ ride_sideways_allowed: true, constructor: true }),
      [
        ['rule_field_unknown', `${at}/rules/0/ride_sideways_allowed`],
        ['rule_field_unknown', `${at}/rules/0/constructor`],
      ],
      { rules: [{}] },
    ],
    [
      'an empty list of types, which is every type',
      withRule({ vehicle_type_ids: [], ride_end_allowed: false }),
      [['vehicle_type_ids_empty', `${at}/rules/0/vehicle_type_ids`]],
      { rules: [{ rideEndAllowed: false }] },
    ],
    [
      'seconds in a file of GBFS 3',
      gbfs3([feature({ start: NOON / 1_000 })]),
      [['time_form_unexpected', `${at}/start`]],
      { start: NOON },
    ],
    [
      'a text time in a file of GBFS 2',
      gbfs2(feature({ end: '2026-11-20T12:00:00Z' })),
      [['time_form_unexpected', `${at}/end`]],
      { end: NOON },
    ],
    ['a name that is none', gbfs3([feature({ name: 7 })]), [['name_invalid', `${at}/name`]], { name: undefined }],
    [
      'a list of names with one that is none',
      gbfs3([feature({ name: [{ text: 'Dam', language: 'nl' }, 'Dam'] })]),
      [['name_invalid', `${at}/name`]],
      { name: [{ text: 'Dam', language: 'nl' }] },
    ],
    [
      'nulls where nothing has to be',
      gbfs3([feature({ name: null, start: null, end: null, rules: null })]),
      [],
      { rules: [] },
    ],
  ])('%s', (_what, document, warnings, zone) => {
    expect(zonesOf(document)).toMatchObject([zone]);
    expect(warningsOf(document)).toEqual(warnings);
  });

  it('global rules in a file of GBFS 2: they do not exist there', () => {
    const document = {
      version: '2.3',
      data: { geofencing_zones: collection(feature()), global_rules: [{ ride_through_allowed: false }] },
    };
    expect(taken(importZones(document)).definition.globalRules).toEqual([]);
    expect(warningsOf(document)).toEqual([['global_rules_ignored', 'global_rules']]);
  });

  it('a hundred thousand oddities: a thousand are listed', () => {
    const rules = Array.from({ length: 3_000 }, () => ({ what: 1 }));
    const { warnings } = importZones(gbfs3([feature({ rules })]));
    expect(warnings).toHaveLength(1_001);
    expect(warnings.at(-1)?.code).toBe('warnings_cut');
  });
});

describe('the id of a zone', () => {
  it('is the value of the property that was chosen, else the feature’s own, else its place', () => {
    const document = collection(
      feature({ code: 'A-1' }, { id: 'own' }),
      feature({}, { id: 'own' }),
      feature({ code: 12 }),
      feature(),
    );
    expect(zonesOf(document, { idProperty: 'code' }).map(({ zoneId }) => zoneId)).toEqual([
      'A-1',
      'own',
      '12',
      'zone-3',
    ]);
    expect(warningsOf(document, { idProperty: 'code' })).toEqual([
      ['id_property_missing', 'features/1/properties'],
      ['id_property_missing', 'features/3/properties'],
    ]);
    expect(zonesOf(document, { idProperty: 'code' })[0]?.properties).toEqual({ code: 'A-1' });
  });

  it('is no inherited property', () => {
    expect(zonesOf(collection(feature()), { idProperty: 'toString' })[0]?.zoneId).toBe('zone-0');
  });

  it('is taken by the first that has it: the repeats are told, never put in its place', () => {
    const document = collection(
      feature({ n: 1 }, { id: 'a' }),
      feature({ n: 2 }, { id: 'a' }),
      feature({ n: 3 }, { id: 'a' }),
    );
    expect(zonesOf(document).map(({ properties }) => properties)).toEqual([{ n: 1 }]);
    expect(refusedOf(document)).toEqual([
      [1, 'zone_id_repeated', 'features/1'],
      [2, 'zone_id_repeated', 'features/2'],
    ]);
  });

  it('is free again if the zone that had it could not be used', () => {
    const document = collection(feature({}, { id: 'a', geometry: null }), feature({}, { id: 'a' }));
    expect(zonesOf(document).map(({ index }) => index)).toEqual([1]);
  });
});

it('a definition is plain JSON: stored and read back it is the same', () => {
  const { definition } = taken(importZones(gbfs3([feature({ name: 'Dam', start: '2026-11-20T12:00:00Z' })])));
  expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
});

import { importStations } from './import-stations';

/** Example 2 of GBFS 3.1 (`station_information.json`): a virtual station. */
const VIRTUAL = {
  station_id: 'station12',
  name: [{ text: 'SE Belmont & SE 10th', language: 'en' }],
  lat: 45.516445,
  lon: -122.655775,
  city: 'Portland, OR',
  is_valet_station: false,
  is_virtual_station: true,
  is_charging_station: false,
  station_area: {
    type: 'MultiPolygon',
    coordinates: [
      [
        [
          [-122.655775, 45.516445],
          [-122.655705, 45.516445],
          [-122.655705, 45.516495],
          [-122.655775, 45.516495],
          [-122.655775, 45.516445],
        ],
      ],
    ],
  },
  capacity: 16,
  vehicle_types_capacity: [{ vehicle_type_ids: ['abc123', 'def456'], count: 15 }],
};
/** As GBFS 2.3 writes a physical one: its name is a text. */
const DOCKS = { station_id: 'pga', name: 'Parking garage A', lat: 12.345678, lon: 45.678901, capacity: 7 };

const feed = (...stations: unknown[]) => ({ last_updated: 1640887163, ttl: 0, version: '3.1', data: { stations } });
const read = (...stations: unknown[]) => importStations(feed(...stations));

test('the worked example of GBFS 3.1 is read, its coordinates as they came and its other fields kept', () => {
  expect(read(VIRTUAL)).toEqual({
    kind: 'ok',
    definition: {
      format: 1,
      stations: [
        {
          stationId: 'station12',
          index: 0,
          name: VIRTUAL.name,
          position: [-122.655775, 45.516445],
          area: VIRTUAL.station_area,
          properties: {
            city: 'Portland, OR',
            is_valet_station: false,
            is_virtual_station: true,
            is_charging_station: false,
            capacity: 16,
            vehicle_types_capacity: VIRTUAL.vehicle_types_capacity,
          },
        },
      ],
    },
    refused: [],
    warnings: [],
  });
});

test('a station of GBFS 2 has a name in one language and, with docks, no area', () => {
  const docks = {
    stationId: 'pga',
    index: 0,
    name: 'Parking garage A',
    position: [45.678901, 12.345678],
    area: undefined,
  };
  for (const document of [feed(DOCKS), { stations: [DOCKS] }])
    expect(importStations(document)).toMatchObject({ kind: 'ok', definition: { stations: [docks] } });
  expect(read({ ...DOCKS, station_area: null })).toMatchObject({ kind: 'ok', definition: { stations: [docks] } });
});

const ring = VIRTUAL.station_area.coordinates[0]![0]!;
const area = (...rings: unknown[]) => ({ type: 'MultiPolygon', coordinates: [rings] });
const bowTie = [ring[0], ring[2], ring[1], ring[3], ring[0]];

test.each<[string, string, unknown]>([
  ['station_invalid', 'stations/1', 'station12'],
  ['station_id_invalid', 'stations/1/station_id', { ...DOCKS, station_id: undefined }],
  ['station_id_invalid', 'stations/1/station_id', { ...DOCKS, station_id: 'x'.repeat(129) }],
  ['station_id_repeated', 'stations/1', { ...VIRTUAL, station_id: 'first' }],
  ['position_missing', 'stations/1', { station_id: 's' }],
  ['position_invalid', 'stations/1', { ...DOCKS, lon: undefined }],
  ['position_invalid', 'stations/1', { ...DOCKS, lat: '12.3' }],
  ['latitude_out_of_range', 'stations/1/lat', { ...DOCKS, lat: 90.1 }],
  ['longitude_out_of_range', 'stations/1/lon', { ...DOCKS, lon: -180.1 }],
  ['property_invalid', 'stations/1/name', { ...DOCKS, name: 'NUL \0' }],
  ['property_invalid', 'stations/1/address', { ...DOCKS, address: '\ud800' }],
  ['geometry_type_unsupported', 'stations/1/station_area/type', { ...VIRTUAL, station_area: { type: 'Point' } }],
  ['ring_not_closed', 'stations/1/station_area/coordinates/0/0', { ...VIRTUAL, station_area: area(ring.slice(0, 4)) }],
  ['ring_self_intersection', 'stations/1/station_area/coordinates/0/0', { ...VIRTUAL, station_area: area(bowTie) }],
])('a station that is %s at %s is left out, and sinks no neighbour', (code, path, bad) => {
  const last = { ...DOCKS, station_id: 'last' };
  const result = read({ ...DOCKS, station_id: 'first' }, bad, last);
  expect(result).toMatchObject({
    kind: 'ok',
    definition: { stations: [{ stationId: 'first' }, { stationId: 'last', index: 2 }] },
    refused: [{ index: 1, code, path: expect.stringContaining(path) }],
  });
});

test('what is odd and can only mean one thing is taken, and said', () => {
  const polygon = { type: 'Polygon', coordinates: VIRTUAL.station_area.coordinates[0] };
  const { lat: _lat, lon: _lon, ...nowhere } = VIRTUAL;
  const result = read(
    { ...DOCKS, station_id: 7 },
    { ...nowhere, name: [{ text: 5 }] },
    { ...VIRTUAL, station_id: 'p', station_area: polygon },
  );
  expect(result).toMatchObject({
    kind: 'ok',
    definition: { stations: [{ stationId: '7' }, { stationId: 'station12' }, { stationId: 'p', area: polygon }] },
    refused: [],
    warnings: [
      { index: 1, code: 'position_missing', path: 'stations/1' },
      { index: 1, code: 'name_invalid', path: 'stations/1/name' },
      {
        index: 2,
        name: 'SE Belmont & SE 10th',
        code: 'station_area_not_multipolygon',
        path: 'stations/2/station_area',
      },
    ],
  });
});

test('a fleet may say that it has no stations; a file of which none can be used says nothing', () => {
  expect(read()).toMatchObject({ kind: 'ok', definition: { format: 1, stations: [] } });
  expect(read({ station_id: 's' })).toMatchObject({
    kind: 'refused',
    code: 'no_usable_station',
    refused: [{ code: 'position_missing' }],
  });
  for (const document of [undefined, [], {}, { data: { stations: {} } }, { data: { geofencing_zones: {} } }])
    expect(importStations(document)).toMatchObject({ kind: 'refused', code: 'document_not_recognised' });
});

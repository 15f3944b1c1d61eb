import { checkGeometry } from './check-geometry';
import type { GeometryRefusalCode } from './geometry-refusal';
import { ring, square } from './testing/rings';

const polygon = (...coordinates: unknown[]) => ({ type: 'Polygon', coordinates });
const multi = (...coordinates: unknown[]) => ({ type: 'MultiPolygon', coordinates });
const city = square(0, 0, 10);
// The notch opens to the south, between 3 and 7.
const notched = ring([0, 0], [3, 0], [3, 5], [7, 5], [7, 0], [10, 0], [10, 10], [0, 10]);

describe('a geometry that is taken', () => {
  test.each<[string, unknown]>([
    ['a square', polygon(city)],
    [
      'a square that runs clockwise, with a hole that runs the same way',
      polygon(city.toReversed(), square(4, 4, 2).toReversed()),
    ],
    ['repeated positions, also at the end', polygon(ring([0, 0], [0, 0], [5, 0], [5, 5], [5, 5], [0, 0]))],
    ['a position in the middle of a straight edge', polygon(ring([0, 0], [5, 0], [10, 0], [10, 10]))],
    ['a hole that touches the shell in one corner', polygon(city, ring([0, 0], [4, 2], [2, 4]))],
    ['a hole whose corner touches the middle of an edge of the shell', polygon(city, ring([5, 0], [6, 3], [4, 3]))],
    ['two holes that touch in a corner', polygon(city, square(2, 2, 2), square(4, 4, 2))],
    ['four holes that touch in one position', polygon(city, ...fourAround(5, 5))],
    ['two parts apart', multi([city], [square(20, 0, 5)])],
    ['two parts that touch in a corner', multi([city], [square(10, 10, 5)])],
    ['an island in a lake', multi([city, square(2, 2, 6)], [square(4, 4, 2)])],
    [
      'an island that touches the shore with all its corners',
      multi([city, square(2, 2, 6)], [ring([5, 2], [8, 5], [5, 8], [2, 5])]),
    ],
    [
      'an island whose first corner is the first of the shore',
      multi([city, square(2, 2, 6)], [ring([2, 2], [8, 5], [5, 8])]),
    ],
    ['an empty part and an empty hole beside what is there', multi([city, []], [], [[]])],
    ['elevations', polygon(city.map(([lng, lat]) => [lng, lat, 12]))],
    ['an edge of exactly 180°', polygon(ring([-90, 0], [90, 0], [0, 10]))],
    ['the corners of the map', polygon(ring([-180, -90], [0, -90], [0, 90], [-180, 90]))],
    ['members that GeoJSON does not know', { ...polygon(city), bbox: [0, 0, 10, 10], name: 'city' }],
  ])('%s', (_name, value) => {
    expect(checkGeometry(value, 'g')).toMatchObject({ kind: 'ok', geometry: { type: 'MultiPolygon' } });
  });

  test('keeps every number as it came, in the arrays it came in', () => {
    const coordinates = [city.map(([lng, lat]) => [lng, lat, 0.1 + 0.2])];
    const checked = checkGeometry({ type: 'Polygon', coordinates }, 'g');
    if (checked.kind === 'refused') throw new Error(checked.detail);
    expect(checked.geometry.coordinates[0]).toBe(coordinates);
    expect(checked.geometry.coordinates).toEqual([
      [[[0, 0, 0.30000000000000004], expect.anything(), expect.anything(), expect.anything(), expect.anything()]],
    ]);
  });
});

describe('a geometry that is refused says why and where', () => {
  test.each<[string, unknown, GeometryRefusalCode, string]>([
    ['no geometry', null, 'geometry_missing', ''],
    ['nothing at all', undefined, 'geometry_missing', ''],
    ['a point', { type: 'Point', coordinates: [0, 0] }, 'geometry_type_unsupported', '/type'],
    ['a collection', { type: 'GeometryCollection', geometries: [polygon(city)] }, 'geometry_type_unsupported', '/type'],
    ['a text', 'POLYGON ((0 0, 1 0, 1 1, 0 0))', 'geometry_type_unsupported', '/type'],
    ['no coordinates', { type: 'Polygon' }, 'coordinates_invalid', '/coordinates'],
    ['a part that is no list', multi([city], 7), 'coordinates_invalid', '/coordinates/1'],
    ['a ring that is no list', polygon(city, { a: 1 }), 'coordinates_invalid', '/coordinates/1'],
    ['positions where rings should be', polygon(...city), 'position_invalid', '/coordinates/0/0'],
    ['no ring', polygon(), 'geometry_empty', '/coordinates'],
    ['only empty parts', multi([], [[]], [[], []]), 'geometry_empty', '/coordinates'],
    ['a hole in an empty shell', polygon([], city), 'ring_too_short', '/coordinates/0'],
    [
      'a number as text',
      polygon([
        [0, 0],
        [1, '0'],
        [1, 1],
        [0, 0],
      ]),
      'position_invalid',
      '/coordinates/0/1',
    ],
    ['a position of one number', multi([[[0, 0], [1, 0], [1], [0, 0]]]), 'position_invalid', '/coordinates/0/0/2'],
    [
      'an infinite number',
      polygon([
        [0, 0],
        [1, 0],
        [1, Infinity],
        [0, 0],
      ]),
      'position_invalid',
      '/coordinates/0/2',
    ],
    [
      'no number',
      polygon([
        [0, 0],
        [1, Number.NaN],
        [1, 1],
        [0, 0],
      ]),
      'position_invalid',
      '/coordinates/0/1',
    ],
    [
      'an elevation that is no number',
      polygon([
        [0, 0, null],
        [1, 0],
        [1, 1],
        [0, 0],
      ]),
      'position_invalid',
      '/coordinates/0/0',
    ],
    [
      'a longitude of 181',
      multi([city], [city, ring([1, 1], [181, 1], [2, 2])]),
      'longitude_out_of_range',
      '/coordinates/1/1/1',
    ],
    ['a latitude of -91', polygon(ring([0, 0], [0, -91], [1, 0])), 'latitude_out_of_range', '/coordinates/0/1'],
    [
      'three positions',
      polygon([
        [0, 0],
        [1, 1],
        [0, 0],
      ]),
      'ring_too_short',
      '/coordinates/0',
    ],
    [
      'a ring left open',
      polygon([
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ]),
      'ring_not_closed',
      '/coordinates/0',
    ],
    [
      'an edge across the antimeridian',
      polygon(ring([179, 0], [-179, 0], [-179, 1])),
      'antimeridian_crossing',
      '/coordinates/0/1',
    ],
    ['one position repeated', polygon(ring([1, 1], [1, 1], [1, 1])), 'ring_no_area', '/coordinates/0'],
    ['a line there and back', polygon(ring([0, 0], [1, 1], [2, 2], [0.5, 0.5])), 'ring_no_area', '/coordinates/0'],
    ['a spike outwards', polygon(ring([0, 0], [5, 0], [5, 2], [9, 2], [5, 2], [5, 5])), 'spike', '/coordinates/0/3'],
    ['a gore inwards', polygon(ring([0, 0], [5, 0], [5, 2], [2, 2], [5, 2], [5, 5])), 'spike', '/coordinates/0/3'],
    [
      'a spike at the first position',
      polygon(ring([9, 2], [5, 2], [5, 5], [0, 0], [5, 0], [5, 2])),
      'spike',
      '/coordinates/0/0',
    ],
    ['a bow-tie', multi([ring([0, 0], [4, 4], [4, 0], [0, 4])]), 'ring_self_intersection', '/coordinates/0/0/0'],
    [
      'a ring that touches itself in a corner',
      polygon(ring([0, 0], [4, 4], [4, 0], [8, 0], [4, 4], [0, 8])),
      'ring_self_intersection',
      '/coordinates/0/0',
    ],
    [
      'a corner on another edge of its ring',
      polygon(ring([0, 0], [8, 0], [8, 8], [4, 0], [0, 8])),
      'ring_self_intersection',
      '/coordinates/0/0',
    ],
    [
      'a ring that runs along itself',
      polygon(ring([0, 0], [8, 0], [8, 4], [6, 4], [6, 0], [2, 0], [2, 4], [0, 4])),
      'ring_self_intersection',
      '/coordinates/0/0',
    ],
    ['a hole across the shell', polygon(city, square(8, 4, 4)), 'rings_cross', '/coordinates/1/0'],
    [
      'a hole across the shell through two corners',
      polygon(city, ring([5, 5], [10, 0], [12, 5], [10, 10])),
      'rings_cross',
      '/coordinates/1/0',
    ],
    ['a hole along an edge of the shell', polygon(city, square(0, 4, 2)), 'rings_cross', '/coordinates/1/3'],
    ['the shell again as a hole', polygon(city, city), 'rings_cross', '/coordinates/1/0'],
    ['a hole outside', polygon(city, square(20, 4, 2)), 'hole_outside_shell', '/coordinates/1'],
    [
      'a hole outside, in a notch, touching with all its corners',
      polygon(notched, ring([3, 0], [7, 0], [5, 5])),
      'hole_outside_shell',
      '/coordinates/1',
    ],
    ['a hole in a hole', polygon(city, square(2, 2, 6), square(4, 4, 2)), 'holes_nested', '/coordinates/2'],
    ['a hole around a hole', polygon(city, square(4, 4, 2), square(2, 2, 6)), 'holes_nested', '/coordinates/1'],
    [
      'a hole in a hole, touching with all its corners',
      polygon(city, square(2, 2, 6), ring([5, 2], [8, 5], [5, 8], [2, 5])),
      'holes_nested',
      '/coordinates/2',
    ],
    [
      'a hole that touches the shell twice',
      polygon(city, ring([0, 5], [5, 4], [10, 5], [5, 6])),
      'interior_disconnected',
      '/coordinates/1',
    ],
    [
      'holes in a circle around ground nobody can reach',
      polygon(city, ...circleOfHoles()),
      'interior_disconnected',
      '/coordinates/4',
    ],
    ['a part twice', multi([city], [city]), 'parts_overlap', '/coordinates/1/0/0'],
    ['a part across another', multi([city], [square(8, 8, 4)]), 'parts_overlap', '/coordinates/1/0/0'],
    ['a part in another', multi([city], [square(2, 2, 2)]), 'parts_overlap', '/coordinates/1/0'],
    ['a part around another', multi([square(2, 2, 2)], [city]), 'parts_overlap', '/coordinates/0/0'],
    ['two parts that share an edge', multi([city], [square(10, 0, 10)]), 'parts_overlap', '/coordinates/1/0/3'],
  ])('%s', (_name, value, code, path) => {
    expect(checkGeometry(value, 'features/6/geometry')).toMatchObject({
      kind: 'refused',
      code,
      path: `features/6/geometry${path}`,
      detail: expect.stringMatching(/\w/),
    });
  });

  test('shows the value it refused', () => {
    expect(checkGeometry(polygon(ring([0, 0], [52.3, 152.3], [1, 0])), 'g')).toEqual({
      kind: 'refused',
      code: 'latitude_out_of_range',
      path: 'g/coordinates/0/1',
      detail: 'latitude 152.3 is not within -90 and 90 (longitude comes first)',
      value: [52.3, 152.3],
    });
  });

  test('counts positions as they came, repeats included', () => {
    const bowTie = ring([0, 0], [0, 0], [0, 0], [4, 4], [4, 0], [0, 4]);
    expect(checkGeometry(polygon(bowTie), 'g')).toMatchObject({ path: 'g/coordinates/0/2', value: [2, 2] });
  });
});

function fourAround(x: number, y: number) {
  return [
    ring([x, y], [x + 2, y - 1], [x + 2, y + 1]),
    ring([x, y], [x - 2, y - 1], [x - 2, y + 1]),
    ring([x, y], [x - 1, y + 2], [x + 1, y + 2]),
    ring([x, y], [x - 1, y - 2], [x + 1, y - 2]),
  ];
}

function circleOfHoles() {
  return [
    ring([2, 2], [5, 1], [8, 2]),
    ring([8, 2], [9, 5], [8, 8]),
    ring([8, 8], [5, 9], [2, 8]),
    ring([2, 8], [1, 5], [2, 2]),
  ];
}

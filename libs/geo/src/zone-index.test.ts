import type { Geometry, Position } from './geometry';
import { pointInMultiPolygon } from './point-in-polygon';
import { randomPolygon } from './testing/random-polygon';
import { square } from './testing/rings';
import { seededRandom } from './testing/seeded-random';
import { buildZoneIndex, buildZoneIndexInPieces } from './zone-index';

const shape = (...coordinates: Extract<Geometry, { type: 'MultiPolygon' }>['coordinates']): Geometry => ({
  type: 'MultiPolygon',
  coordinates,
});

test('without shapes nothing contains anything', () => {
  const index = buildZoneIndex([]);
  expect(index.size).toBe(0);
  expect(index.containing([5, 52])).toEqual([]);
});

test('empty shapes are counted, keep their places and contain nothing', () => {
  expect(buildZoneIndex([shape(), shape([], [[]])]).containing([1, 1])).toEqual([]);
  const index = buildZoneIndex([
    shape(),
    shape([square(0, 0, 2)]),
    shape([[]]),
    { type: 'Polygon', coordinates: [square(1, 1, 2)] },
  ]);
  expect(index.size).toBe(4);
  expect(index.containing([1.5, 1.5])).toEqual([1, 3]);
});

test('shapes are named in the order of the file, each once, also when several parts contain the position', () => {
  const wide = shape([square(0, 0, 10)], [square(1, 1, 8)], [square(2, 2, 6)]);
  const index = buildZoneIndex([wide, shape([square(40, 40, 1)]), wide, shape([square(3, 3, 3)]), wide]);
  expect(index.containing([4, 4])).toEqual([0, 2, 3, 4]);
});

test('the edge is inside, a hole is outside, the shore of the hole is inside', () => {
  const index = buildZoneIndex([shape([square(0, 0, 10), square(4, 4, 2)])]);
  expect(
    [
      [0, 5],
      [10, 10],
      [5, 5],
      [4, 5],
      [11, 5],
    ].map(([lng, lat]) => index.containing([lng!, lat!]).length),
  ).toEqual([1, 1, 0, 1, 0]);
});

test('three thousand answers are those of asking every shape', () => {
  const random = seededRandom(16);
  const shapes = Array.from({ length: 300 }, () =>
    shape(...Array.from({ length: 1 + Math.floor(random() * 5) }, near)),
  );
  const index = buildZoneIndex(shapes);
  let found = 0;
  for (let i = 0; i < 3_000; i += 1) {
    const position = i % 2 === 0 ? aCornerOf(shapes) : ([random() * 8, random() * 8] as const);
    const expected = [...shapes.keys()].filter((k) => pointInMultiPolygon(position, partsOf(shapes[k]!)));
    const answer = index.containing(position);
    if (answer.join() !== expected.join()) expect(answer).toEqual(expected);
    found += answer.length;
  }
  expect(found).toBeGreaterThan(3_000);

  // The polygons fall all over the world: moved together, they overlap.
  function near() {
    const [dx, dy] = [random() * 8, random() * 8];
    const polygon = randomPolygon(random);
    const [lng, lat] = polygon[0]![0]!;
    return polygon.map((ring) => ring.map((p): Position => [p[0] - lng + dx, p[1] - lat + dy]));
  }

  function aCornerOf(all: readonly Geometry[]): Position {
    const ring = partsOf(all[Math.floor(random() * all.length)]!)[0]![0]!;
    return ring[Math.floor(random() * ring.length)]!;
  }
});

function partsOf(geometry: Geometry) {
  return geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
}

test('made in pieces it is the same, and others get their turn between them', async () => {
  const random = seededRandom(20_261_129);
  const shapes = Array.from({ length: 25 }, () => shape(randomPolygon(random)));
  let turns = 0;
  const index = await buildZoneIndexInPieces(shapes, () => Promise.resolve(void (turns += 1)), 4);
  expect(turns).toBe(8);
  const whole = buildZoneIndex(shapes);
  expect(index.bytes).toBe(whole.bytes);
  const corners = shapes.flatMap(({ coordinates }) => coordinates.flat(2) as Position[]);
  expect(corners.map((corner) => index.containing(corner))).toEqual(corners.map((corner) => whole.containing(corner)));
  expect((await buildZoneIndexInPieces([], () => Promise.resolve())).containing([1, 1])).toEqual([]);
});

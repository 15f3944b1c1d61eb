import { buildCellGrid, startCellGrid } from './build-cell-grid';
import type { CellGrid } from './cell-grid';
import { cellGridIndex } from './cell-grid-index';
import type { Geometry, PolygonCoordinates, Position } from './geometry';
import { packShapes } from './packed-shapes';
import { square } from './testing/rings';
import { randomPolygon } from './testing/random-polygon';
import { seededRandom } from './testing/seeded-random';
import { buildZoneIndex } from './zone-index';

const polygon = (...coordinates: PolygonCoordinates): Geometry => ({ type: 'Polygon', coordinates });
const MEGABYTE = 2 ** 20;

test('a grid made in pieces, or posted to another thread, is the grid made in one go', () => {
  const random = seededRandom(3);
  const packed = packShapes(Array.from({ length: 40 }, () => polygon(...randomPolygon(random))));
  const whole = buildCellGrid(packed);
  const build = startCellGrid(packed);
  let steps = 1;
  while (build.add(7)) steps += 1;
  expect(steps).toBe(6);
  expect(build.finish()).toEqual(whole);
  expect(structuredClone(whole)).toEqual(whole);
});

test('shapes and grid in shared memory answer as before', () => {
  const packed = packShapes([polygon(square(5, 52, 0.1)), polygon(square(5.05, 52.05, 0.1))]);
  const grid = buildCellGrid(packed);
  const shared = cellGridIndex(
    { ...packed, coordinates: inSharedMemory(packed.coordinates) },
    { ...grid, words: inSharedMemory(grid.words) },
  );
  expect(shared.containing([5.07, 52.07])).toEqual([0, 1]);
  expect(shared.containing([5.12, 52.12])).toEqual([1]);
});

describe('memory grows with what was given, not with how large it is on the map', () => {
  test.each<[string, Geometry[], number]>([
    ['no zone', [], 0.001],
    ['a parking spot', [polygon(square(5, 52, 0.0002))], 0.01],
    ['a city', [polygon(square(5, 52, 0.3))], 1],
    ['a country', [polygon(square(5, 47, 8))], 1],
    ['the earth', [polygon(square(-180, -90, 180))], 1],
    ['a hair from pole to pole', [polygon([...line(0), ...line(1e-7).reverse(), [0, -90]])], 1],
    ['a diagonal of the earth', [polygon([[-180, -90], [180, 90], [180, 89.9], [-180, -90]])], 1], // prettier-ignore
    [
      'a thousand countries over each other',
      Array.from({ length: 1_000 }, (_, i) => polygon(square(5 + i / 1_000, 47, 8))),
      8,
    ],
    ['a country and a thousand parking spots in it', [polygon(square(5, 47, 8)), ...spots(1_000, 6, 50)], 4],
    ['parking spots all over the earth', spots(2_000, -170, -80, 0.16), 4],
  ])('%s', (_name, shapes, megabytes) => {
    const index = buildZoneIndex(shapes);
    expect(index.bytes).toBeLessThanOrEqual(megabytes * MEGABYTE);
    for (const [i, { coordinates }] of shapes.slice(0, 50).entries()) {
      const corner = (coordinates as PolygonCoordinates)[0]![0]!;
      expect(index.containing(corner)).toContain(i);
    }
  });

  function line(lng: number): Position[] {
    return [-90, -30, 0, 45, 90].map((lat): Position => [lng, lat]);
  }

  function spots(count: number, west: number, south: number, apart = 0.001): Geometry[] {
    return Array.from({ length: count }, (_, i) => polygon(square(west + i * apart, south + (i * apart) / 2, 0.0002)));
  }
});

test('a parking spot in a country is found on small cells, the country on large ones', () => {
  const shapes = [polygon(square(5, 47, 8)), polygon(square(6, 50, 0.0002)), polygon(square(6, 50, 0.5))];
  const grid = buildCellGrid(packShapes(shapes));
  expect(grid.levels.length).toBeGreaterThan(1);
  expect(buildZoneIndex(shapes).containing([6.0001, 50.0001])).toEqual([0, 1, 2]);
  expect(buildZoneIndex(shapes).containing([5.5, 50])).toEqual([0]);
  expect(buildZoneIndex(shapes).containing([4.5, 50])).toEqual([]);
});

test('parts of one shape on several levels name it once', () => {
  const archipelago: Geometry = {
    type: 'MultiPolygon',
    coordinates: [[square(5, 47, 8)], [square(6, 50, 0.0002)], [square(6, 50, 0.0001)]],
  };
  const shapes = [...Array.from({ length: 30 }, (_, i) => polygon(square(6, 50 + i, 0.0002))), archipelago];
  expect(buildCellGrid(packShapes(shapes)).levels.length).toBeGreaterThan(1);
  expect(buildZoneIndex(shapes).containing([6.00005, 50.00005])).toEqual([0, 30]);
});

test('behind a zone with many holes in one cell the next zone is found', () => {
  const holes = Array.from({ length: 60 }, (_, i) => square(5.000_001 + i * 1e-7, 52.000_001, 5e-8).toReversed());
  const shapes = [
    polygon(square(5, 52, 0.000_01), ...holes),
    polygon(square(5, 52, 0.000_01)),
    polygon(square(5, 52, 0.000_01)),
  ];
  const index = buildZoneIndex(shapes);
  expect(buildCellGrid(packShapes(shapes)).levels).toHaveLength(1);
  expect(index.containing([5.000_001_025, 52.000_005])).toEqual([0, 1, 2]);
  for (const [lng] of holes.map(([corner]) => corner!))
    expect(index.containing([lng + 2e-8, 52.000_001_02])).toEqual([1, 2]);
});

test('the smallest doubles there are lie on their side of the meridian, on cells larger than a degree too', () => {
  const halves = [polygon(square(0, -80, 160)), polygon(square(-160, -80, 160))];
  const index = buildZoneIndex(halves);
  expect(widestCell(buildCellGrid(packShapes(halves)))).toBeGreaterThan(1);
  expect(index.containing([5e-324, 0])).toEqual([0]);
  expect(index.containing([-5e-324, 0])).toEqual([1]);
  expect(index.containing([0, 5e-324])).toEqual([0, 1]);
  expect(index.containing([-0, -5e-324])).toEqual([0, 1]);
});

test('positions that are nowhere are in nothing', () => {
  const index = buildZoneIndex([polygon(square(-180, -90, 180))]);
  for (const wrong of [Number.NaN, Infinity, -Infinity, 1e300, -1e300]) {
    expect(index.containing([wrong, 0])).toEqual([]);
    expect(index.containing([-10, wrong])).toEqual([]);
  }
});

test('coordinates that are not finite cannot be indexed', () => {
  expect(() => buildZoneIndex([polygon([[0, 0], [1, Infinity], [1, 1], [0, 0]])])).toThrow(RangeError); // prettier-ignore
});

test('a plane with coordinates far beyond any degree is indexed too', () => {
  const index = buildZoneIndex([polygon(square(1e9, -3e9, 500)), polygon(square(-1e12, 1e12, 1e12))]);
  expect(index.containing([1e9 + 1, -3e9 + 499])).toEqual([0]);
  expect(index.containing([-1, 1e12 + 1])).toEqual([1]);
  expect(index.containing([0, 0])).toEqual([]);
});

function widestCell(grid: CellGrid): number {
  return Math.max(...grid.levels.map(({ columnsPerDegree }) => 1 / columnsPerDegree));
}

function inSharedMemory<T extends Float64Array | Uint32Array>(array: T): T {
  const shared = new (array.constructor as new (memory: SharedArrayBuffer) => T)(
    new SharedArrayBuffer(array.byteLength),
  );
  shared.set(array);
  return shared;
}

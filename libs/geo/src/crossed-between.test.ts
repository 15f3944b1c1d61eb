import { locateInShape } from './locate-in-shape';
import { packShapes } from './packed-shapes';
import { locate } from './point-in-polygon';
import { flatbushIndex } from './testing/flatbush-index';
import { randomPolygon } from './testing/random-polygon';
import { seededRandom } from './testing/seeded-random';
import { buildZoneIndex } from './zone-index';
import type { Geometry, Position, Ring } from './geometry';

const ring = (west: number, south: number, east: number, north: number): Ring => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];
const box = (...edges: Parameters<typeof ring>): Geometry => ({ type: 'Polygon', coordinates: [ring(...edges)] });
const holed: Geometry = { type: 'Polygon', coordinates: [ring(4, -2, 8, 2), ring(5, -1, 7, 1)] };
const all = () => true;

describe('a straight way', () => {
  const strips = buildZoneIndex([box(6, -1, 7, 1), box(2, -1, 3, 1), box(2, 5, 3, 6)]);

  it('leads through the shapes that it crosses, in its own order, from here to there', () => {
    expect(strips.crossedBetween([0, 0], [10, 0], all)).toEqual([
      { index: 1, enter: expect.closeTo(0.2), exit: expect.closeTo(0.3) },
      { index: 0, enter: expect.closeTo(0.6), exit: expect.closeTo(0.7) },
    ]);
    expect(strips.crossedBetween([10, 0], [0, 0], all).map(({ index }) => index)).toEqual([0, 1]);
  });

  it('leads through those only that were asked for', () => {
    expect(strips.crossedBetween([0, 0], [10, 0], (index) => index !== 1).map(({ index }) => index)).toEqual([0]);
  });

  it('leads past what is beside it, before it and behind it', () => {
    expect(strips.crossedBetween([0, 1.001], [10, 1.001], all)).toEqual([]);
    expect(strips.crossedBetween([3.5, 0], [5.5, 0], all)).toEqual([]);
    expect(strips.crossedBetween([0, 0], [10, 10], all).map(({ index }) => index)).toEqual([]);
  });

  it('does not lead through what it only touches, at a corner or along an edge', () => {
    expect(strips.crossedBetween([1, 0], [3, 2], all)).toEqual([]);
    const upright = buildZoneIndex([box(0, 0, 1, 1)]);
    expect(upright.crossedBetween([-1, 1], [1, -1], all)).toEqual([]);
    expect(upright.crossedBetween([-1, 1], [2, 1], all)).toEqual([]);
    expect(upright.crossedBetween([-1, -1], [2, 2], all)).toHaveLength(1);
  });

  it('leads through a shape with a hole from its first edge to its last, and not through one within the hole', () => {
    const index = buildZoneIndex([holed]);
    expect(index.crossedBetween([0, 0], [10, 0], all)).toEqual([
      { index: 0, enter: expect.closeTo(0.4), exit: expect.closeTo(0.8) },
    ]);
    expect(index.crossedBetween([5.5, 0], [6.5, 0], all)).toEqual([]);
  });

  it('finds every strip of a millionth of the way, wherever it is', () => {
    const places = Array.from({ length: 500 }, (_, i) => (i * 0.6180339887) % 1);
    const index = buildZoneIndex(places.map((at) => box(at, -1, at + 1e-6, 1)));
    const found = index.crossedBetween([0, -0.3], [1, 0.4], all);
    expect(found.map((crossing) => crossing.index).sort((a, b) => a - b)).toEqual([...places.keys()]);
  });

  it('leads through the same from one continent to another, where there are more cells on it than edges', () => {
    const far = [
      ...Array.from({ length: 20 }, (_, i) => box(4 + i / 1e3, 52, 4.0005 + i / 1e3, 52.001)),
      box(-74, 40, -73.999, 40.001),
    ];
    const [index, oracle] = [buildZoneIndex(far), flatbushIndex(far)];
    for (const [from, to] of [
      [
        [4.0002, 52.0005],
        [-73.9995, 40.0005],
      ],
      [
        [4, 52.0005],
        [150, 52.0005],
      ],
    ] as const) {
      const found = index.crossedBetween([...from], [...to], all);
      expect(found).toEqual(oracle.crossedBetween([...from], [...to], all));
      expect(found.length).toBeGreaterThan(0);
    }
  });

  it('leads nobody knows where across half of the world, and nowhere without shapes', () => {
    expect(strips.crossedBetween([-179, 0], [179, 0], all)).toEqual([]);
    expect(buildZoneIndex([]).crossedBetween([0, 0], [1, 1], all)).toEqual([]);
  });
});

describe('every way through random shapes', () => {
  const random = seededRandom(20_261_129);
  const told = { ways: 0, crossings: 0, otherwise: [] as unknown[] };
  for (let scene = 0; scene < 60; scene += 1) askAbout(together(1 + Math.floor(random() * 12)));

  test('is told as all edges of all shapes near it tell it', () => {
    expect(told.ways).toBe(12_000);
    expect(told.crossings).toBeGreaterThan(12_000);
    expect(told.otherwise).toEqual([]);
  });

  // From a hair to several times the size of a shape, mostly slanted; some along a border of cells, some from a corner or out of the world.
  function askAbout(shapes: readonly Geometry[]): void {
    const [index, plain] = [buildZoneIndex(shapes), flatbushIndex(shapes)];
    for (let i = 0; i < 200; i += 1) {
      const ringAsked = (shapes[Math.floor(random() * shapes.length)]!.coordinates as Ring[])[0]!;
      const corner = ringAsked[Math.floor(random() * ringAsked.length)]!;
      const size = Math.abs(ringAsked[0]![0] - ringAsked[Math.floor(ringAsked.length / 2)]![0]) || 1e-3;
      const length = size * 10 ** (1 - 6 * random());
      const from: Position = [corner[0] + (random() - 0.5) * length, corner[1] + (random() - 0.5) * length];
      const heading = 2 * Math.PI * random();
      const to: Position = [from[0] + Math.cos(heading) * length, from[1] + Math.sin(heading) * length];
      const way: [Position, Position] = turned(random(), from, to, corner);
      const unwanted = random() < 0.5 ? Math.floor(random() * shapes.length) : -1;
      const [ours, theirs] = [index, plain].map((one) => one.crossedBetween(...way, (shape) => shape !== unwanted));
      told.ways += 1;
      told.crossings += theirs!.length;
      if (JSON.stringify(ours) !== JSON.stringify(theirs)) told.otherwise.push({ way, ours, theirs });
    }
  }

  function turned(dice: number, from: Position, to: Position, corner: Position): [Position, Position] {
    const step = 2 ** -13;
    const border = Math.round(from[0] / step) * step;
    if (dice < 0.1) return [[border, from[1]], [border, to[1]]]; // prettier-ignore
    if (dice < 0.2) return [from, [to[0], from[1]]];
    if (dice < 0.3) return [corner, to];
    if (dice < 0.35) return [to, from];
    if (dice < 0.4) return [from, from];
    return [from, to];
  }

  function together(count: number): Geometry[] {
    const [x, y] = [random() * 100, random() * 40];
    return Array.from({ length: count }, (): Geometry => {
      const polygon = randomPolygon(random);
      const [dx, dy] = [x - polygon[0]![0]![0], y - polygon[0]![0]![1]];
      const moved = polygon.map((one) => one.map(([lng, lat]): Position => [lng + dx, lat + dy]));
      return { type: 'Polygon', coordinates: moved };
    });
  }
});

test('a shape laid flat knows inside, boundary and outside as it did before', () => {
  const random = seededRandom(7);
  const otherwise: Position[] = [];
  const counts = { inside: 0, boundary: 0, outside: 0 };
  for (let scene = 0; scene < 20; scene += 1) {
    const multi = [randomPolygon(random), randomPolygon(random)];
    const packed = packShapes([holed, { type: 'MultiPolygon', coordinates: multi }]);
    for (const ringAsked of multi.flat()) {
      for (let i = 1; i < ringAsked.length; i += 1) {
        const [a, b] = [ringAsked[i - 1]!, ringAsked[i]!];
        const middle: Position = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
        for (const position of [a, middle, [a[0], b[1]], [middle[0], a[1]]] satisfies Position[]) {
          const where = locate(position, multi);
          counts[where] += 1;
          if (locateInShape(packed, 1, position) !== where) otherwise.push(position);
        }
      }
    }
  }
  expect(otherwise).toEqual([]);
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(150);
});

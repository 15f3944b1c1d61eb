import { distanceToEdgeM } from './distance-to-edge';
import { edgeDistances } from './edge-distances';
import { partsOf, type Geometry, type Position } from './geometry';
import { packShapes } from './packed-shapes';
import { square } from './testing/rings';
import { randomPolygon } from './testing/random-polygon';
import { seededRandom } from './testing/seeded-random';

test('leaving edges out changes no distance, near or on the other side of the globe, not by a bit', () => {
  const random = seededRandom(21);
  const shapes = Array.from({ length: 120 }, (): Geometry => ({
    type: 'MultiPolygon',
    coordinates: [randomPolygon(random), [], randomPolygon(random), [[]]].slice(0, 1 + Math.floor(random() * 4)),
  }));
  const quick = edgeDistances(packShapes(shapes));
  const wrong: unknown[] = [];
  for (let i = 0; i < 12_000; i += 1) {
    const shape = Math.floor(random() * shapes.length);
    const multi = partsOf(shapes[shape]!);
    const ring = multi[0]![0]!;
    const near = ring[Math.floor(random() * ring.length)]!;
    const spread = 10 ** (2 - random() * 8);
    const opposite = i % 5 === 0 ? (near[0] > 0 ? -180 : 180) : 0;
    const position: Position = [
      near[0] + opposite + (random() - 0.5) * spread,
      Math.max(-90, Math.min(90, near[1] + (random() - 0.5) * spread)),
    ];
    const [answer, expected] = [quick(shape, position), distanceToEdgeM(position, multi)];
    if (answer !== expected) wrong.push({ position, answer, expected });
  }
  expect(wrong).toEqual([]);
});

test('a shape without edges is infinitely far', () => {
  const packed = packShapes([
    { type: 'MultiPolygon', coordinates: [] },
    { type: 'Polygon', coordinates: [square(0, 0, 1)] },
  ]);
  expect(edgeDistances(packed)(0, [0, 0])).toBe(Infinity);
  expect(edgeDistances(packed)(1, [0, 0])).toBe(0);
});

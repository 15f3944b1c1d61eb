import { checkGeometry, checkPlaneGeometry, type GeometryLimits } from './check-geometry';
import type { GeometryRefusalCode } from './geometry-refusal';
import { ring, square } from './testing/rings';

const polygon = (...coordinates: unknown[]) => ({ type: 'Polygon', coordinates });
const multi = (...coordinates: unknown[]) => ({ type: 'MultiPolygon', coordinates });
const city = square(0, 0, 10);

describe('limits', () => {
  test.each<[string, unknown, GeometryLimits, GeometryRefusalCode, string]>([
    [
      'vertices',
      multi([city], [city, square(4, 4, 2)]),
      { verticesPerPolygon: 9 },
      'too_many_vertices',
      '/coordinates/1',
    ],
    [
      'rings',
      polygon(city, square(2, 2, 1), square(4, 4, 1)),
      { ringsPerPolygon: 2 },
      'too_many_rings',
      '/coordinates',
    ],
    ['parts', multi([city], [square(20, 0, 1)]), { parts: 1 }, 'too_many_parts', '/coordinates'],
  ])('too many %s are refused, as many as allowed are not', (_name, value, limits, code, path) => {
    expect(checkGeometry(value, 'g', limits)).toMatchObject({ kind: 'refused', code, path: `g${path}` });
    const oneMore = Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, Number(limit) + 1]));
    expect(checkGeometry(value, 'g', oneMore)).not.toMatchObject({ code });
  });

  test('parts may overlap and share edges where that is allowed, and nothing else may', () => {
    const accept = { overlappingParts: 'accept' } as const;
    expect(checkGeometry(multi([city], [square(10, 0, 10)], [square(2, 2, 2)], [city]), 'g', accept).kind).toBe('ok');
    expect(checkGeometry(multi([city], [city, square(8, 4, 4)]), 'g', accept)).toMatchObject({ code: 'rings_cross' });
  });

  test('in a plane no number is out of range', () => {
    expect(checkPlaneGeometry(polygon(square(-500, 500, 1_000)), 'g').kind).toBe('ok');
  });
});

describe('a ring of very many positions', () => {
  const many = 40_000;
  const corner = (i: number): [number, number] => {
    const angle = (2 * Math.PI * i) / many;
    return [5 + Math.cos(angle), 52 + Math.sin(angle)];
  };
  const circle = ring(...Array.from({ length: many }, (_, i) => corner(i)));
  const limits = { verticesPerPolygon: 50_000 };

  test('is compared near by near, not each with each', () => {
    expect(checkGeometry(polygon(circle), 'g', limits).kind).toBe('ok');
  });

  test('is refused for one single crossing in it', () => {
    const swapped = circle.with(20_000, circle[20_001]!).with(20_001, circle[20_000]!);
    expect(checkGeometry(polygon(swapped), 'g', limits)).toMatchObject({
      code: 'ring_self_intersection',
      path: 'g/coordinates/0/19999',
    });
  });

  test('is refused rather than compared for ever when it is drawn so that all edges lie side by side', () => {
    const strokes = Array.from({ length: 1_000 }, (_, i): [number, number][] => {
      const [start, end]: [number, number][] = [
        [i * 1e-5, -i * 1e-5],
        [i * 1e-5 + 0.5, 0.5 - i * 1e-5],
      ];
      return i % 2 === 0 ? [start!, end!] : [end!, start!];
    });
    const serpentine = polygon(ring(...strokes.flat(), [0.2, -0.5], [-0.5, -0.5]));
    const tooComplex = { code: 'too_complex', path: 'g/coordinates/0' };
    expect(checkGeometry(serpentine, 'g', { edgeComparisons: 500_000 })).toMatchObject(tooComplex);
    expect(checkGeometry(serpentine, 'g').kind).toBe('ok');
  });
});

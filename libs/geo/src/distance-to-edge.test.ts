import { distanceToEdgeM } from './distance-to-edge';
import type { Position } from './geometry';
import { haversineM } from './haversine';
import { ring, square } from './testing/rings';
import { seededRandom } from './testing/seeded-random';

const METRES_PER_DEGREE = 111_195.08;

test('it is as far to the edge from within as from without', () => {
  const city = [[square(0, 0, 1)]];
  expect(distanceToEdgeM([0.5, 0.01], city)).toBeCloseTo(0.01 * METRES_PER_DEGREE, 1);
  expect(distanceToEdgeM([0.5, -0.01], city)).toBeCloseTo(0.01 * METRES_PER_DEGREE, 1);
  expect(distanceToEdgeM([0.5, 0], city)).toBe(0);
  expect(distanceToEdgeM([1, 1], city)).toBe(0);
});

test('beyond a corner it is the corner that is near', () => {
  expect(distanceToEdgeM([-0.003, -0.004], [[square(0, 0, 1)]])).toBeCloseTo(0.005 * METRES_PER_DEGREE, 1);
});

test('the edge of a hole and the edge of another part count as well', () => {
  const lake = [[square(0, 0, 1), square(0.4, 0.4, 0.2)], [square(1.1, 0, 1)]];
  expect(distanceToEdgeM([0.5, 0.39], lake)).toBeCloseTo(0.01 * METRES_PER_DEGREE, 1);
  expect(distanceToEdgeM([1.09, 0.5], lake)).toBeCloseTo(0.01 * METRES_PER_DEGREE, -1);
});

test('beyond the antimeridian it is measured the short way', () => {
  expect(distanceToEdgeM([-179.99, 0.5], [[square(179, 0, 1)]])).toBeCloseTo(0.01 * METRES_PER_DEGREE, -1);
});

test('repeated positions do no harm, and without edges there is no distance', () => {
  expect(distanceToEdgeM([0, 0], [[ring([1, 0], [1, 0], [1, 1])]])).toBeCloseTo(METRES_PER_DEGREE, 0);
  expect(distanceToEdgeM([0, 0], [[], [[]]])).toBe(Infinity);
});

test('within 5 km and up to 60° of latitude it is within 0.1 % of the great circle', () => {
  const random = seededRandom(7);
  for (let i = 0; i < 500; i += 1) {
    const lat = random() * 120 - 60;
    const position: Position = [random() * 300 - 150, lat];
    const near = (): [number, number] => {
      const [angle, metres] = [random() * 2 * Math.PI, random() * 5_000];
      const east = (Math.cos(angle) * metres) / METRES_PER_DEGREE / Math.cos((lat * Math.PI) / 180);
      return [position[0] + east, lat + (Math.sin(angle) * metres) / METRES_PER_DEGREE];
    };
    const triangle = ring(near(), near(), near());
    const slow = Math.min(...pointsAlong(triangle).map((point) => haversineM(position, point)));
    // The points stand up to 5 m apart, so the truth lies up to 2.5 m beside the nearest of them.
    const fast = distanceToEdgeM(position, [[triangle]]);
    expect(fast).toBeLessThanOrEqual(slow * 1.001 + 0.01);
    expect(fast).toBeGreaterThanOrEqual(Math.sqrt(Math.max(0, slow ** 2 - 2.5 ** 2)) * 0.999 - 0.01);
  }
});

function pointsAlong(corners: readonly Position[]): Position[] {
  return corners.slice(1).flatMap((to, i) => {
    const from = corners[i]!;
    const steps = Math.ceil(haversineM(from, to) / 5) + 1;
    return Array.from({ length: steps + 1 }, (_, k): Position => [
      from[0] + ((to[0] - from[0]) * k) / steps,
      from[1] + ((to[1] - from[1]) * k) / steps,
    ]);
  });
}

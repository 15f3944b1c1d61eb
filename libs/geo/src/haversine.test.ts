import { haversineM } from './haversine';
import { seededRandom } from './testing/seeded-random';

test.each<[string, [number, number], [number, number], number]>([
  ['nowhere', [5.2, 52.37], [5.2, 52.37], 0],
  ['a degree along a meridian', [5, 52], [5, 53], 111_195.08],
  ['a degree along the equator', [0, 0], [1, 0], 111_195.08],
  ['a quarter of the earth', [0, 0], [0, 90], 10_007_557.18],
  ['half around the earth', [0, 0], [180, 0], 20_015_114.35],
  ['over the antimeridian, the short way', [179.5, 0], [-179.5, 0], 111_195.08],
])('%s is as far as the sphere says', (_name, a, b, metres) => {
  expect(haversineM(a, b)).toBeCloseTo(metres, 0);
  expect(haversineM(b, a)).toBe(haversineM(a, b));
});

test('between random places it is the angle between their directions from the centre of the earth', () => {
  const random = seededRandom(1984);
  const place = (): [number, number] => [random() * 360 - 180, random() * 180 - 90];
  for (let i = 0; i < 1_000; i += 1) {
    const [a, b] = [place(), place()];
    const [p, q] = [direction(a), direction(b)];
    const cross = Math.hypot(p.y * q.z - p.z * q.y, p.z * q.x - p.x * q.z, p.x * q.y - p.y * q.x);
    const angle = Math.atan2(cross, p.x * q.x + p.y * q.y + p.z * q.z);
    expect(haversineM(a, b)).toBeCloseTo(angle * 6_371_008.8, 0);
  }
});

test('a step of a centimetre is not lost in rounding', () => {
  expect(haversineM([5.2, 52.37], [5.2, 52.37 + 9e-8])).toBeCloseTo(0.01, 3);
});

function direction([lng, lat]: [number, number]): { x: number; y: number; z: number } {
  const [east, north] = [(lng * Math.PI) / 180, (lat * Math.PI) / 180];
  return { x: Math.cos(north) * Math.cos(east), y: Math.cos(north) * Math.sin(east), z: Math.sin(north) };
}

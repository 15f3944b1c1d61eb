import { checkPlaneGeometry } from './check-geometry';
import type { Geometry, PolygonCoordinates, Ring } from './geometry';
import { jstsJudge } from './testing/jsts-judge';
import { ring, square } from './testing/rings';
import { seededRandom } from './testing/seeded-random';

const SHAPES = 6_000;

// On a coarse grid edges touch, cross, run along each other and repeat all the time.
describe('random shapes on a coarse grid, against JSTS', () => {
  const random = seededRandom(323);
  const whole = (below: number): number => Math.floor(random() * below);
  const checked = Array.from({ length: SHAPES }, () => {
    const geometry = randomShape();
    const answer = checkPlaneGeometry(geometry, 'g');
    return { geometry, answer, jsts: jstsJudge(geometry).isValid() };
  });

  test('not one is judged otherwise', () => {
    expect(checked.filter(({ answer, jsts }) => (answer.kind === 'ok') !== jsts)).toEqual([]);
  });

  test('hundreds of them are valid, and every way of being wrong is among the others', () => {
    expect(checked.filter(({ jsts }) => jsts).length).toBeGreaterThan(500);
    const codes = new Set(checked.map(({ answer }) => (answer.kind === 'refused' ? answer.code : 'ok')));
    expect([...codes].sort()).toEqual([
      'hole_outside_shell',
      'holes_nested',
      'interior_disconnected',
      'ok',
      'parts_overlap',
      'ring_no_area',
      'ring_self_intersection',
      'rings_cross',
      'spike',
    ]);
  });

  function randomShape(): Geometry {
    if (random() < 0.5) return { type: 'Polygon', coordinates: randomPart() };
    return { type: 'MultiPolygon', coordinates: Array.from({ length: 2 + whole(2) }, randomPart) };
  }

  function randomPart(): PolygonCoordinates {
    const size = 4 + whole(8);
    const west = random() < 0.5 ? 0 : whole(12);
    const shell = random() < 0.7 ? square(west, 0, size) : randomRing(3 + whole(4), size + 1, west);
    return [shell, ...Array.from({ length: whole(3) }, () => randomRing(3, 1 + whole(size), west + whole(size)))];
  }

  function randomRing(count: number, size: number, west: number): Ring {
    return ring(...Array.from({ length: count }, (): [number, number] => [west + whole(size), whole(size + 1)]));
  }
});

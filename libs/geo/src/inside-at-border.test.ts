import type { PolygonCoordinates, Position } from './geometry';
import { insideAtBorder } from './inside-at-border';
import { packShapes } from './packed-shapes';
import { pointInPolygon } from './point-in-polygon';
import { seededRandom } from './testing/seeded-random';

test('from any corner of a lattice to any other place of it, however edges lie in the way, it is found what is inside', () => {
  const random = seededRandom(7);
  const found = { asked: 0, inside: 0, wrong: [] as unknown[] };
  for (let i = 0; i < 200; i += 1) {
    const polygon = latticePolygon(random);
    const judged = judgeOf(polygon);
    for (const corner of lattice(0, 0)) {
      for (const position of lattice(...corner)) {
        const expected = pointInPolygon(position, polygon);
        found.asked += 1;
        found.inside += expected ? 1 : 0;
        if (judged(position, corner) !== expected) found.wrong.push({ polygon, corner, position });
      }
    }
  }
  expect(found.wrong.slice(0, 3)).toEqual([]);
  expect(found.asked).toBeGreaterThan(200_000);
  expect(found.inside).toBeGreaterThan(50_000);
});

test('a position a last bit beside a long edge is on its side of it', () => {
  const random = seededRandom(8);
  const wrong: unknown[] = [];
  let inside = 0;
  let toldOtherwiseByRounding = 0;
  for (let i = 0; i < 5_000; i += 1) {
    const a: Position = [-20 * random() - 5, -20 * random() - 5];
    const b: Position = [20 * random() + 5, 20 * random() + 5];
    const along = -a[0] / (b[0] - a[0]) + 0.02 * random();
    const position: Position = [a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])];
    const triangle: PolygonCoordinates = [[a, b, [a[0] - 1, b[1] + 1], a]];
    const expected = pointInPolygon(position, triangle);
    inside += expected ? 1 : 0;
    toldOtherwiseByRounding += plainSide(a, b, position) < 0 === expected ? 1 : 0;
    const corner: Position = [position[0] - 0.3, position[1] - 0.9];
    if (judgeOf(triangle)(position, corner) !== expected) wrong.push({ triangle, position });
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(toldOtherwiseByRounding).toBeGreaterThan(100);
  expect(inside).toBeGreaterThan(1_000);
});

function plainSide(a: Position, b: Position, [x, y]: Position): number {
  return (a[0] - x) * (b[1] - y) - (a[1] - y) * (b[0] - x);
}

const SIDE = 7;

/** All places of the lattice from that one on, to the east and north. */
function lattice(x0: number, y0: number): Position[] {
  const places: Position[] = [];
  for (let x = x0; x <= SIDE; x += 1) for (let y = y0; y <= SIDE; y += 1) places.push([x, y]);
  return places;
}

/** A ring around a middle place, with corners on the lattice, some of them in a row. */
function latticePolygon(random: () => number): PolygonCoordinates {
  const whole = (most: number) => Math.floor(random() * (most + 1));
  const [x, y] = [1 + whole(SIDE - 2), 1 + whole(SIDE - 2)];
  const around = Array.from({ length: 4 + whole(8) }, (): Position => [whole(SIDE), whole(SIDE)]);
  const byAngle = new Map<number, Position>();
  for (const at of around) byAngle.set(Math.atan2(at[1] - y - 0.1, at[0] - x - 0.03), at);
  const ring = [...byAngle].sort(([a], [b]) => a - b).map(([, at]) => at);
  return [[...ring, ring[0]!]];
}

function judgeOf(polygon: PolygonCoordinates): (position: Position, corner: Position) => boolean {
  const { coordinates } = packShapes([{ type: 'Polygon', coordinates: polygon }]);
  const runs = new Uint32Array([0, polygon[0]!.length - 1]);
  return (position, [x0, y0]) => {
    // The corner as it is meant: a hair to its east and a far smaller one to its north.
    const isInside = pointInPolygon([x0 + 2 ** -20, y0 + 2 ** -40], polygon);
    return insideAtBorder(coordinates, runs, 0, isInside ? 1 : 0, position, new Float64Array([x0, y0]));
  };
}

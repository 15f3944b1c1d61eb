import { buildCellGrid } from './build-cell-grid';
import type { Geometry, PolygonCoordinates, Position } from './geometry';
import { packShapes } from './packed-shapes';
import { awkwardPositions } from './testing/awkward-positions';
import { exactIndex } from './testing/exact-index';
import { flatbushIndex } from './testing/flatbush-index';
import { randomPolygon } from './testing/random-polygon';
import { seededRandom } from './testing/seeded-random';
import { buildZoneIndex } from './zone-index';

// JUDGE_PROBES: fewer where one mistake is looked for again and again (npm run mutate).
const PROBES = Number(process.env.JUDGE_PROBES ?? 210_000);

describe('the grid of cells against two judges', () => {
  const random = seededRandom(20_261_122);
  const found = { probes: 0, contained: 0, levels: new Set<number>(), wrong: [] as unknown[] };
  while (found.probes < PROBES) askAbout(scene());

  test('the probes lie in shapes and out of them, and the shapes on many levels of cells', () => {
    expect(found.contained).toBeGreaterThan(PROBES / 2);
    expect(found.levels.size).toBeGreaterThan(PROBES > 100_000 ? 8 : 2);
  });

  test(`of ${PROBES} awkward positions not one is told otherwise than by BigInt and by flatbush with ray casting`, () => {
    console.info(
      `index: ${found.probes} probes, ${found.contained} times contained, ${found.wrong.length} told otherwise than by BigInt or flatbush`,
    );
    expect(found.wrong).toEqual([]);
  });

  function askAbout(shapes: readonly Geometry[]): void {
    const index = buildZoneIndex(shapes);
    const [exact, flatbush] = [exactIndex(shapes), flatbushIndex(shapes)];
    const grid = buildCellGrid(packShapes(shapes));
    for (const level of grid.levels) found.levels.add(level.rowsPerDegree);
    for (let i = 0; i < 60; i += 1) {
      const ring = pick(pick(partsOf(pick(shapes))));
      const edge = Math.floor(random() * (ring.length - 1));
      for (const position of awkwardPositions(ring, edge, grid, random)) {
        const answer = index.containing(position);
        found.probes += 1;
        found.contained += answer.length;
        const judged = exact(position);
        const casted = flatbush.containing(position);
        if (answer.join() === judged.join() && answer.join() === casted.join()) continue;
        if (found.wrong.length < 10) found.wrong.push({ position, answer, judged, casted });
      }
    }
  }

  // Some shapes far apart or over each other, of one part or several; as they fell, with corners exactly on borders of cells, or moved
  // so that they end on the antimeridian or at a pole.
  function scene(): Geometry[] {
    const together = random() < 0.5;
    const corner: Position = [Math.round(random() * 300 - 150), Math.round(random() * 120 - 60)];
    const polygon = (): PolygonCoordinates => {
      let made = randomPolygon(random);
      if (together) made = movedTo(made, corner);
      const dice = random();
      if (dice < 0.3) return snapped(made);
      if (dice < 0.4) return movedBy(made, 180 - farthest(made, 0, 1), 0);
      if (dice < 0.5) return movedBy(made, -180 + farthest(made, 0, -1), 0);
      if (dice < 0.55) return movedBy(made, 0, 90 - farthest(made, 1, 1));
      if (dice < 0.6) return movedBy(made, 0, -90 + farthest(made, 1, -1));
      return made;
    };
    return Array.from({ length: 1 + Math.floor(random() * 9) }, (): Geometry => {
      if (random() < 0.7) return { type: 'Polygon', coordinates: polygon() };
      return { type: 'MultiPolygon', coordinates: [polygon(), [], polygon()] };
    });
  }

  function pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(random() * list.length)]!;
    return Array.isArray(chosen) && chosen.length === 0 ? pick(list) : chosen;
  }
});

function partsOf({ type, coordinates }: Geometry) {
  return type === 'Polygon' ? [coordinates] : coordinates;
}

function movedBy(polygon: PolygonCoordinates, dx: number, dy: number): PolygonCoordinates {
  return polygon.map((ring) => ring.map(([lng, lat]): Position => [lng + dx, lat + dy]));
}

function movedTo(polygon: PolygonCoordinates, [lng, lat]: Position): PolygonCoordinates {
  const [x, y] = polygon[0]![0]!;
  return movedBy(polygon, lng - x, lat - y);
}

function farthest(polygon: PolygonCoordinates, axis: 0 | 1, sign: 1 | -1): number {
  return Math.max(...polygon[0]!.map((position) => sign * position[axis]));
}

// To a power of two that leaves the shape its shape: 128 steps or more over its width.
function snapped(polygon: PolygonCoordinates): PolygonCoordinates {
  const width = farthest(polygon, 0, 1) + farthest(polygon, 0, -1);
  const step = 2 ** Math.floor(Math.log2(width / 256));
  const snap = (degrees: number): number => Math.round(degrees / step) * step;
  return polygon.map((ring) => ring.map(([lng, lat]): Position => [snap(lng), snap(lat)]));
}

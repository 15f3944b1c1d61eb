import type { PolygonCoordinates, Position } from './geometry';
import { distanceToEdgeM } from './distance-to-edge';
import { locateInPolygon } from './point-in-polygon';
import { exactJudge } from './testing/exact-judge';
import { jstsJudge } from './testing/jsts-judge';
import { randomPolygon } from './testing/random-polygon';
import { seededRandom } from './testing/seeded-random';

const PROBES = Math.min(24_000, Number(process.env.JUDGE_PROBES ?? Infinity));

describe('point in polygon against judges that share no code with it', () => {
  const random = seededRandom(20_261_121);
  const probes: { polygon: PolygonCoordinates; position: Position; exact: string }[] = [];
  while (probes.length < PROBES) {
    const polygon = randomPolygon(random);
    const judge = exactJudge(polygon);
    for (const position of awkwardPositions(polygon, random)) {
      probes.push({ polygon, position, exact: judge(...position) });
    }
  }
  const count = (where: string): number => probes.filter(({ exact }) => exact === where).length;

  test('the positions asked for lie in, on and out of polygons, thousands of each', () => {
    expect(count('inside')).toBeGreaterThan(PROBES / 5);
    expect(count('boundary')).toBeGreaterThan(PROBES / 12);
    expect(count('outside')).toBeGreaterThan(PROBES / 5);
  });

  test(`of ${PROBES} awkward positions not one is told otherwise than by exact arithmetic`, () => {
    const differences = probes.filter(({ polygon, position, exact }) => locateInPolygon(position, polygon) !== exact);
    console.info(`point in polygon: ${probes.length} probes, ${differences.length} told otherwise than by BigInt`);
    expect(differences).toEqual([]);
  });

  test('the positions are awkward enough: ray casting in plain floating point gets many of them wrong', () => {
    const wrong = probes.filter(({ polygon, position, exact }) => naive(position, polygon) !== (exact !== 'outside'));
    console.info(`plain floating point would tell ${wrong.length} of ${probes.length} otherwise`);
    expect(wrong.length).toBeGreaterThan(PROBES / 240);
  });

  test('away from edges, JSTS says the same', () => {
    const away = probes.filter(({ polygon, position }) => distanceToEdgeM(position, [polygon]) > 0.001);
    expect(away.length).toBeGreaterThan(PROBES / 5);
    const differences = away.filter(({ polygon, position }) => {
      const judge = jstsJudge({ type: 'Polygon', coordinates: polygon });
      return judge.locate(position) !== locateInPolygon(position, polygon);
    });
    console.info(`JSTS: ${away.length} probes away from edges, ${differences.length} told otherwise`);
    expect(differences).toEqual([]);
  });
});

// On, a hair beside and just beside the edges; on the latitude and on the longitude of corners; and anywhere.
function awkwardPositions(polygon: PolygonCoordinates, random: () => number): Position[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const positions: Position[] = [];
  for (let i = 0; i < 12; i += 1) {
    const edges = pick(polygon);
    const k = Math.floor(random() * (edges.length - 1));
    const [a, b] = [edges[k]!, edges[k + 1]!];
    const along = random() < 0.5 ? 0.5 : random();
    const onEdge: Position = [a[0] + (b[0] - a[0]) * along, a[1] + (b[1] - a[1]) * along];
    const ulp = 2 ** (Math.floor(Math.log2(Math.abs(onEdge[1]))) - 52);
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const aside = (degrees: number): Position => [
      onEdge[0] - ((b[1] - a[1]) / length) * degrees,
      onEdge[1] + ((b[0] - a[0]) / length) * degrees,
    ];
    positions.push(a, onEdge, [onEdge[0], onEdge[1] + ulp], [onEdge[0], onEdge[1] - ulp]);
    positions.push(aside(1e-7), aside(-1e-7), aside(1e-12), aside(-1e-12));
    positions.push([pick(edges)[0], a[1]], [a[0] - random() * length, a[1]], [onEdge[0], pick(edges)[1]]);
    positions.push([pick(edges)[0] + random() * length, pick(edges)[1] - random() * length]);
  }
  return positions;
}

// What everybody writes first (after W. Randolph Franklin's PNPOLY), to show what the exact test is for.
function naive([x, y]: Position, polygon: PolygonCoordinates): boolean {
  let inside = false;
  for (const corners of polygon) {
    for (let i = 1; i < corners.length; i += 1) {
      const [a, b] = [corners[i - 1]!, corners[i]!];
      const across = a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0];
      if (across) inside = !inside;
    }
  }
  return inside;
}

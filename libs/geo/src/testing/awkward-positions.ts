import type { CellGrid } from '../cell-grid';
import { SPLIT } from '../cell-grid';
import type { Position, Ring } from '../geometry';

/**
 * Positions around one edge of a ring that are easily judged wrong: its ends, its middle and a random place on it; 1e-7° and
 * 1e-12° beside it; beside and exactly on the borders and corners of the grid's cells and of their pieces; at the height where
 * it crosses such a border; and anywhere near.
 */
export function awkwardPositions(ring: Ring, edge: number, grid: CellGrid, random: () => number): Position[] {
  const [a, b] = [ring[edge]!, ring[edge + 1]!];
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1e-9;
  const along = (t: number): Position => [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
  const on = along(random());
  const aside = (degrees: number): Position => [
    on[0] - ((b[1] - a[1]) / length) * degrees,
    on[1] + ((b[0] - a[0]) / length) * degrees,
  ];
  const level = grid.levels[Math.floor(random() * grid.levels.length)]!;
  const split = random() < 0.5 ? 1 : SPLIT;
  const x = Math.round(on[0] * level.columnsPerDegree * split) / (level.columnsPerDegree * split);
  const y = Math.round(on[1] * level.rowsPerDegree * split) / (level.rowsPerDegree * split);
  // Where the edge leaves a column of cells: whoever goes along the border to this height, and on from there, passes the edge by a hair.
  const leaves = a[0] === b[0] ? on[1] : along((x - a[0]) / (b[0] - a[0]))[1];
  const farther = x + random() / (level.columnsPerDegree * split);
  return [
    ...[a, along(0.5), on],
    ...[aside(1e-7), aside(-1e-7), aside(1e-12), aside(-1e-12)],
    ...([[x, y] as const, [x, on[1]], [on[0], y], [x, a[1]], [a[0], y]] satisfies Position[]),
    ...([[justBelow(x), y] as const, [x, justBelow(y)], [justBelow(x), justBelow(y)]] satisfies Position[]),
    ...([[farther, leaves] as const, [farther, justBelow(leaves)]] satisfies Position[]),
    [on[0] + (random() - 0.5) * length, on[1] + (random() - 0.5) * length],
  ];
}

/** The next smaller double, but for rounding. */
function justBelow(value: number): number {
  return value === 0 ? -5e-324 : value - Math.abs(value) * 2 ** -53;
}

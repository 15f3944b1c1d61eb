import type { PackedShapes } from './packed-shapes';
import type { PartMeasures } from './part-measures';

/** How large the cells of level 0 are, and on which level each part lives. */
export interface CellSizes {
  /** Of level 0: a power of two. */
  readonly rowsPerDegree: number;
  /** Of level 0: a power of two, so that cells are about square in metres where most of the shapes are. */
  readonly columnsPerDegree: number;
  readonly levelOfPart: Uint8Array;
}

/** Each level's cells are so many times as wide and as high as those of the level before. */
export const LEVEL_STEP = 4;

// The smallest cells: 2^-12 of a degree of latitude, 27 m. Half of it was measured no faster and twice as large.
const FINEST_ROWS = 12;
// From here on (2^-6°, 1.7 km) larger cells would make the levels above them useless.
const COARSEST_ROWS = 6;
// A cell of one's own in the hash table (16 bytes, filled to 60 %), an entry for an inner cell, and for one at the border.
const [CELL_BYTES, INNER_BYTES, BORDER_BYTES] = [27, 4, 18];
// Nobody may use more cells than this, however few shapes there are: a country gets larger cells, not a million small ones.
const MOST_CELLS_OF_PART = 16_384;
const FEWEST_CELLS_OF_PART = 64;
const HIGHEST_LEVEL = 31;

/**
 * The smallest cells whose index is expected to stay within the budget: 1 MB, and for each part 1 KB and 8 bytes for each
 * vertex, half of what its coordinates take. So memory grows with what was given, never with the size of a zone.
 */
export function chooseCellSizes(shapes: PackedShapes, measures: PartMeasures): CellSizes {
  const parts = measures.west.length;
  const budget = 2 ** 20 + 1024 * parts + 4 * shapes.coordinates.length;
  const squareness = 2 ** Math.min(4, Math.round(Math.log2(1 / Math.cos(middleLatitude(measures)))));
  const levelOfPart = new Uint8Array(parts);
  const SPEC = (globalThis as any).SPEC;
  if (SPEC) {
    const sizes = { rowsPerDegree: 2 ** SPEC[0], columnsPerDegree: 2 ** SPEC[0] / squareness, levelOfPart };
    assignLevels(measures, sizes, SPEC[1]);
    return sizes;
  }
  for (let rows = finestRows(measures); ; rows -= 1) {
    for (let cells = MOST_CELLS_OF_PART; cells >= FEWEST_CELLS_OF_PART; cells /= 4) {
      const sizes = { rowsPerDegree: 2 ** rows, columnsPerDegree: 2 ** rows / squareness, levelOfPart };
      const bytes = assignLevels(measures, sizes, cells);
      const last = rows <= COARSEST_ROWS && cells / 4 < FEWEST_CELLS_OF_PART;
      // Better larger cells for all than a second level for most: each level is one more look-up.
      if (bytes <= budget && (cells >= 1024 || rows <= COARSEST_ROWS)) return sizes;
      if (last) return sizes;
    }
  }
}

/** Puts each part on the lowest level where it needs no more cells than that. Answers the bytes expected of the grid. */
function assignLevels(measures: PartMeasures, sizes: CellSizes, mostCells: number): number {
  const { west, south, east, north, across, along, area, rings } = measures;
  const cellsOfLevel = new Float64Array(HIGHEST_LEVEL + 1);
  const boxes = Array.from({ length: HIGHEST_LEVEL + 1 }, () => [Infinity, Infinity, -Infinity, -Infinity]);
  let bytes = 0;
  for (let part = 0; part < west.length; part += 1) {
    const [width, height] = [east[part]! - west[part]!, north[part]! - south[part]!];
    for (let level = 0; ; level += 1) {
      const columns = sizes.columnsPerDegree * LEVEL_STEP ** -level;
      const rows = sizes.rowsPerDegree * LEVEL_STEP ** -level;
      const border = across[part]! * columns + along[part]! * rows + rings[part]!;
      const inner = Math.max(0, area[part]! * columns * rows - border / 2);
      // A thin diagonal touches few cells, yet building goes over all of its box.
      const box = (width * columns + 1) * (height * rows + 1);
      if ((border + inner > mostCells || box > 4 * mostCells) && level < HIGHEST_LEVEL) continue;
      sizes.levelOfPart[part] = level;
      cellsOfLevel[level]! += border + inner;
      bytes += border * BORDER_BYTES + inner * INNER_BYTES;
      const around = boxes[level]!;
      around[0] = Math.min(around[0]!, west[part]!);
      around[1] = Math.min(around[1]!, south[part]!);
      around[2] = Math.max(around[2]!, east[part]!);
      around[3] = Math.max(around[3]!, north[part]!);
      break;
    }
  }
  for (const [level, cells] of cellsOfLevel.entries()) {
    if (cells === 0) continue;
    // Shapes that overlap share cells: there are no more of them than fit into the box around all.
    const [minX, minY, maxX, maxY] = boxes[level]! as [number, number, number, number];
    const scale = sizes.columnsPerDegree * sizes.rowsPerDegree * LEVEL_STEP ** (-2 * level);
    const room = (maxX - minX) * (maxY - minY) * scale;
    bytes += Math.min(cells, room + 1) * CELL_BYTES;
  }
  return bytes;
}

// Radians, kept off the poles, and off what is no latitude at all: the index may be asked about a plane.
function middleLatitude({ south, north }: PartMeasures): number {
  let sum = 0;
  for (let part = 0; part < south.length; part += 1) sum += (south[part]! + north[part]!) / 2;
  const mean = south.length === 0 ? 0 : sum / south.length;
  return (Math.min(86, Math.abs(mean)) * Math.PI) / 180;
}

// Columns and rows, split, must fit into 32 bits, which coordinates of the earth always do.
function finestRows({ west, south, east, north }: PartMeasures): number {
  let farthest = 1;
  for (let part = 0; part < west.length; part += 1) {
    farthest = Math.max(farthest, -west[part]!, -south[part]!, east[part]!, north[part]!);
  }
  return Math.min(FINEST_ROWS, 28 - Math.ceil(Math.log2(farthest)));
}

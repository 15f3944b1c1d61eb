import { CELLS_PER_PAGE } from './cell-grid';
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

// What is tried: cells from 2^-13° of latitude (14 m) to 2^-6° (1.7 km) high, and as many of them for one part at most.
const [FINEST_ROWS, COARSEST_ROWS] = [13, 6];
const MOST_CELLS_OF_PART = [16_384, 4_096, 1_024, 256, 64];
const HIGHEST_LEVEL = 31;
// A page of 64 cells with its slot in the hash table (16 bytes, filled to 45 %; less where a box is filled), an entry for an inner cell of one shape (of several
// it takes twice as much), and for one at the border.
const [PAGE_BYTES, INNER_BYTES, BORDER_BYTES] = [4 * CELLS_PER_PAGE + 36, 4, 18];
// Roughly, ns: one more level to look into, one more shape whose border runs through the cell, twice the memory within the cache of a core,
// and beyond it (docs/performance.md).
const [LEVEL_COST, BORDER_COST, DOUBLING_COST, MISSING_COST] = [40, 45, 4, 21];
const CACHE_BYTES = 2 ** 20;

/** What a choice is expected to take. */
interface Expectation {
  readonly bytes: number;
  /** How many levels are used. */
  readonly levels: number;
  /** How many shapes' borders run through the cell of a position, on average over the places where shapes are. */
  readonly borders: number;
}

/**
 * The sizes expected to answer quickest within a budget: 4 MB, and for each part 1,280 bytes and 8 for each vertex. So memory grows with what was given and never with the size of a zone: large shapes move to
 * levels of larger cells. Small cells leave fewer borders to judge; large ones, and few levels, stay in the caches. What is expected errs on the large side,
 * up to twice what is then used, but where many shapes lie over each other.
 */
export function chooseCellSizes(shapes: PackedShapes, measures: PartMeasures): CellSizes {
  const parts = measures.west.length;
  const budget = 4 * 2 ** 20 + 1280 * parts + 4 * shapes.coordinates.length;
  const squareness = 2 ** Math.min(4, Math.round(Math.log2(1 / Math.cos(middleLatitude(measures)))));
  const levelOfPart = new Uint8Array(parts);
  const place = placeWithShapes(measures);
  const finest = finestRows(measures);
  let best = { cost: Infinity, rows: finest, cells: MOST_CELLS_OF_PART[0]! };
  for (let rows = finest; rows >= Math.min(finest, COARSEST_ROWS); rows -= 1) {
    for (const cells of MOST_CELLS_OF_PART) {
      const { bytes, levels, borders } = assignLevels(measures, sizesOf(rows), cells, place);
      const isTooMuch = bytes > budget;
      const time = LEVEL_COST * levels + BORDER_COST * borders + memoryCost(bytes);
      // Where nothing keeps to the budget, the smallest is taken.
      const cost = isTooMuch ? 1e9 + bytes : time;
      if (cost < best.cost) best = { cost, rows, cells };
    }
  }
  const sizes = sizesOf(best.rows);
  assignLevels(measures, sizes, best.cells, place);
  return sizes;

  function sizesOf(rows: number): CellSizes {
    return { rowsPerDegree: 2 ** rows, columnsPerDegree: 2 ** rows / squareness, levelOfPart };
  }
}

function memoryCost(bytes: number): number {
  return DOUBLING_COST * Math.log2(bytes + 1) + MISSING_COST * Math.max(0, Math.log2(bytes / CACHE_BYTES));
}

/** Puts each part on the lowest level where it needs no more cells than that. */
function assignLevels(measures: PartMeasures, sizes: CellSizes, mostCells: number, place: number): Expectation {
  const { west, south, east, north, across, along, area, rings } = measures;
  const pagesOfLevel = new Float64Array(HIGHEST_LEVEL + 1);
  const pageSide = Math.sqrt(CELLS_PER_PAGE);
  let bytes = 0;
  let borderArea = 0;
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
      const pagesOfBox = ((width * columns) / pageSide + 1) * ((height * rows) / pageSide + 1);
      pagesOfLevel[level]! += Math.min(pagesOfBox, border / pageSide + inner / CELLS_PER_PAGE + 1);
      bytes += border * BORDER_BYTES + inner * INNER_BYTES;
      borderArea += border / (columns * rows);
      break;
    }
  }
  let levels = 0;
  for (const [level, pages] of pagesOfLevel.entries()) {
    if (pages === 0) continue;
    levels += 1;
    // Shapes that overlap share pages: there are no more of them than fit into where they are.
    const room = place * sizes.columnsPerDegree * sizes.rowsPerDegree * LEVEL_STEP ** (-2 * level);
    bytes += Math.min(pages, room / CELLS_PER_PAGE + pages / 8) * PAGE_BYTES;
  }
  return { bytes, levels, borders: borderArea / place };
}

/** How much of the map has shapes, square degrees: the box around all, or the sum of theirs where they are scattered. */
function placeWithShapes({ west, south, east, north }: PartMeasures): number {
  let [minX, minY, maxX, maxY, sum] = [Infinity, Infinity, -Infinity, -Infinity, 0];
  for (let part = 0; part < west.length; part += 1) {
    minX = Math.min(minX, west[part]!);
    minY = Math.min(minY, south[part]!);
    maxX = Math.max(maxX, east[part]!);
    maxY = Math.max(maxY, north[part]!);
    sum += (east[part]! - west[part]!) * (north[part]! - south[part]!);
  }
  return Math.max(1e-12, Math.min(sum, (maxX - minX) * (maxY - minY)));
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

import { ALL_INSIDE, MANY_RUNS, MORE_RUNS, SHAPE_SHIFT, type CellGrid } from './cell-grid';
import { chooseCellSizes, LEVEL_STEP } from './choose-cell-sizes';
import { LevelBuilder } from './level-builder';
import type { PackedShapes } from './packed-shapes';
import { measureParts } from './part-measures';
import { PartRaster } from './part-raster';

/** A grid in the making. */
export interface CellGridBuild {
  /** Takes in the next so many shapes. Answers whether any are left. */
  add(shapes: number): boolean;
  /** Takes in what is left and lays everything flat. */
  finish(): CellGrid;
}

/** Makes the grid of these shapes in one go. */
export function buildCellGrid(shapes: PackedShapes): CellGrid {
  return startCellGrid(shapes).finish();
}

/** Begins the grid of these shapes, to be made in pieces: whoever must answer meanwhile adds some shapes at a time. */
export function startCellGrid(shapes: PackedShapes): CellGridBuild {
  const measures = measureParts(shapes);
  const sizes = chooseCellSizes(shapes, measures);
  const raster = new PartRaster(shapes);
  const levels: LevelBuilder[] = [];
  let next = 0;

  return {
    add(count) {
      const end = Math.min(shapes.size, next + count);
      for (; next < end; next += 1) {
        for (let part = shapes.shapeParts[next]!; part < shapes.shapeParts[next + 1]!; part += 1) {
          const builder = levelOf(sizes.levelOfPart[part]!);
          const { columnsPerDegree, rowsPerDegree } = builder;
          builder.widen(measures.west[part]!, measures.south[part]!, measures.east[part]!, measures.north[part]!);
          raster.draw(part, columnsPerDegree, rowsPerDegree);
          addPart(builder, next, raster);
        }
      }
      return next < shapes.size;
    },
    finish() {
      this.add(Infinity);
      const used = levels.filter((builder) => builder !== undefined);
      let at = FIRST_WORD;
      const words = new Uint32Array(used.reduce((sum, builder) => sum + builder.words(), at));
      return {
        levels: used.map((builder) => {
          const level = builder.layInto(words, at);
          at += builder.words();
          return level;
        }),
        words,
      };
    },
  };

  function levelOf(level: number): LevelBuilder {
    const step = LEVEL_STEP ** -level;
    return (levels[level] ??= new LevelBuilder(sizes.columnsPerDegree * step, sizes.rowsPerDegree * step));
  }
}

// What began at word 0 would look as if it were not there.
const FIRST_WORD = 1;

function addPart(builder: LevelBuilder, shape: number, raster: PartRaster): void {
  const { firstColumn, firstRow, columns, rows, edgeStarts } = raster;
  let cell = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, cell += 1) {
      const atBorder = edgeStarts[cell]! < edgeStarts[cell + 1]!;
      if (!atBorder && !raster.isInside(column, row)) continue;
      builder.begin(firstColumn + column, firstRow + row);
      if (atBorder) {
        const runs = Math.min(MANY_RUNS, runsOf(raster, cell));
        builder.word((shape << SHAPE_SHIFT) | (2 * runs));
        builder.word(raster.piecesOf(column, row));
        addRuns(builder, raster, cell);
      } else {
        builder.word(shape << SHAPE_SHIFT);
        builder.word(ALL_INSIDE);
      }
      builder.end();
    }
  }
}

function runsOf({ edges, edgeStarts }: PartRaster, cell: number): number {
  let runs = 1;
  for (let i = edgeStarts[cell]! + 1; i < edgeStarts[cell + 1]!; i += 1) if (edges[i]! > edges[i - 1]! + 1) runs += 1;
  return runs;
}

// Edges of one cell mostly follow each other: two words for all of them.
function addRuns(builder: LevelBuilder, { edges, edgeStarts }: PartRaster, cell: number): void {
  const end = edgeStarts[cell + 1]!;
  let first = edges[edgeStarts[cell]!]!;
  let last = first;
  for (let i = edgeStarts[cell]! + 1; i < end; i += 1) {
    const edge = edges[i]!;
    if (edge > last + 1) {
      builder.word(first);
      builder.word((last - first + 1) | MORE_RUNS);
      first = edge;
    }
    last = edge;
  }
  builder.word(first);
  builder.word(last - first + 1);
}

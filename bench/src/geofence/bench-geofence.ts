import { buildZoneIndex, type ZoneIndex } from '@corral/geo';
import { flatbushIndex, seededRandom } from '@corral/geo/testing';
import { cpuMs, median } from '../cpu-time';
import { makeCity, type City } from './city';
import { engineRun } from './engine-ns-per-fix';

/** What one number of zones costs. Times are CPU time. */
export interface ZoneFigures {
  readonly nsPerFix: number;
  readonly flatbushNsPerFix: number;
  /** How many times flatbush's time is ours: the median of the rounds' ratios. */
  readonly ratio: number;
  /** From shapes to an index that answers. */
  readonly buildMs: number;
  /** All that the index holds, its copy of the coordinates included. */
  readonly bytesPerZone: number;
}

/** What is told by `--json`. */
export interface GeofenceFigures {
  readonly zones100: ZoneFigures;
  readonly zones10000: ZoneFigures;
  readonly zones100000: ZoneFigures;
  /** How much fewer fixes a second the whole engine takes with 10,000 zones than with 500. */
  readonly dropFrom500To10000Percent: number;
  /** The same of containment alone. */
  readonly containmentDropFrom500To10000Percent: number;
}

/** The figures, and what the table tells beside them. */
export interface GeofenceBench {
  readonly figures: GeofenceFigures;
  readonly rows: readonly {
    readonly zones: number;
    readonly figures: ZoneFigures;
    readonly vertices: number;
    readonly zonesPerFix: number;
    readonly nsPerDistance: number;
    readonly plainNsPerDistance: number;
    /** `step` with all it does. */
    readonly engineNsPerFix: number;
  }[];
}

const ROUNDS_OF_FIXES = 5;
// A round takes some 80 ms at least: on some machines the clock of CPU time goes by ticks of 4 ms.
const FIXES_PER_ROUND = 1_000_000;
const FLATBUSH_FIXES_PER_ROUND = 20_000;
const DISTANCES_PER_ROUND = 20_000;
const ENGINE_FIXES_PER_ROUND = 100_000;
// Each vehicle once at least, so that rounds hold no first fixes.
const ENGINE_WARM_UP = 200_000;

/** Measures the zone index beside flatbush with ray casting, in alternating rounds. Throws when their answers differ. */
export function benchGeofence(rounds: number, say: (line: string) => void): GeofenceBench {
  const rows = [100, 500, 10_000, 100_000].map((zones) => {
    say(`${zones} zones …`);
    return benchZones(zones, rounds);
  });
  const [at100, at500, at10000, at100000] = rows.map(({ figures }) => figures) as [
    ZoneFigures,
    ZoneFigures,
    ZoneFigures,
    ZoneFigures,
  ];
  const [, engine500, engine10000] = rows.map(({ engineNsPerFix }) => engineNsPerFix) as [number, number, number];
  return {
    rows,
    figures: {
      zones100: at100,
      zones10000: at10000,
      zones100000: at100000,
      dropFrom500To10000Percent: drop(engine500, engine10000),
      containmentDropFrom500To10000Percent: drop(at500.nsPerFix, at10000.nsPerFix),
    },
  };
}

/** How much fewer a second, in percent, when each takes longer. */
function drop(nsBefore: number, nsAfter: number): number {
  return Math.round(100 * (1 - nsBefore / nsAfter));
}

function benchZones(zones: number, rounds: number): GeofenceBench['rows'][number] {
  const city = makeCity(zones, ROUNDS_OF_FIXES, seededRandom(zones));
  const start = cpuMs();
  const grid = buildZoneIndex(city.shapes);
  const buildMs = cpuMs() - start;
  const flatbush = flatbushIndex(city.shapes);
  mustAgree(grid, flatbush, city);

  // The engine's own copy of the index lies beside the one that is measured alone.
  const engine = engineRun(city.shapes, city);
  engine(ENGINE_WARM_UP);
  const times = Array.from({ length: rounds }, () => ({
    grid: nsPerFix(grid, city, FIXES_PER_ROUND),
    flatbush: flatbushNsPerFix(flatbush, city, FLATBUSH_FIXES_PER_ROUND),
    distance: nsPerDistance(grid, city),
    plainDistance: nsPerDistance(flatbush, city),
    engine: engine(ENGINE_FIXES_PER_ROUND),
  }));
  return {
    zones,
    vertices: city.vertices,
    zonesPerFix: zonesPerFix(grid, city),
    nsPerDistance: Math.round(median(times.map(({ distance }) => distance))),
    engineNsPerFix: Math.round(median(times.map((time) => time.engine))),
    plainNsPerDistance: Math.round(median(times.map(({ plainDistance }) => plainDistance))),
    figures: {
      nsPerFix: Math.round(median(times.map((time) => time.grid))),
      flatbushNsPerFix: Math.round(median(times.map((time) => time.flatbush))),
      ratio: Number(median(times.map((time) => time.flatbush / time.grid)).toFixed(1)),
      buildMs: Math.round(buildMs),
      bytesPerZone: Math.round(grid.bytes / zones),
    },
  };
}

// Warms both up on the way.
function mustAgree(grid: ZoneIndex, flatbush: ZoneIndex, { fixes }: City): void {
  for (let i = 0; i < 2 * FLATBUSH_FIXES_PER_ROUND; i += 2) {
    const position = [fixes[i]!, fixes[i + 1]!] as const;
    const [ours, theirs] = [grid.containing(position).join(), flatbush.containing(position).join()];
    if (ours !== theirs) throw new Error(`at ${position.join()} the grid says [${ours}] and flatbush [${theirs}]`);
  }
}

// A loop of its own for each index: one that has called two kinds of them calls neither as a program does that has only one.
function nsPerFix(index: ZoneIndex, { fixes }: City, count: number): number {
  let found = 0;
  let at = 0;
  const start = cpuMs();
  for (let i = 0; i < count; i += 1) {
    found += index.containing([fixes[at]!, fixes[at + 1]!]).length;
    at = at + 2 === fixes.length ? 0 : at + 2;
  }
  return nsOf(start, count, found);
}

function flatbushNsPerFix(index: ZoneIndex, { fixes }: City, count: number): number {
  let found = 0;
  let at = 0;
  const start = cpuMs();
  for (let i = 0; i < count; i += 1) {
    found += index.containing([fixes[at]!, fixes[at + 1]!]).length;
    at = at + 2 === fixes.length ? 0 : at + 2;
  }
  return nsOf(start, count, found);
}

function nsOf(start: number, count: number, found: number): number {
  const ms = cpuMs() - start;
  if (found === 0) throw new Error('no fix is in any zone: this measures nothing');
  return (ms * 1e6) / count;
}

// As evaluation asks: how far is a vehicle from the edge of a zone it is in?
function nsPerDistance(index: ZoneIndex, { fixes }: City): number {
  const questions: [number, readonly [number, number]][] = [];
  for (let i = 0; questions.length < DISTANCES_PER_ROUND && i < fixes.length; i += 2) {
    const position = [fixes[i]!, fixes[i + 1]!] as const;
    for (const zone of index.containing(position)) questions.push([zone, position]);
  }
  let sum = 0;
  const start = cpuMs();
  for (const [zone, position] of questions) sum += index.distanceToEdgeM(zone, position);
  const ms = cpuMs() - start;
  if (!(sum > 0)) throw new Error('all distances are 0: this measures nothing');
  return (ms * 1e6) / questions.length;
}

function zonesPerFix(index: ZoneIndex, { fixes }: City): number {
  let found = 0;
  for (let i = 0; i < fixes.length; i += 2) found += index.containing([fixes[i]!, fixes[i + 1]!]).length;
  return found / (fixes.length / 2);
}

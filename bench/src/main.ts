import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compareRatios, comparedTable } from './compare/compare-ratios';
import { options } from './options';
import type { AnyPart, Ratio } from './part';
import { PARTS } from './parts';
import { runParts, type Measured } from './run-parts';
import { writePicture, writeSection } from './write-section';

const HELP = `npm run bench -- [NAME …] [--quick] [--json] [--write] [--compare FILE]

Without a name all of them run, one after the other (about 40 minutes; with --quick about 8):

${PARTS.map(({ name, help }) => `  ${name.padEnd(10)} ${help}`).join('\n')}

  --quick           short runs: does all of it work, and roughly how fast
  --json            the figures as JSON, one member for each part, nothing else on stdout
  --write           also puts the tables into docs/performance.md, its charts into docs/performance (quiet: docs/quiet.md and docs/quiet.svg)
  --compare FILE    ratios beside those of an earlier --json, such as bench/baseline.json; ends with 1 when one of them is worse
  --tolerance N     by how much a ratio may be worse (default 0.25: a quarter)
  --from FILE       figures of an earlier --json instead of measuring: for --write and --compare
  --rounds N        interleaved rounds, of which the medians are told (default: geofence 9, ingest 5, footprint 7)
  --seconds N       of each run (default: ingest 5, path 180, footprint 20, embedded 20)
  --node-flag=FLAG  for our services, after those of the image; again for several

  of ingest:
  --part NAME       only single, batch100 or open; again for several
  --no-pin          the services may always use all cores; otherwise, but for open, they have core 0 and the load core 1
  --go-linger D     of the Go reference's Kafka client (default 0s)

  of path:
  --rate N          heartbeats a second that are tried first (default 20000)
  --part NAME       only latency or rate
  --tries N         rates, each below what was not sustained (default 3)
  --profile NAME    a CPU profile of one service in .cache/bench/profiles

  of embedded:
  --rate N          heartbeats a second that are tried first (default 16000)

  of scaling:
  --part NAME       only workers, partitions, vehicles, days or zones; again for several

  of quiet:
  --days N          that each vehicle is parked, 0.1 for a first look (default 2; five times that in the cell of the promise)
  --exits N         of each kind (default 100)
  --seed N          what the dice begin with (default 1)

Figures are CPU time of the thread or process that works: others on the machine cost caches, not minutes.
`;

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Figures by the name of their part, as --json writes them. */
type Figures = Readonly<Record<string, Measured>>;

async function main(): Promise<void> {
  const { values: flags, positionals } = parseArgs({ allowPositionals: true, options });
  if (flags.help) {
    process.stdout.write(HELP);
    return;
  }
  const unknown = positionals.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`there is no ${unknown} to measure\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  const tolerance = Number(flags.tolerance ?? 0.25);
  if (!(tolerance >= 0)) throw new Error(`--tolerance ${flags.tolerance}: not a number from 0 up`);
  // Read before anything is measured: a mistake in its name should not cost an hour.
  const before = flags.compare === undefined ? undefined : readFigures(flags.compare);
  const wanted = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const { figures, failed } =
    flags.from === undefined
      ? await runParts(wanted, flags, say)
      : { figures: readFigures(flags.from), failed: [] as readonly string[] };
  const measured = wanted.filter(({ name }) => Object.hasOwn(figures, name));

  for (const part of flags.write ? measured : []) {
    const pictures = part.pictures(figures[part.name]);
    for (const [path, svg] of Object.entries(pictures)) writePicture(path, svg);
    writeSection(part.name, `${shownBy(part, figures)}\n${shown(pictures)}`, part.page);
  }
  const compared = before && compareRatios(ratiosOf(before), ratiosOf(figures), tolerance);
  if (flags.json) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
  else
    for (const part of measured)
      process.stdout.write(`${measured.length > 1 ? `## ${part.name}\n\n` : ''}${shownBy(part, figures)}\n`);
  if (compared) (flags.json ? process.stderr : process.stdout).write(comparedTable(compared, tolerance));
  for (const name of failed) say(`${name} could not be measured`);
  if (failed.length > 0 || compared?.some(({ verdict }) => verdict === 'worse')) process.exitCode = 1;
}

/** Where it was measured, and the table. */
function shownBy(part: AnyPart, figures: Figures): string {
  return `${figures[part.name]!.machine}\n\n${part.table(figures[part.name])}`;
}

/** The pictures as the page shows them; those of the page of `quiet` stand in its text. */
function shown(pictures: Readonly<Record<string, string>>): string {
  const beside = Object.keys(pictures).filter((path) => path.startsWith('docs/performance/'));
  return beside
    .map(
      (path) =>
        `![${/font-weight="bold"[^>]*>(.*?)</.exec(pictures[path]!)?.[1] ?? path}](${path.replace('docs/', '')})\n`,
    )
    .join('\n');
}

function ratiosOf(figures: Figures): readonly Ratio[] {
  return PARTS.filter(({ name }) => Object.hasOwn(figures, name)).flatMap((part) => part.ratios(figures[part.name]));
}

function readFigures(path: string): Figures {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Figures;
  } catch (error) {
    throw new Error(`${path} has no figures of an earlier --json`, { cause: error });
  }
}

// Told to stop, it ends as at any other time: what it started ends with it.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));
// `… | head` has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

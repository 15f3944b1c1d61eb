import { parseArgs } from 'node:util';
import { benchFootprint } from './footprint/bench-footprint';
import { footprintTable } from './footprint/footprint-table';
import { benchGeofence } from './geofence/bench-geofence';
import { geofenceTable } from './geofence/geofence-table';
import { benchIngest, type IngestOptions } from './ingest/bench-ingest';
import { ingestTable } from './ingest/ingest-table';
import { benchPath } from './path/bench-path';
import { SERVICES, type ServiceName } from './path/path-services';
import { pathTable } from './path/path-table';
import { benchQuiet } from './quiet/bench-quiet';
import { quietPlot } from './quiet/quiet-plot';
import { quietTable } from './quiet/quiet-table';
import { writePicture, writeSection } from './write-section';

const HELP = `npm run bench -- NAME [--json] [--write] [--rounds N]

  footprint  start of each service as its image starts it, to its first 200; memory idle and under load (about 4 minutes)
  geofence   ns per fix of the zone index beside flatbush + ray casting, at 100, 500, 10,000 and 100,000 zones (about a minute, 2 GB)
  ingest     CPU per heartbeat from POST to 202 after Kafka's acks=all, and p99 at fixed rates, beside the Go reference (about 6 minutes)
  path       which rate the whole path sustains, and how long an alert takes at 4,000/s (about 10 minutes; \`--seconds 20\` for a first look)
  quiet      false events of parked vehicles and delays of exits under \`immediate\` and \`confirmed\`, in made-up weather (some minutes)

  --json       the figures as JSON, nothing else on stdout
  --write      also puts the table into docs/performance.md (quiet: docs/quiet.md and docs/quiet.svg)
  --rounds N   interleaved rounds, of which the medians are told (default 9; ingest 5)

  of ingest:
  --seconds N       of each run (default 5; path 180)
  --part NAME       only single, batch100 or open; again for several
  --no-pin          the services may use all cores; otherwise they have core 0 and the rest core 1
  --node-flag FLAG  for our service (default --max-semi-space-size=2); again for several
  --go-linger D     of the Go reference's Kafka client (default 0s)

  of path:
  --rate N          heartbeats a second that are tried first (default 20000)
  --part NAME       only latency or rate
  --tries N         rates, each below what was not sustained (default 3)
  --profile NAME    a CPU profile of one service in .cache/bench/profiles

  of quiet:
  --days N     that each vehicle is parked, 0.1 for a first look (default 2; five times that in the cell of the promise)
  --exits N    of each kind (default 100)
  --seed N     what the dice begin with (default 1)

Figures are CPU time of the thread or process that works: others on the machine cost caches, not minutes.
`;

const options = {
  help: { type: 'boolean' },
  json: { type: 'boolean' },
  write: { type: 'boolean' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  rate: { type: 'string' },
  tries: { type: 'string' },
  profile: { type: 'string' },
  part: { type: 'string', multiple: true },
  'no-pin': { type: 'boolean' },
  'node-flag': { type: 'string', multiple: true },
  'go-linger': { type: 'string', default: '0s' },
  days: { type: 'string' },
  exits: { type: 'string' },
  seed: { type: 'string' },
} as const;

interface Bench {
  readonly figures: unknown;
  readonly table: string;
  /** A plot of it, as SVG. */
  readonly picture?: string;
}

type Flags = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

const say = (line: string) => process.stderr.write(`${line}\n`);

const BENCHES: Readonly<Record<string, (flags: Flags) => Promise<Bench>>> = {
  async footprint(flags) {
    const [rounds, seconds] = [whole(flags.rounds, 7), whole(flags.seconds, 20)];
    const nodeFlags = flags['node-flag'] ?? [];
    const figures = await benchFootprint({ rounds, seconds, nodeFlags, say });
    return { figures, table: footprintTable(figures) };
  },
  async geofence(flags) {
    const measured = benchGeofence(whole(flags.rounds, 9), say);
    return { figures: measured.figures, table: geofenceTable(measured) };
  },
  async ingest(flags) {
    const figures = await benchIngest({
      rounds: whole(flags.rounds, 5),
      seconds: whole(flags.seconds, 5),
      pinned: flags['no-pin'] !== true,
      nodeFlags: flags['node-flag'] ?? ['--max-semi-space-size=2'],
      goLinger: flags['go-linger'] ?? '0s',
      parts: (flags.part ?? ['single', 'batch100', 'open']) as IngestOptions['parts'],
      say,
    });
    return { figures, table: ingestTable(figures) };
  },
  async path(flags) {
    const { profile } = flags;
    if (profile !== undefined && !Object.hasOwn(SERVICES, profile))
      throw new Error(`--profile ${profile}: not one of ${Object.keys(SERVICES).join(', ')}`);
    const figures = await benchPath({
      seconds: whole(flags.seconds, 180),
      rate: whole(flags.rate, 20_000),
      tries: whole(flags.tries, 3),
      parts: flags.part ?? ['latency', 'rate'],
      nodeFlags: flags['node-flag'] ?? [],
      profile: profile as ServiceName | undefined,
      say,
    });
    return { figures, table: pathTable(figures) };
  },
  async quiet(flags) {
    const days = Number(flags.days ?? 2);
    if (!(days > 0)) throw new Error(`--days ${flags.days}: not a number above 0`);
    const [exits, seed] = [whole(flags.exits, 100), whole(flags.seed, 1)];
    const figures = benchQuiet({ days, exits, seed, say });
    return { figures, table: quietTable(figures), picture: quietPlot(figures) };
  },
};

/** Where the tables go that have a page of their own. */
const PAGES: Readonly<Record<string, string>> = { quiet: 'docs/quiet.md' };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [name = '', ...more] = positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!Object.hasOwn(BENCHES, name) || more.length > 0) {
    process.stderr.write(HELP);
    process.exitCode = 2;
    return;
  }
  const { figures, table, picture } = await BENCHES[name]!(values);
  if (values.write) writeSection(name, table, PAGES[name]);
  if (values.write && picture !== undefined) writePicture(`docs/${name}.svg`, picture);
  process.stdout.write(values.json ? `${JSON.stringify({ [name]: figures }, undefined, 2)}\n` : table);
}

function whole(text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`not a whole number above 0: ${text}`);
  return number;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

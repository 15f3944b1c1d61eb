import { parseArgs } from 'node:util';
import { benchGeofence } from './geofence/bench-geofence';
import { geofenceTable } from './geofence/geofence-table';
import { writeSection } from './write-section';

const HELP = `npm run bench -- NAME [--json] [--write] [--rounds N]

  geofence   ns per fix of the zone index beside flatbush + ray casting, at 100, 500, 10,000 and 100,000 zones (about a minute, 2 GB)

  --json       the figures as JSON, nothing else on stdout
  --write      also puts the table into docs/performance.md
  --rounds N   interleaved rounds, of which the medians are told (default 9)

Figures are CPU time of the thread that works: others on the machine cost caches, not minutes.
`;

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
      rounds: { type: 'string', default: '9' },
    },
  });
  const [name, ...more] = positionals;
  const rounds = Number(values.rounds);
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (name !== 'geofence' || more.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
    process.stderr.write(HELP);
    process.exitCode = 2;
    return;
  }

  const geofence = benchGeofence(rounds, (line) => process.stderr.write(`${line}\n`));
  if (values.write) writeSection('geofence', geofenceTable(geofence));
  process.stdout.write(
    values.json ? `${JSON.stringify({ geofence: geofence.figures }, undefined, 2)}\n` : geofenceTable(geofence),
  );
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

#!/usr/bin/env node
// How many fixes a second does `corral evaluate` take, reading and parsing included? Both GeoLife files against a polygon of 23 points, once
// and many times over (each time other vehicles, in turn): the first figure pays for compiling, the second shows the engine. What the command says
// counts from when it has read the zones; beside it stands the time from start to end, which is what a stranger with a stopwatch sees.
//
//   npm run bench:evaluate [-- --copies 40 --at-least 200000]
//
// CPU time of the whole process, all its threads, is what counts: the machine may be busy. On Linux it is kept on one core.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, closeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const samples = process.env.CORRAL_SAMPLES ?? join(root, '../shared/data');
const { values } = parseArgs({
  options: { copies: { type: 'string', default: '40' }, 'at-least': { type: 'string' } },
});

const ride = ['000', '002'].flatMap((name) =>
  readFileSync(join(samples, 'geolife', `${name}.ndjson`), 'utf8')
    .trim()
    .split('\n')
    .map(JSON.parse),
);
const folder = mkdtempSync(join(tmpdir(), 'corral-evaluate-'));
try {
  writeFileSync(join(folder, 'zones.json'), JSON.stringify(polygonAround(ride, 23)));
  const figures = [1, Number(values.copies)].map((copies) => measure(copies));
  console.log(`load ${loadavg()[0].toFixed(1)} at the end`);
  const wanted = Number(values['at-least'] ?? 0);
  if (figures.at(-1) < wanted) {
    console.log(`fewer than ${wanted} fixes a second`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(copies) {
  const input = join(folder, 'heartbeats.ndjson');
  writeFileSync(input, '');
  for (let copy = 0; copy < copies; copy += 1)
    writeFileSync(input, ride.map((fix) => `${JSON.stringify({ ...fix, vehicleId: `${fix.vehicleId}-${copy}` })}\n`).join(''), { flag: 'a' }); // prettier-ignore
  const command = [process.execPath, join(root, 'apps/corral/bin/corral.cjs'), 'evaluate', '--zones', join(folder, 'zones.json')]; // prettier-ignore
  const pinned = hasTaskset() ? ['taskset', '-c', '0', ...command] : command;
  const stdin = openSync(input, 'r');
  const begun = performance.now();
  const { status, stderr } = spawnSync(pinned[0], pinned.slice(1), {
    stdio: [stdin, 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const fromStartToEndS = (performance.now() - begun) / 1_000;
  closeSync(stdin);
  const said = /^(\d+) lines, 0 bad, (\d+) facts.* in [\d.]+ s, ([\d.]+) s of CPU$/m.exec(stderr ?? '');
  if (status !== 0 || !said) throw new Error(`corral evaluate answered ${status}: ${stderr}`);
  const [lines, facts, seconds] = said.slice(1).map(Number);
  const perSecond = Math.round(lines / seconds);
  const seen = `${fromStartToEndS.toFixed(2)} s from start to end: ${Math.round(lines / fromStartToEndS)} fixes/s`;
  console.log(`${lines} fixes, ${facts} facts, ${seconds} s of CPU: ${perSecond} fixes/s on one core; ${seen}`);
  return perSecond;
}

function hasTaskset() {
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A star of so many points, the last the first again, around the middle of where the rides were. */
function polygonAround(fixes, points) {
  const middle = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const [lng, lat] = [middle(fixes.map((fix) => fix.lng)), middle(fixes.map((fix) => fix.lat))];
  const ring = Array.from({ length: points - 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / (points - 1);
    const radius = i % 2 === 0 ? 0.02 : 0.013;
    return [lng + radius * Math.cos(angle), lat + radius * Math.sin(angle)];
  });
  const geometry = { type: 'Polygon', coordinates: [[...ring, ring[0]]] };
  return { type: 'FeatureCollection', features: [{ type: 'Feature', id: 'star', properties: {}, geometry }] };
}

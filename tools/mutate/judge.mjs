#!/usr/bin/env node
// Is what libs/geo says about places and shapes so? Asks judges that share no code with it (BigInt rationals, flatbush with ray casting, JSTS,
// JTS's own cases), prints how many probes there were and how many differ, then plants each known mistake of geometry and expects the judges to
// notice it. About three minutes on a quiet machine.
//
//   npm run judge
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const env = { ...process.env, CORRAL_SAMPLES: process.env.CORRAL_SAMPLES ?? join(root, '../shared/data') };

const jest = [join(root, 'node_modules/jest/bin/jest.js'), '-c', join(root, 'libs/geo/jest.config.cjs'), 'exact', 'jsts', 'samples', '--verbose']; // prettier-ignore
const judged = spawnSync(process.execPath, jest, { cwd: root, env, encoding: 'utf8', maxBuffer: 1e9 });
const counts = `${judged.stdout}${judged.stderr}`.match(/^.*(probes|otherwise|Tests: ).*$/gm) ?? [];
for (const line of counts) console.log(line.trim());
const planted = spawnSync(process.execPath, [join(root, 'tools/mutate/mutate.mjs'), '--only', 'libs/geo'], {
  stdio: 'inherit',
});
process.exitCode = judged.status === 0 && planted.status === 0 ? 0 : 1;
console.log(process.exitCode === 0 ? 'judge: no difference, every planted mistake noticed' : 'judge: FAILED');

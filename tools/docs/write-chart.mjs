// Second half of `npm run docs`: writes what the chart takes from the code (helm/src), so that neither is ever older than the other.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../build/bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
await bundle(['helm']);
execFileSync(process.execPath, [join(root, 'helm/dist/main.cjs')], { cwd: root, stdio: 'inherit' });

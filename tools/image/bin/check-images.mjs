#!/usr/bin/env node
// Builds every image and runs it as the chart does: `npx nx image images`.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
for (const args of [
  ['tools/image/bin/build-images.mjs'],
  ['node_modules/jest/bin/jest.js', '-c', 'tools/image/images.config.cjs', '--runInBand'],
]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

#!/usr/bin/env node
// The committed launcher: builds dist/main.cjs when it is missing or older than its sources, then hands over to it.
'use strict';
const { existsSync, readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const MINIMUM_NODE = 24;
const tool = join(__dirname, '..');
const root = join(tool, '../..');
const bundle = join(tool, 'dist/main.cjs');

if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
  process.stderr.write(
    `rel needs Node ${MINIMUM_NODE} or later and runs on ${process.versions.node} here. ` +
      'Start it through npm, which brings its own: npm run rel -- --help\n',
  );
  process.exit(1);
}

/** The newest change below a folder, epoch milliseconds. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.endsWith('.test.ts')) continue;
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

function isStale() {
  if (!existsSync(bundle)) return true;
  const built = statSync(bundle).mtimeMs;
  const libraries = readdirSync(join(root, 'libs')).map((name) => join(root, 'libs', name, 'src'));
  return [join(tool, 'src'), ...libraries].some((folder) => existsSync(folder) && newest(folder) > built);
}

async function main() {
  if (isStale()) {
    const { bundle: build } = await import(pathToFileURL(join(root, 'tools/build/bundle.mjs')).href);
    await build(['tools/rel']);
  }
  require(bundle);
}

main().catch((error) => {
  process.stderr.write(`rel cannot be built: ${error.message}\n`);
  process.exit(1);
});

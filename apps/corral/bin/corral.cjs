#!/usr/bin/env node
// The committed launcher: npm links it at install, when no bundle exists yet. It prepares and builds what is missing or
// older than its sources, then hands over to dist/main.cjs.
'use strict';
const { existsSync, readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const MINIMUM_NODE = 24;
const app = join(__dirname, '..');
const root = join(app, '../..');
const bundle = join(app, 'dist/main.cjs');

if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
  process.stderr.write(
    `corral needs Node ${MINIMUM_NODE} or later and runs on ${process.versions.node} here. ` +
      'Start it through npm, which brings its own: npm start, or npm exec corral -- --help\n',
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
  return ['libs', 'apps'].some((group) =>
    readdirSync(join(root, group)).some((name) =>
      ['src', 'prisma'].some((part) => {
        const folder = join(root, group, name, part);
        return existsSync(folder) && newest(folder) > built;
      }),
    ),
  );
}

async function main() {
  // An image has the bundle alone and no sources: nothing to compare with.
  if (existsSync(join(root, 'tools/build/prepare.mjs')) && isStale()) {
    process.stderr.write('corral: building (a few seconds, once after each change) …\n');
    const { prepareAndBundle } = await import(pathToFileURL(join(root, 'tools/build/prepare.mjs')).href);
    await prepareAndBundle(['corral']);
  }
  followParent();
  require(bundle);
}

/**
 * `npm exec corral -- up` does not pass a SIGTERM on: once the npm that started us has gone, we end too.
 * Only under npm; a shell that leaves a background server behind is a wish, not an accident.
 */
function followParent() {
  if (process.env.npm_command === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 1_000);
  watch.unref();
  // Once told to stop, by whomever, telling again would mean "at once".
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => clearInterval(watch));
}

main().catch((error) => {
  process.stderr.write(`corral: cannot be built: ${error.message}\n`);
  process.exit(1);
});

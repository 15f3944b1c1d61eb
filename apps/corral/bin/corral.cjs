#!/usr/bin/env node
// The committed launcher: npm links it at install, when no bundle exists yet. It prepares and builds what is missing or
// older than its sources, then hands over to dist/main.cjs.
'use strict';
const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { cannotBuild, isOlderThan, needNode } = require('../../../tools/build/launch.cjs');

const app = join(__dirname, '..');
const root = join(app, '../..');
const bundle = join(app, 'dist/main.cjs');

needNode('corral', 'npm start, or npm exec corral -- --help');

function isStale() {
  const projects = ['libs', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name)),
  );
  return isOlderThan(
    bundle,
    projects.flatMap((project) => [join(project, 'src'), join(project, 'prisma')]),
  );
}

async function main() {
  if (isStale()) {
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

main().catch(cannotBuild('corral'));

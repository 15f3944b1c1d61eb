#!/usr/bin/env node
// The committed launcher: builds dist/main.cjs when it is missing or older than its sources, then hands over to it.
'use strict';
const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { cannotBuild, isOlderThan, needNode } = require('../../build/launch.cjs');

const tool = join(__dirname, '..');
const root = join(tool, '../..');
const bundle = join(tool, 'dist/main.cjs');

needNode('rel', 'npm run rel -- --help');

function isStale() {
  const libraries = readdirSync(join(root, 'libs')).map((name) => join(root, 'libs', name, 'src'));
  return isOlderThan(bundle, [join(tool, 'src'), ...libraries]);
}

async function main() {
  if (isStale()) {
    const { bundle: build } = await import(pathToFileURL(join(root, 'tools/build/bundle.mjs')).href);
    await build(['tools/rel']);
  }
  require(bundle);
}

main().catch(cannotBuild('rel'));

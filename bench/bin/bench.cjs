#!/usr/bin/env node
// The committed launcher: bundles the bench and the programs it measures as they stand now (a second) and hands over to dist/main.cjs.
'use strict';
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const { cannotBuild, needNode } = require('../../tools/build/launch.cjs');

const root = join(__dirname, '../..');

needNode('the bench', 'npm run bench -- --help');

async function main() {
  const { bundle, programs } = await import(pathToFileURL(join(root, 'tools/build/bundle.mjs')).href);
  await bundle([...programs(), 'bench']);
  require(join(__dirname, '../dist/main.cjs'));
}

main().catch(cannotBuild('the bench'));

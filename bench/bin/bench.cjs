#!/usr/bin/env node
// The committed launcher: bundles the bench and the programs it measures as they stand now (a second) and hands over to dist/main.cjs.
'use strict';
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const MINIMUM_NODE = 24;
const root = join(__dirname, '../..');

if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
  process.stderr.write(
    `the bench needs Node ${MINIMUM_NODE} or later and runs on ${process.versions.node} here. ` +
      'Start it through npm, which brings its own: npm run bench -- --help\n',
  );
  process.exit(1);
}

async function main() {
  const { bundle, programs } = await import(pathToFileURL(join(root, 'tools/build/bundle.mjs')).href);
  await bundle([...programs(), 'bench']);
  require(join(__dirname, '../dist/main.cjs'));
}

main().catch((error) => {
  process.stderr.write(`the bench cannot be built: ${error.message}\n`);
  process.exit(1);
});

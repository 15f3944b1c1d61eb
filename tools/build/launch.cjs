// What the committed launchers share: they stand before any bundle, so this is plain CommonJS that every Node can read.
'use strict';
const { existsSync, readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');

const MINIMUM_NODE = 24;

/** Ends the process with a sentence when Node is too old for `name`; `how` starts it with a Node that is not. */
exports.needNode = function needNode(name, how) {
  if (Number(process.versions.node.split('.')[0]) >= MINIMUM_NODE) return;
  process.stderr.write(
    `${name} needs Node ${MINIMUM_NODE} or later and runs on ${process.versions.node} here. ` +
      `Start it through npm, which brings its own: ${how}\n`,
  );
  process.exit(1);
};

/** Whether a bundle is missing, or older than anything but tests in one of these folders; a folder that does not exist counts for nothing. */
exports.isOlderThan = function isOlderThan(bundle, folders) {
  if (!existsSync(bundle)) return true;
  const built = statSync(bundle).mtimeMs;
  return folders.some((folder) => existsSync(folder) && newest(folder) > built);
};

/** Ends the process with what kept it from being built. */
exports.cannotBuild = function cannotBuild(name) {
  return (error) => {
    process.stderr.write(`${name} cannot be built: ${error.message}\n`);
    process.exit(1);
  };
};

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

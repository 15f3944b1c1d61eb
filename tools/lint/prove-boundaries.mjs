// Proves that the lint bites: plants one forbidden line at a time and expects the lint, green before, to turn red with the rule's name.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const plants = [
  {
    what: 'one app imports another',
    project: '@corral/geofence',
    file: 'apps/geofence/src/planted.ts',
    line: "export { createIngestion } from '@corral/ingestion';\n",
    rule: '@nx/enforce-module-boundaries',
  },
  {
    what: 'kafkajs outside of messaging',
    project: '@corral/notification',
    file: 'apps/notification/src/planted.ts',
    line: "export { Kafka } from 'kafkajs';\n",
    rule: '@nx/enforce-module-boundaries',
  },
  {
    what: 'a clock in domain',
    project: '@corral/domain',
    file: 'libs/domain/src/planted.ts',
    line: 'export const now = (): number => Date.now();\n',
    rule: 'no-restricted-properties',
  },
  {
    what: 'the oracle that checks the engine asks the engine',
    project: '@corral/rel',
    file: 'tools/rel/src/check/planted.ts',
    line: "export { step } from '@corral/domain';\n",
    rule: '@nx/enforce-module-boundaries',
  },
  {
    what: 'the oracle asks the engine’s geometry, by a path',
    project: '@corral/rel',
    file: 'tools/rel/src/check/planted.ts',
    line: "export { pointInPolygon } from '../../../../libs/geo/src/index';\n",
    rule: '@nx/enforce-module-boundaries',
  },
];

function lint(project) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/nx/dist/bin/nx.js'), 'lint', project, '--skip-nx-cache', '--outputStyle=stream'],
    { cwd: root, encoding: 'utf8', env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' } },
  );
  return { green: status === 0, output: stdout + stderr };
}

let failed = 0;
for (const { what, project, file, line, rule } of plants) {
  const before = lint(project);
  writeFileSync(join(root, file), line);
  let after;
  try {
    after = lint(project);
  } finally {
    rmSync(join(root, file));
  }
  const bites = before.green && !after.green && after.output.includes(rule);
  if (!bites) failed += 1;
  console.log(
    `${bites ? 'ok    ' : 'FAILED'} ${what}: ${before.green ? 'green' : 'red'} before, ${after.green ? 'green' : 'red'} after (${rule})`,
  );
  if (!bites) console.log(before.green ? after.output : before.output);
}
process.exit(failed === 0 ? 0 : 1);

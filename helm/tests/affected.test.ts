import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './helm';

/** The projects that nx would test again, were these files changed. */
function affectedBy(...files: string[]): readonly string[] {
  const nx = join(ROOT, 'node_modules/nx/dist/bin/nx.js');
  const args = [nx, 'show', 'projects', '--affected', `--files=${files.join(',')}`, '--json'];
  const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };
  const out = execFileSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (JSON.parse(out.slice(out.indexOf('['))) as string[]).sort();
}

test('[66] a changed topic in libs/contracts selects the chart', () => {
  expect(affectedBy('libs/contracts/src/topics.ts')).toEqual(
    expect.arrayContaining(['helm', 'k8s', '@corral/geofence']),
  );
});

test('[66] a changed setting of one app selects the chart, and no other app', () => {
  const affected = affectedBy('apps/geofence/src/config.ts');
  expect(affected).toEqual(expect.arrayContaining(['@corral/geofence', '@corral/corral', 'helm', 'k8s']));
  expect(affected).not.toContain('@corral/gateway');
});

test('[66] a changed template selects the chart and what is rendered from it, and no code', () => {
  expect(affectedBy('helm/corral/templates/_component.tpl')).toEqual(['helm', 'k8s']);
});

test('[66] a changed README selects nothing but itself', () => {
  expect(affectedBy('README.md')).toEqual([]);
  expect(affectedBy('docs/adr/README.md')).toEqual([]);
  expect(affectedBy('libs/domain/README.md')).toEqual([]);
  expect(affectedBy('k8s/README.md')).toEqual(['k8s']);
});

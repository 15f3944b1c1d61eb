// `nx run-many -t chart`: fetches what only these tests need (once), runs them, and holds helm/CHECKLIST.md against what ran.
// Needs: npm for the toolbox, promtool (Debian: apt-get install --no-install-recommends prometheus), and Helm 4: HELM4, `helm` on the PATH, or Go to
// build it once into .cache/chart. In CI a missing one is a failure.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HELM4_VERSION = '4.3.1';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, '.cache/chart');
const [project = 'helm', ...rest] = process.argv.slice(2);

installToolbox();
need('promtool', 'apt-get install --no-install-recommends prometheus');
const helm4 = findHelm4();
const env = {
  ...process.env,
  CORRAL_HELM3: join(root, 'helm/toolbox/node_modules/.bin/helm'),
  ...(helm4 ? { CORRAL_HELM4: helm4 } : {}),
};
const jest = join(root, 'node_modules/jest/bin/jest.js');
const { status } = spawnSync(process.execPath, [jest, '-c', join(root, project, 'chart.jest.cjs'), ...rest], {
  cwd: root,
  env,
  stdio: 'inherit',
});
process.exit(status ?? 1);

/** The lock file says what is to be there; a stamp says what is. */
function installToolbox() {
  const toolbox = join(root, 'helm/toolbox');
  const wanted = createHash('sha256')
    .update(readFileSync(join(toolbox, 'package-lock.json')))
    .digest('hex');
  const stamp = join(toolbox, 'node_modules/.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('installing the chart toolbox (about 20 s)');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'], {
    cwd: toolbox,
    stdio: 'inherit',
  });
  writeFileSync(stamp, wanted);
}

function need(tool, how) {
  if (answers(tool, ['--version'])) return;
  console.error(`The chart's tests need ${tool}: ${how}`);
  process.exit(1);
}

/** @returns {string | undefined} a Helm 4; undefined, said aloud, where there is none and none can be built */
function findHelm4() {
  const built = join(cache, 'helm');
  const found = [process.env.HELM4, built, 'helm'].find(
    (one) => one && answers(one, ['version', '--short'])?.startsWith('v4.'),
  );
  if (found) return found;
  if (answers('go', ['version'])) {
    console.log(`building Helm ${HELM4_VERSION} once, into .cache/chart (several minutes where Go's caches are empty)`);
    mkdirSync(cache, { recursive: true });
    const ldflags = `-s -w -X helm.sh/helm/v4/internal/version.version=v${HELM4_VERSION}`;
    execFileSync('go', ['install', '-ldflags', ldflags, `helm.sh/helm/v4/cmd/helm@v${HELM4_VERSION}`], {
      env: { ...process.env, GOBIN: cache, CGO_ENABLED: '0' },
      stdio: 'inherit',
    });
    return built;
  }
  if (process.env.CI) {
    console.error('The chart is tested with Helm 4 in CI: set HELM4 to it, or install Go');
    process.exit(1);
  }
  console.log('No Helm 4 here, and no Go to build it: only Helm 3.10 is tested. Set HELM4 to one.');
  return undefined;
}

function answers(tool, args) {
  const { status, stdout } = spawnSync(tool, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() || ' ' : undefined;
}

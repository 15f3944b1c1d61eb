// `nx run-many -t chart`: fetches what only these tests need (once), runs them, and holds helm/CHECKLIST.md against what ran.
// Needs: npm for the toolbox; promtool (PROMTOOL, the PATH, or Debian's package of it); Helm 4 and kustomize (HELM4, KUSTOMIZE, the PATH, or Go to build
// them once into .cache/chart). In CI a missing one is a failure.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HELM4_VERSION = '4.3.1';
const KUSTOMIZE_VERSION = '5.7.1';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, '.cache/chart');
const [project = 'helm', ...rest] = process.argv.slice(2);

installToolbox();
const promtool = findPromtool();
const helm4 = findOrBuild({
  name: 'Helm 4',
  binary: 'helm',
  named: process.env.HELM4,
  isRight: (one) => answers(one, ['version', '--short'])?.startsWith('v4.'),
  module: `helm.sh/helm/v4/cmd/helm@v${HELM4_VERSION}`,
  ldflags: `-X helm.sh/helm/v4/internal/version.version=v${HELM4_VERSION}`,
});
const kustomize =
  project === 'k8s' &&
  findOrBuild({
    name: 'kustomize',
    binary: 'kustomize',
    named: process.env.KUSTOMIZE,
    isRight: (one) => answers(one, ['version']) !== undefined,
    module: `sigs.k8s.io/kustomize/kustomize/v5@v${KUSTOMIZE_VERSION}`,
    ldflags: '',
  });
if (project === 'k8s' && !kustomize) {
  console.error('The tests of k8s need kustomize: set KUSTOMIZE to it, or install Go');
  process.exit(1);
}

const suites = project === 'k8s' ? ['--testPathPatterns', 'tests/k8s/'] : ['--testPathIgnorePatterns', 'tests/k8s/'];
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/jest/bin/jest.js'), '-c', join(root, 'helm/chart.jest.cjs'), ...suites, ...rest],
  {
    cwd: root,
    env: {
      ...process.env,
      CORRAL_CHART_PROJECT: project,
      CORRAL_PROMTOOL: promtool,
      CORRAL_HELM3: join(root, 'helm/toolbox/node_modules/.bin/helm'),
      ...(helm4 ? { CORRAL_HELM4: helm4 } : {}),
      ...(kustomize ? { CORRAL_KUSTOMIZE: kustomize } : {}),
    },
    stdio: 'inherit',
  },
);
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

/** Taken out of Debian's package `prometheus` where it is not installed: installing that would start a server. */
function findPromtool() {
  const unpacked = join(cache, 'prometheus/usr/bin/promtool');
  const found = [process.env.PROMTOOL, unpacked, 'promtool'].find((one) => one && answers(one, ['--version']));
  if (found) return found;
  try {
    console.log('fetching promtool (Debian package prometheus), once, into .cache/chart');
    mkdirSync(cache, { recursive: true });
    const apt = (...args) => execFileSync('apt-get', args, { cwd: cache, stdio: ['ignore', 'ignore', 'inherit'] });
    if (spawnSync('apt-cache', ['show', 'prometheus']).status !== 0) apt('update', '-q');
    apt('download', 'prometheus');
    const deb = readdirSync(cache).find((file) => /^prometheus_.*\.deb$/.test(file));
    execFileSync('dpkg', ['-x', join(cache, deb), join(cache, 'prometheus')]);
    return unpacked;
  } catch (error) {
    console.error(
      `The chart's tests need promtool: install Debian's package prometheus, or set PROMTOOL (${error.message})`,
    );
    process.exit(1);
  }
}

/** @returns {string | undefined} the tool: named, built before, on the PATH, or built now; undefined, said aloud, where it cannot be had */
function findOrBuild({ name, binary, named, isRight, module, ldflags }) {
  const built = join(cache, binary);
  const found = [named, built, binary].find((one) => one && isRight(one));
  if (found) return found;
  if (answers('go', ['version'])) {
    console.log(`building ${name} once, into .cache/chart (minutes where Go's caches are empty)`);
    mkdirSync(cache, { recursive: true });
    execFileSync('go', ['install', '-ldflags', `-s -w ${ldflags}`, module], {
      env: { ...process.env, GOBIN: cache, CGO_ENABLED: '0' },
      stdio: 'inherit',
    });
    return built;
  }
  if (process.env.CI) {
    console.error(`CI tests with ${name}: name one in the environment (HELM4, KUSTOMIZE), or install Go`);
    process.exit(1);
  }
  console.log(`No ${name} here, and no Go to build it: what needs it is not tested.`);
  return undefined;
}

function answers(tool, args) {
  const { status, stdout } = spawnSync(tool, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() || ' ' : undefined;
}

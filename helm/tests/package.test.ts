import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CASES, CHART, helm, HELMS, RELEASE, valuesOf } from './helm';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corral-package-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

// Helm 3.10 lints for a Kubernetes of its own choice only.
(process.env.CORRAL_HELM4 ? test : test.skip).each(CASES)('helm lint --strict has nothing to say about %s', (name) => {
  expect(helm(['lint', '--strict', CHART, '-f', valuesOf(name), '--kube-version', '1.36'])).toContain(
    '0 chart(s) failed',
  );
});

test.each(HELMS)('packed twice by $name, the chart holds the same', ({ binary }) => {
  const pack = (to: string) => {
    helm(['package', CHART, '--destination', join(folder, to)], binary);
    const file = join(folder, to, readdirSync(join(folder, to))[0]!);
    const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n').sort();
    const content = execFileSync('tar', ['-xzOf', file, ...names], { encoding: 'utf8' });
    return { names, content };
  };
  const first = pack('one');
  expect(pack('two')).toEqual(first);
  expect(first.names).toContain('corral/values.schema.json');
  expect(first.names.filter((name) => /\/ci\//.test(name))).toEqual([]);
  // What is packed is what installs.
  const packed = join(folder, 'one', readdirSync(join(folder, 'one'))[0]!);
  const args = (chart: string) => [...RELEASE, chart, '-f', valuesOf('production'), '--kube-version', '1.36'];
  expect(helm(args(packed), binary)).toBe(helm(args(CHART), binary));
});

test('[59] there are fifteen or more suites', () => {
  const suites = [__dirname, join(__dirname, 'k8s')].flatMap((tests) =>
    readdirSync(tests)
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => join(tests, file)),
  );
  const groups =
    suites
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
      .match(/^\s*(test|describe)(\.each)?\(/gm) ?? [];
  expect(suites.length).toBeGreaterThanOrEqual(15);
  expect(groups.length).toBeGreaterThan(60);
});

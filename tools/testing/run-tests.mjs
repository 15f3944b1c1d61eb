// `npm test`: every project's tests through nx, and a closing line counted from the result files of this very run.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const results = join(root, 'test-output');

if (process.argv.includes('--help')) {
  console.log('npm test [-- PROJECT …]   unit, contract and end-to-end tests of all projects, or of the named ones');
  process.exit(0);
}

const named = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const expected = named.length > 0 ? named : projectsWithTests();
rmSync(results, { recursive: true, force: true });
const code = await runNx();
process.exit(report(code));

/** Short names of the workspaces that have at least one test file. */
function projectsWithTests() {
  const folders = ['libs', 'apps', 'tools'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${group}/${entry.name}`),
  );
  return [...folders, 'bench', 'e2e']
    .filter((folder) => existsSync(join(root, folder, 'jest.config.cjs')) && hasTest(join(root, folder)))
    .map((folder) => folder.split('/').at(-1));
}

function hasTest(folder) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (['node_modules', 'dist', 'out-tsc', 'generated'].includes(entry.name)) return false;
    return entry.isDirectory() ? hasTest(join(folder, entry.name)) : entry.name.endsWith('.test.ts');
  });
}

function runNx() {
  const projects = expected.map((name) => `@corral/${name}`).join(',');
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/nx/dist/bin/nx.js'),
      ...[
        'run-many',
        '-t',
        'test',
        `--projects=${projects}`,
        '--skip-nx-cache',
        '--parallel=2',
        '--outputStyle=stream',
      ],
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' } },
  );
  return new Promise((resolve) => child.on('exit', (status) => resolve(status ?? 1)));
}

function report(code) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const leftOut = [];
  const failures = [];
  for (const project of expected) {
    const file = join(results, `${project}.json`);
    if (!existsSync(file)) {
      console.error(`${project}: no results; its tests did not run to the end`);
      total.failed += 1;
      continue;
    }
    const result = JSON.parse(readFileSync(file, 'utf8'));
    total.passed += result.passed;
    total.failed += result.failed;
    total.skipped += result.skipped;
    leftOut.push(...result.skippedSuites);
    failures.push(...result.failures);
  }
  console.log('');
  // Last, beside the count: who is shown the end of a long log only learns what failed.
  for (const { file, name, message } of failures) console.log(`failed: ${file} › ${name}\n${firstLines(message)}\n`);
  for (const suite of leftOut) console.log(`left out (a prerequisite is missing): ${suite}`);
  if (code !== 0 && total.failed === 0) {
    console.error('nx reports a failure that no test result explains');
    total.failed = 1;
  }
  const sound = total.failed === 0 && total.passed > 0 && !(process.env.CI && total.skipped > 0);
  if (process.env.CI && total.skipped > 0)
    console.error('In CI a skipped test is a failure: something it needs is missing.');
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return sound ? 0 : 1;
}

function firstLines(message) {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('node_modules'));
  return lines
    .slice(0, 12)
    .map((line) => `  ${line}`)
    .join('\n');
}

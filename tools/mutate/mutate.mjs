#!/usr/bin/env node
// Does a test notice each of these mistakes? Makes them one by one (`mutants.mjs`) in a copy of libs, never in the working tree, runs the
// suites that ought to notice, and prints a table. A mutant whose text is not found exactly once, one that nobody noticed, one that only
// broke the build, and a suite that is red without any mistake are failures.
//
//   npm run mutate [-- --only WORD]      about 4 s a mutant on a quiet machine
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const chosen = mutants.filter(({ what, file }) => values.only === undefined || `${what} ${file}`.includes(values.only));

const copy = mkdtempSync(join(tmpdir(), 'corral-mutate-'));
process.on('SIGINT', () => process.exit(130));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
makeCopy();

let failures = chosen.length === 0 ? 1 : 0;
for (const [project, suites] of suitesOf(chosen)) {
  const { failed, broken } = runSuites(project, suites);
  if (failed.length + broken === 0) continue;
  failures += 1;
  console.log(`FAILED  ${project} is red as it stands: ${failed[0] ?? 'a suite does not run'}`);
}
if (failures === 0) for (const mutant of chosen) failures += tryOut(mutant) ? 0 : 1;
console.log(
  failures === 0
    ? `mutation check: ${chosen.length} mistakes, each noticed by a test`
    : `mutation check: ${chosen.length} mistakes, ${failures} FAILED`,
);
process.exitCode = failures === 0 ? 0 : 1;

/** The sources and what jest needs; packages are linked, ours to the copy. */
function makeCopy() {
  const isSource = (path) => !/\/(node_modules|dist|out-tsc|test-output)$/.test(path);
  for (const name of ['libs', 'tools/testing', 'jest.preset.cjs', 'package.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: isSource });
  mkdirSync(join(copy, 'node_modules/@corral'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@corral') symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const name of readdirSync(join(copy, 'libs')))
    symlinkSync(join(copy, 'libs', name), join(copy, 'node_modules/@corral', name));
}

/** Every suite that some mutant counts on, by project. */
function suitesOf(list) {
  const byProject = new Map();
  for (const mutant of list)
    byProject.set(projectOf(mutant), new Set([...(byProject.get(projectOf(mutant)) ?? []), ...mutant.suites]));
  return byProject;
}

function projectOf({ project, file }) {
  return project ?? file.split('/').slice(0, 2).join('/');
}

/** Whether a test noticed. */
function tryOut(mutant) {
  const { what, file, find, make, suites } = mutant;
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  const times = text.split(find).length - 1;
  if (times !== 1) {
    console.log(`FAILED  ${what}: its text is in ${file} ${times} times, not once`);
    return false;
  }
  writeFileSync(
    path,
    text.replace(find, () => make),
  );
  const { failed, broken } = runSuites(projectOf(mutant), suites);
  writeFileSync(path, text);
  if (failed.length > 0) console.log(`noticed ${what} (${failed.length}): ${failed[0]}`);
  else console.log(`FAILED  ${what}: ${broken > 0 ? 'it does not even run' : 'nobody noticed'}`);
  return failed.length > 0;
}

/** The names of the tests that failed, and how many suites did not run at all. */
function runSuites(project, suites) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const args = [
    join(root, 'node_modules/jest/bin/jest.js'),
    ...suites,
    ...['-c', join(copy, project, 'jest.config.cjs'), '--json', '--outputFile', report, '--silent'],
    '--reporters=default',
  ];
  const env = { ...process.env, FC_RUNS: '200', JUDGE_PROBES: '6000', CORRAL_SAMPLES: '', CI: '' };
  const { stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', env, maxBuffer: 1e9 });
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch (cause) {
    throw new Error(`run jest in ${project}: ${stderr.slice(-2_000)}`, { cause });
  }
  if (result.numTotalTestSuites < suites.length) throw new Error(`not every suite of ${project} is there: ${[...suites].join()}`); // prettier-ignore
  return {
    failed: result.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    ),
    broken: result.numRuntimeErrorTestSuites,
  };
}

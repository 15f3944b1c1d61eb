// helm/CHECKLIST.md: the 72 questions of checklist.json, each with yes or no and the tests that prove it. A test says in its name which rows it proves
// (`[35] …`); a row may name one test elsewhere (`elsewhere`). Yes is said only of what ran and passed: the results are those of test-output.
// `node helm/write-checklist.mjs` writes the file, `--check` fails when it is another.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'helm/CHECKLIST.md');
const rows = JSON.parse(readFileSync(join(root, 'helm/checklist.json'), 'utf8'));
const folder = join(root, 'test-output');
const results = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).tests ?? [])
  : [];
const chart = results.filter(({ file }) => file.startsWith('helm/'));
if (chart.length === 0) fail('there are no results of the chart tests: npx nx run-many -t chart');

const text = render(rows.map(answer));
if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
  console.log(`${page.slice(root.length + 1)}: ${/\d+ of \d+/.exec(text)[0]}`);
} else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  fail('helm/CHECKLIST.md is not what ran: node helm/write-checklist.mjs, and look at the difference');
}

function answer({ row, question, elsewhere, no }) {
  const own = chart.filter(({ name }) => name.includes(`[${row}]`));
  const failed = own.filter(({ status }) => status !== 'passed');
  if (failed.length > 0)
    fail(`row ${row} is claimed by a test that did not pass: ${failed[0].file}: ${failed[0].name}`);
  const proofs = distinct(own);
  if (elsewhere) proofs.push(...[elsewhere].flat().map((one) => proveElsewhere(row, one)));
  if (no) return { row, question, yes: false, proof: no };
  if (proofs.length === 0) fail(`row ${row} has neither a test ("[${row}] …") nor a reason for no`);
  return { row, question, yes: true, proof: proofs.join('<br>') };
}

/** One line a test, without the numbers and without what a table of tests fills in. */
function distinct(tests) {
  const lines = tests.map(
    ({ file, name, title }) =>
      `\`${file.replace('helm/tests/', '')}\` ${(title ?? name).replaceAll(/\[\d+\] ?/g, '').trim()}`,
  );
  // Sorted: which file ends first differs from run to run.
  const unique = [...new Set(lines)].sort();
  return unique.length > 3 ? [...unique.slice(0, 2), `and ${unique.length - 2} more of these`] : unique;
}

/** Where its results are not at hand, at least the test must be there; in CI it must have run. */
function proveElsewhere(row, { file, test }) {
  const ran = results.find((one) => one.file === file && one.name.includes(test));
  if (ran && ran.status !== 'passed') fail(`row ${row}: ${file}: ${test} did not pass`);
  if (!ran && process.env.CI) fail(`row ${row}: ${file}: ${test} did not run before this`);
  if (!ran && !readFileSync(join(root, file), 'utf8').includes(test)) fail(`row ${row}: ${file} has no test ${test}`);
  return `\`${file}\` ${test}`;
}

function render(answers) {
  const yes = answers.filter((one) => one.yes).length;
  const cell = (value) => value.replaceAll('|', '\\|');
  const lines = answers.map(
    ({ row, question, yes: good, proof }) =>
      `| ${row} | ${cell(question)} | ${good ? 'yes' : '**no**'} | ${cell(proof)} |`,
  );
  return `# Checklist of the chart

${yes} of ${answers.length}. Made by \`node helm/write-checklist.mjs\` from the tests that ran; files are below \`helm/tests\` unless they say otherwise. The chart's
\`npx nx run-many -t chart\` fails when this page says something else than they do.

| # | question | answer | proof, or why not |
| --- | --- | --- | --- |
${lines.join('\n')}
`;
}

function fail(sentence) {
  console.error(`checklist: ${sentence}`);
  process.exit(1);
}

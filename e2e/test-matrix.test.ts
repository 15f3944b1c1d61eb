import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/program';

/** The rows that every pull request must show (tier P), wherever the matrix is kept. */
const ROWS = [
  ...['A5p', 'A6', 'A7', 'A8', 'A9', 'A10', 'A16', 'A17'],
  ...['B1', 'B4', 'B9', 'B12', 'B13', 'B14', 'B16'],
  ...['C1', 'C2', 'C4', 'C5', 'C6', 'C7', 'C9', 'C10', 'C11', 'C13', 'C16', 'C17', 'C18', 'C20'],
  ...['D1', 'D2', 'D4', 'D5', 'D6', 'D7', 'D8', 'D9', 'D10', 'D12', 'D13', 'D14', 'D15', 'D18'],
  ...['E1', 'E2', 'E3', 'E4', 'E5', 'E7', 'E8', 'E9', 'E10', 'E11', 'E13', 'E16'],
  'G1',
];

interface Row {
  readonly id: string;
  readonly state: string;
  readonly shownBy: string;
}

function rows(): Row[] {
  const text = readFileSync(join(ROOT, 'docs/test-matrix.md'), 'utf8');
  return [...text.matchAll(/^\| ([A-G]\d+p?) +\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)].map(([, id, , state, shownBy]) => ({
    id: id!,
    state: state!.trim(),
    shownBy: shownBy!.trim(),
  }));
}

/** Each file a row names, with the names of tests that follow it. */
function testsOf({ shownBy }: Row): { file: string; name: string }[] {
  let file = '';
  return [...shownBy.matchAll(/`([^`]+\.(?:test|contract)\.ts)`|“([^”]+)”/g)].flatMap(([, path, name]) => {
    if (path !== undefined) file = path;
    return name === undefined ? [] : [{ file, name }];
  });
}

/** As a test's name stands in its file: quotes may be escaped there. */
function holds(file: string, name: string): boolean {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'");
  return [`'${name}'`, `\`${name}\``, `"${name}"`].some((quoted) => text.includes(quoted));
}

describe('the fault matrix', () => {
  it('has every row of tier P, once, and no other', () => {
    expect(rows().map(({ id }) => id)).toEqual(ROWS);
  });

  it.each(rows().map((row) => [row.id, row] as const))('%s says how it stands, and by what', (_id, row) => {
    expect(row.state).toMatch(/^(green|partly|not yet)$/);
    expect(row.shownBy).not.toBe('');
    if (row.state === 'green')
      expect(testsOf(row).length + (row.shownBy.match(/`rel /g)?.length ?? 0)).toBeGreaterThan(0);
    for (const { file, name } of testsOf(row)) {
      expect(existsSync(join(ROOT, file)) ? '' : `${file} is not there`).toBe('');
      expect(holds(file, name) ? '' : `${file} has no test “${name}”`).toBe('');
    }
  });

  it('names only commands that rel has', () => {
    const commands = readFileSync(join(ROOT, 'docs/test-matrix.md'), 'utf8').matchAll(/`rel ([a-z-]+)/g);
    const sources = ['commands.ts', 'headline/fire-commands.ts', 'scenario/scenario-commands.ts']
      .map((file) => readFileSync(join(ROOT, 'tools/rel/src', file), 'utf8'))
      .join('\n');
    for (const [, command] of commands) expect([command, sources.includes(`'${command}'`)]).toEqual([command, true]);
  });
});

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CASES, CHART, helm, valuesOf } from './helm';
import { rendered, type KubernetesObject } from './renders';

const GOLDEN = join(__dirname, '__golden__');

/** Compares with the file; `UPDATE_GOLDEN=1 npx nx run helm:chart` writes it instead, for a person to read the difference. */
function expectGolden(name: string, text: string): void {
  const path = join(GOLDEN, name);
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(path, text);
  }
  expect(
    existsSync(path) ? readFileSync(path, 'utf8') : `there is no ${name}: UPDATE_GOLDEN=1 npx nx run helm:chart`,
  ).toBe(text);
}

/** Checksums follow from the settings beside them, dashboards and scripts have files of their own: they would only hide what changed. */
function readable(object: KubernetesObject): KubernetesObject {
  const copy = structuredClone(object);
  if (copy.kind === 'ConfigMap')
    for (const key of Object.keys(copy.data)) if (/\.(json|mjs)$/.test(key)) copy.data[key] = `(${key})`;
  if (copy.kind === 'PrometheusRule')
    copy.spec.groups = `(${copy.spec.groups.length} groups of rules/corral.rules.yaml)`;
  return copy;
}

const key = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.name}`;

test('[60] the default case is what somebody has read', () => {
  expectGolden(
    'default.yaml',
    rendered('default')
      .objects.map((object) => stringify(readable(object), { lineWidth: 0, aliasDuplicateObjects: false }))
      .join('---\n'),
  );
});

// Against the default case: what is gone, and whole objects that are new or other.
test.each(CASES.filter((name) => name !== 'default'))(
  '[9] [10] [19] [20] [22] [23] [30] [33] [36] [38] [51] [58] [60] %s differs from it as somebody has read',
  (name) => {
    const before = new Map(rendered('default').objects.map((object) => [key(object), JSON.stringify(object)]));
    const now = rendered(name).objects;
    const gone = [...before.keys()].filter((one) => !now.some((object) => key(object) === one));
    const other = now.filter((object) => before.get(key(object)) !== JSON.stringify(object));
    const head = gone.map((one) => `# gone: ${one}\n`).join('');
    expectGolden(
      `${name}.yaml`,
      head +
        other
          .map((object) => stringify(readable(object), { lineWidth: 0, aliasDuplicateObjects: false }))
          .join('---\n'),
    );
  },
);

test('no golden file is left over', () => {
  const notes = ['default', 'production', 'no-kafka'].map((name) => `notes-${name}.txt`);
  expect(readdirSync(GOLDEN).sort()).toEqual([...CASES.map((name) => `${name}.yaml`), ...notes].sort());
});

test.each(['default', 'production', 'no-kafka'])(
  '[9] after an install of %s one reads where it is, how to test it, and what is off',
  (name) => {
    const folder = mkdtempSync(join(tmpdir(), 'corral-notes-'));
    try {
      // `helm template` shows no notes, so a copy of the chart renders them as an object.
      cpSync(CHART, folder, { recursive: true });
      cpSync(join(folder, 'templates/NOTES.txt'), join(folder, 'files/notes.txt'));
      writeFileSync(
        join(folder, 'templates/notes.yaml'),
        'notes: |-\n{{ tpl (.Files.Get "files/notes.txt") . | indent 2 }}\n',
      );
      const text = helm([
        'template',
        'corral',
        folder,
        '-n',
        'fleet',
        '-f',
        valuesOf(name),
        '--kube-version',
        '1.36',
        '--show-only',
        'templates/notes.yaml',
      ]);
      expectGolden(
        `notes-${name}.txt`,
        `${text
          .replace(/^[\s\S]*notes: \|-\n/, '')
          .replaceAll(/^ {2}/gm, '')
          .trim()}\n`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

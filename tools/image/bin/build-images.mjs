#!/usr/bin/env node
// Builds the image of each program without a Docker engine: `npm run image [-- app …]`. Debian's buildah reads the Dockerfile that everybody else uses; what
// it starts from is made here, from npm's Node and Debian's packages, because no registry is asked. Leaves in .cache/images: <app>.tar (an OCI archive),
// sizes.json, sbom.cdx.json. Needs root, and buildah, umoci and mmdebstrap (apt-get install).
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const out = join(root, '.cache/images');
const PROGRAMS = ['gateway', 'ingestion', 'geofence', 'notification', 'corral'];
const PLATFORM = `${process.platform}-${process.arch}`;
/** What stands in for distroless: a C library, a C++ library, and nothing that can be run. */
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1', 'base-files', 'netbase'];
const TOOLS = ['buildah', 'umoci', 'mmdebstrap', 'strip'];

const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : PROGRAMS;
for (const app of wanted)
  if (!PROGRAMS.includes(app)) fail(`there is no program ${app}; there are ${PROGRAMS.join(', ')}`);
const missing = TOOLS.filter((tool) => !isThere(tool));
if (missing.length > 0)
  fail(`images need ${missing.join(', ')}: apt-get install buildah umoci mmdebstrap binutils runc`);
if (process.getuid?.() !== 0) fail('images are built as root: mmdebstrap and buildah set owners');

mkdirSync(out, { recursive: true });
run(process.execPath, ['tools/build/prepare.mjs']);
run(process.execPath, ['tools/build/warm.mjs']);
const runtimeImage = buildRuntimeImage();
const nodeImage = buildNodeImage(runtimeImage);
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const sizes = {};
for (const app of wanted) {
  const image = `localhost/corral/${app}:${version}`;
  buildah(
    'bud',
    '--quiet',
    '--isolation=chroot',
    '--timestamp=0',
    ...['APP', 'NODE_IMAGE', 'RUNTIME_IMAGE', 'VERSION', 'REVISION'].flatMap((name, at) => [
      '--build-arg',
      `${name}=${[app, nodeImage, runtimeImage, version, revision()][at]}`,
    ]),
    `--tag=${image}`,
    root,
  );
  const archive = join(out, `${app}.tar`);
  rmSync(archive, { force: true });
  buildah('push', '--quiet', image, `oci-archive:${archive}:${image}`);
  sizes[app] = { image, ...sizesOf(archive) };
}
writeFileSync(join(out, 'sizes.json'), `${JSON.stringify(sizes, undefined, 2)}\n`);
writeFileSync(join(out, 'sbom.cdx.json'), npm(['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--omit=optional']));
for (const [app, { image, compressed, unpacked }] of Object.entries(sizes))
  console.log(
    `${app.padEnd(14)}${mb(compressed).padStart(9)} compressed ${mb(unpacked).padStart(9)} on disk   ${image}`,
  );

/** Made once per list of packages: it takes twenty seconds, and a mirror. */
function buildRuntimeImage() {
  const tar = join(out, 'runtime.tar');
  const stamp = join(out, 'runtime.txt');
  const sources = aptSources();
  const made = PACKAGES.join(' ');
  if (!existsSync(tar) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== made) {
    run('mmdebstrap', [
      '--quiet',
      '--variant=extract',
      `--include=${PACKAGES.join(',')}`,
      // Where packages came from is nobody's business, and without them their lists are of no use.
      '--customize-hook=rm -rf "$1/etc/apt" "$1/var/lib/apt" "$1/var/cache/apt" "$1/usr/share/doc" "$1/usr/share/man" "$1/usr/share/locale"',
      '--customize-hook=printf "root:x:0:0:root:/root:/sbin/nologin\\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\\n" >"$1/etc/passwd"',
      '--customize-hook=printf "root:x:0:\\nnonroot:x:65532:\\n" >"$1/etc/group"',
      suiteOf(sources),
      tar,
      ...sources,
    ]);
    writeFileSync(stamp, made);
  }
  return buildFrom('runtime', 'FROM scratch\nADD runtime.tar /\n', [tar]);
}

/** npm's Node, without its symbols: what an image needs of it is one file. */
function buildNodeImage(runtime) {
  const binary = join(out, 'node');
  copyFileSync(join(root, 'node_modules', `node-${PLATFORM}`, 'bin/node'), binary);
  run('strip', [binary]);
  return buildFrom('node', `FROM ${runtime}\nCOPY node /usr/local/bin/node\n`, [binary]);
}

function buildFrom(name, dockerfile, files) {
  const context = join(out, `${name}.context`);
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  for (const file of files) copyFileSync(file, join(context, file.slice(out.length + 1)));
  const image = `localhost/corral-build/${name}:1`;
  buildah('bud', '--quiet', '--isolation=chroot', '--timestamp=0', `--tag=${image}`, context);
  return image;
}

function buildah(...args) {
  const store = join(out, 'store');
  return run('buildah', ['--storage-driver', 'vfs', '--root', store, '--runroot', join(out, 'run'), ...args]);
}

function sizesOf(archive) {
  const layout = join(out, 'layout');
  rmSync(layout, { recursive: true, force: true });
  mkdirSync(layout);
  run('tar', ['-xf', archive, '-C', layout]);
  const blobs = join(layout, 'blobs/sha256');
  const read = (digest) => JSON.parse(readFileSync(join(blobs, digest.slice('sha256:'.length)), 'utf8'));
  const manifest = read(JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests[0].digest);
  const layers = manifest.layers.map(({ digest }) => join(blobs, digest.slice('sha256:'.length)));
  const unpacked = layers.map((layer) => Number(execFileSync('sh', ['-c', 'gzip -dc "$0" | wc -c', layer])));
  rmSync(layout, { recursive: true });
  return { compressed: sum(manifest.layers.map(({ size }) => size)), unpacked: sum(unpacked) };
}

function aptSources() {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^debian\.(sources|list)$/.test(name))
        .map((name) => join(folder, name))
    : [];
  if (files.length > 0) return files;
  if (existsSync('/etc/apt/sources.list') && statSync('/etc/apt/sources.list').size > 0)
    return ['/etc/apt/sources.list'];
  return fail('images need a Debian machine: no sources of Debian packages in /etc/apt');
}

function suiteOf(sources) {
  const text = sources.map((file) => readFileSync(file, 'utf8')).join('\n');
  const suite = /^Suites:\s*(\S+)/m.exec(text)?.[1] ?? /^deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)/m.exec(text)?.[1];
  return suite ?? fail('no suite in the sources of Debian packages');
}

function revision() {
  return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
}

function npm(args) {
  return execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function run(command, args, env = {}) {
  try {
    return execFileSync(command, args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    return fail(`${command} ${args[0]} failed\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
  }
}

function isThere(tool) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, tool)));
}

function sum(numbers) {
  return numbers.reduce((all, each) => all + each, 0);
}

function mb(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function fail(why) {
  console.error(why);
  process.exit(1);
}

// Warms the compile cache that the images carry: `node tools/build/warm.mjs`, after bundle.mjs. Each program is started once, as far as it comes without
// a database and without Kafka, and leaves in apps/<name>/dist/compile-cache what V8 compiled of it. Node takes it for the same version of Node and the
// same flags of V8, the image's, on the same kind of processor, and compiles as ever where any of that differs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../../..');
const STARTS = { ingestion: ['http'], geofence: [], notification: [], gateway: [], corral: ['--help'] };
/** What the image starts Node with: all between `node` and the program. */
const FLAGS = JSON.parse(/^ENTRYPOINT (\[.+\])$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8'))[1]).slice(1, -1);
/** Nobody listens there. */
const NOBODY = '127.0.0.1:1';

const folder = mkdtempSync(join(tmpdir(), 'corral-warm-'));
for (const [app, args] of Object.entries(STARTS)) {
  const program = join(root, 'apps', app, 'dist/main.cjs');
  if (!existsSync(program)) continue;
  const place = join(root, 'apps', app, 'dist/compile-cache');
  // Beside its place and renamed into it, as bundles are; what it remembers of the program is where that is from there.
  const cache = `${place}.${process.pid}`;
  const { status, stderr } = spawnSync(process.execPath, [...FLAGS, program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      NODE_COMPILE_CACHE: cache,
      NODE_COMPILE_CACHE_PORTABLE: '1',
      DATABASE_URL: `postgres://corral@${NOBODY}/corral`,
      KAFKA_BROKERS: NOBODY,
      CORRAL_TOKEN_SECRET: 'of-a-start-that-goes-nowhere-and-serves-nobody',
      CORRAL_DATA_DIR: folder,
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
    },
  });
  const made = existsSync(cache) ? readdirSync(cache) : [];
  const came = app === 'corral' ? status === 0 : stderr.includes('cannot reach');
  if (!came || made.length !== 1)
    throw new Error(`warm ${app}: ended with ${status}, ${made.length} caches\n${stderr}`);
  rmSync(place, { recursive: true, force: true });
  renameSync(cache, place);
}
rmSync(folder, { recursive: true });

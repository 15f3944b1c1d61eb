import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkout, type RelFolder } from '../rel-folder';
import { keptPorts } from './free-ports';
import type { Part } from './part';
import { commandOf, goneWithin, isAlive, tell } from './process-ids';
import { API_KEY, bareEnvironment, type Rig } from './rig';
import { servicePart } from './service-part';

/** `corral up` in one process, with its own PostgreSQL that also carries the log. */
export async function startEmbeddedRig(
  folder: RelFolder,
  options: { readonly note: (line: string) => void },
): Promise<Rig> {
  const root = checkout();
  const dataDir = join(folder.data, 'corral');
  const port = (await keptPorts(join(folder.root, 'ports.json'), ['corral'])).get('corral')!;
  const url = `http://127.0.0.1:${port}`;
  const postmaster = () => postmasterOf(dataDir);
  const corral = servicePart({
    name: 'corral',
    script: join(root, 'apps/corral/dist/main.cjs'),
    args: ['up', '--port', String(port)],
    cwd: root,
    env: {
      ...bareEnvironment(),
      CORRAL_DATA_DIR: dataDir,
      CORRAL_BOOTSTRAP_API_KEY: API_KEY,
      CORRAL_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
      LOG_LEVEL: 'info',
    },
    management: url,
    folder,
    note: options.note,
    leftovers: () => postmaster()?.pids ?? [],
  });
  await corral.start();
  return {
    parts: [itsPostgres(corral, postmaster), corral],
    services: ['corral'],
    title: 'one process with its own PostgreSQL, which carries the log',
    env: {
      REL: folder.root,
      INGESTION: url,
      GATEWAY: url,
      CORRAL_MGMT: url,
      CORRAL_URL: url,
      CORRAL_API_KEY: API_KEY,
      DATABASE_URL: postmaster()?.url ?? '',
      PGDATA: join(dataDir, 'pg'),
      PGLOG: join(dataDir, 'postgres.log'),
    },
  };
}

/** The PostgreSQL that Corral owns: we strike it, and it is Corral that brings it back. */
function itsPostgres(corral: Part, postmaster: () => Postmaster | undefined): Part {
  const pids = () => postmaster()?.pids ?? [];
  return {
    name: 'pg',
    start: () => corral.start(),
    pids,
    signal: (signal) => tell(pids(), signal),
    async strike({ signal, restart }) {
      const began = performance.now();
      const struck = pids();
      tell(struck, signal === 'SIGTERM' ? 'SIGINT' : signal);
      if (!(await goneWithin(struck, 20_000))) tell(struck, 'SIGKILL');
      if (!restart) return { part: 'pg', pid: struck[0] };
      while (pids().length === 0) await sleep(25);
      await corral.start();
      return { part: 'pg', pid: struck[0], backAfterMs: Math.round(performance.now() - began) };
    },
    stop: async () => undefined,
    status: async () => ({ part: 'pg', pids: pids(), ready: pids().length > 0, endedByItself: 0 }),
  };
}

interface Postmaster {
  readonly pids: readonly number[];
  readonly url: string;
}

/** The server that runs on a data folder: `postmaster.pid` holds its pid, …, its port and the folder of its socket. */
function postmasterOf(dataDir: string): Postmaster | undefined {
  const file = join(dataDir, 'pg/postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pid, , , port, socketDir] = readFileSync(file, 'utf8').split('\n');
  if (!isAlive(Number(pid)) || !commandOf(Number(pid)).includes('postgres')) return undefined;
  return {
    pids: [Number(pid)],
    url: `postgresql://corral@localhost:${port}/corral?host=${encodeURIComponent(socketDir ?? '')}&sslmode=disable`,
  };
}

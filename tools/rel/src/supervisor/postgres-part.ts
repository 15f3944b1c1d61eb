import { startEmbeddedPostgres, type EmbeddedPostgres } from '@corral/database';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelFolder } from '../rel-folder';
import { oneAfterAnother } from './one-after-another';
import type { Part } from './part';
import { childrenOf, goneWithin, isAlive, tell, writePid } from './process-ids';

/** A PostgreSQL with fsync on, of a data folder below `$REL`. */
export function postgresPart(
  folder: RelFolder,
  note: (line: string) => void,
): Part & { readonly url: () => string; readonly version: () => string } {
  const inTurn = oneAfterAnother();
  let server: EmbeddedPostgres | undefined;

  async function bringUp(): Promise<void> {
    if (server !== undefined && isAlive(server.pid)) return;
    server = await startEmbeddedPostgres({
      dataDir: folder.data,
      onLost: (error) => note(error.message),
    });
    writePid(folder.run, 'pg', server.pid);
  }

  const part: Part & { url: () => string; version: () => string } = {
    name: 'pg',
    url: () => server?.url ?? '',
    version: () => server?.version ?? 'unknown',
    pids: () => (server !== undefined && isAlive(server.pid) ? [server.pid] : []),
    start: () => inTurn(bringUp),
    // Its backends are processes of their own: stopping the postmaster alone would stop no query.
    signal: (signal) =>
      tell(
        part.pids().flatMap((pid) => [pid, ...childrenOf(pid)]),
        signal,
      ),
    strike: ({ signal, downMs, restart }) =>
      inTurn(async () => {
        const began = performance.now();
        const pids = part.pids();
        // To PostgreSQL SIGTERM means: when the last client has gone. What an operator's stop sends is SIGINT.
        tell(pids, signal === 'SIGTERM' ? 'SIGINT' : signal);
        if (!(await goneWithin(pids, 20_000))) tell(pids, 'SIGKILL');
        writePid(folder.run, 'pg', undefined);
        if (!restart) return { part: 'pg', pid: pids[0] };
        await sleep(downMs);
        await bringUp();
        return { part: 'pg', pid: pids[0], backAfterMs: Math.round(performance.now() - began) };
      }),
    stop: () =>
      inTurn(async () => {
        await server?.stop();
        writePid(folder.run, 'pg', undefined);
      }),
    status: async () => ({ part: 'pg', pids: part.pids(), ready: part.pids().length > 0, endedByItself: 0 }),
  };
  return part;
}

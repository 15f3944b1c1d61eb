import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@corral/runtime';
import { askServer } from './ask-server';
import { endServer } from './end-server';
import { usualPatience, type Patience } from './patience';
import { namedProcess, pidFileAgeMs, removeStalePidFile, isAlive } from './postmaster-pid';
import { startServer, type ServerStart } from './start-server';

/** A server that answers. */
export interface RunningServer {
  readonly pid: number;
  /** Whether somebody else had started it. */
  readonly adopted: boolean;
}

// How long the reasons that pass may last: another starter at work, children of a killed server that still end.
const retryForMs = 10_000;

/** A server for this folder: the one that runs there if it answers, else a new one. */
export async function runningServer(
  start: ServerStart & { readonly logger?: Logger; readonly patience?: Patience },
): Promise<RunningServer> {
  const { place, logger, signal, patience = usualPatience } = start;
  for (const began = performance.now(); ; await delay(50)) {
    signal?.throwIfAborted();
    const found = namedProcess(place.pgdata);
    if (found.kind === 'server') {
      const answer = await patientAnswer(start, found.pid, patience.silent);
      if (answer === 'ready') return { pid: found.pid, adopted: true };
      if (answer === 'silent') {
        logger?.warn({ pid: found.pid }, 'ending a PostgreSQL in our data folder that does not answer');
        await endServer(found.pid, patience);
      }
      continue;
    }
    // An unreadable file may be one that is just being written.
    if (found.kind === 'unreadable' && pidFileAgeMs(place.pgdata) < 2_000) continue;
    if (found.kind === 'stranger' || found.kind === 'unreadable') removeStalePidFile(place.pgdata);

    const started = await startServer(start);
    if (started.kind === 'ready') return { pid: started.pid, adopted: false };
    const passes = /lock file ".*" already exists|pre-existing shared memory|lock file ".*" is empty/.test(
      started.said,
    );
    if (!passes || performance.now() - began > retryForMs) {
      throw new Error(`start PostgreSQL in ${place.pgdata}: ${started.said} (more in ${place.logFile})`);
    }
  }
}

/** Waits while it says it is starting or stopping; "silent" only when it said nothing for a while, "gone" when it ended. */
async function patientAnswer(
  { place, signal }: ServerStart,
  pid: number,
  silentMs: number,
): Promise<'ready' | 'silent' | 'gone'> {
  for (let heard = performance.now(); ; await delay(20)) {
    signal?.throwIfAborted();
    const answer = await askServer(place.url('postgres'), 2_000);
    if (answer === 'ready') return 'ready';
    if (!isAlive(pid)) return 'gone';
    if (answer !== 'silent') heard = performance.now();
    else if (performance.now() - heard > silentMs) return 'silent';
  }
}

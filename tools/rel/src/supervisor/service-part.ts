import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelFolder } from '../rel-folder';
import type { Part } from './part';
import { goneWithin, tell, writePid } from './process-ids';

/** A program of ours as a plain process. */
export interface ServiceOptions {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The base URL where `/readyz` is answered. */
  readonly management: string;
  readonly folder: RelFolder;
  readonly note: (line: string) => void;
  /** What it leaves behind when killed, such as a PostgreSQL of its own; ended by `stop`. */
  readonly leftovers?: () => readonly number[];
}

const READY_WITHIN_MS = 120_000;
const STOPS_WITHIN_MS = 28_000;
/** A service that ended by itself is started again as Kubernetes would, after a breath. */
const BREATH_MS = 1_000;

/** A service that is kept running until it is stopped, however it ends. */
export function servicePart(options: ServiceOptions): Part {
  const { name, folder, note } = options;
  let child: ChildProcess | undefined;
  let wanted = false;
  let endedByItself = 0;
  /** Set by whoever ends it on purpose: how long it stays down. */
  let onPurpose: { readonly downMs: number } | undefined;

  function run(): void {
    if (child !== undefined || !wanted) return;
    const output = openSync(join(folder.log, `${name}.log`), 'a');
    const started = spawn(process.execPath, [options.script, ...options.args], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    child = started;
    writePid(folder.run, name, started.pid);
    started.once('error', (error) => note(`${name} cannot be started: ${error.message}`));
    started.once('exit', (code, signal) => {
      child = undefined;
      writePid(folder.run, name, undefined);
      const purpose = onPurpose;
      onPurpose = undefined;
      if (purpose === undefined && wanted) {
        endedByItself += 1;
        note(`${name} (pid ${started.pid}) ended by itself: ${signal ?? `exit ${code}`}`);
      }
      if (wanted) setTimeout(run, purpose?.downMs ?? BREATH_MS);
    });
  }

  const part: Part = {
    name,
    pids: () => (child?.pid === undefined ? [] : [child.pid]),
    async start() {
      wanted = true;
      run();
      const deadline = performance.now() + READY_WITHIN_MS;
      while (!(await answers(options.management))) {
        if (performance.now() > deadline)
          throw new Error(
            `${name} is not ready after ${READY_WITHIN_MS / 1000} s: see ${join(folder.log, `${name}.log`)}`,
          );
        await sleep(25);
      }
    },
    signal: (signal) => tell(part.pids(), signal),
    async strike({ signal, downMs, restart }) {
      const began = performance.now();
      const struck = child;
      wanted = restart;
      if (struck === undefined) {
        if (restart) await part.start();
        return { part: name, pid: undefined };
      }
      const ended = new Promise<string>((resolve) =>
        struck.once('exit', (code, killer) => resolve(killer ?? `exit ${code}`)),
      );
      onPurpose = { downMs };
      struck.kill(signal);
      const exit = await Promise.race([ended, sleep(STOPS_WITHIN_MS, undefined, { ref: false })]);
      if (exit === undefined) struck.kill('SIGKILL');
      const endedAfterMs = Math.round(performance.now() - began);
      const how = exit ?? `still there ${STOPS_WITHIN_MS / 1000} s after ${signal}, killed`;
      if (!restart) return { part: name, pid: struck.pid, exit: how, endedAfterMs };
      await ended;
      if (downMs > 0) await sleep(downMs);
      await part.start();
      const backAfterMs = Math.round(performance.now() - began);
      return { part: name, pid: struck.pid, exit: how, endedAfterMs, backAfterMs };
    },
    async stop() {
      wanted = false;
      const pids = part.pids();
      tell(pids, 'SIGCONT');
      tell(pids, 'SIGTERM');
      if (!(await goneWithin(pids, STOPS_WITHIN_MS))) {
        note(`${name} did not stop within ${STOPS_WITHIN_MS / 1000} s: killed`);
        tell(pids, 'SIGKILL');
      }
      const left = options.leftovers?.() ?? [];
      tell(left, 'SIGINT');
      if (!(await goneWithin(left, 10_000))) tell(left, 'SIGKILL');
    },
    status: async () => ({ part: name, pids: part.pids(), ready: await answers(options.management), endedByItself }),
  };
  return part;
}

/** Whether `/readyz` says 200. */
function answers(management: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = get(new URL('/readyz', management), { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
  });
}

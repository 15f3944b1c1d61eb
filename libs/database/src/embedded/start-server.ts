import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from '@corral/runtime';
import { askServer } from './ask-server';
import { endServer } from './end-server';
import { makeSocketDir, type Place } from './place';
import type { PostgresBinaries } from './postgres-binaries';
import type { Unprivileged } from './unprivileged';

/** A server we asked to start: it is up, or it ended and said why. */
export type Started =
  { readonly kind: 'ready'; readonly pid: number } | { readonly kind: 'ended'; readonly said: string };

/** What {@link startServer} needs. */
export interface ServerStart {
  readonly place: Place;
  readonly binaries: PostgresBinaries;
  readonly as: Unprivileged;
  /** More of postgresql.conf, such as `fsync: 'off'` for a test. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Starts a server on an existing folder and waits until it answers. In a process group of its own: Ctrl-C in the terminal must not reach it. */
export async function startServer({ place, binaries, as, settings = {}, signal }: ServerStart): Promise<Started> {
  makeSocketDir(place, as);
  const log = openLog(place.logFile);
  const before = statSync(place.logFile).size;
  const plan = as.command(binaries.postgres, ['-D', place.pgdata, ...flags({ ...serverSettings(place), ...settings })]);
  const child = spawn(plan.file, plan.args, {
    ...plan.identity,
    cwd: '/',
    detached: true,
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  const { pid } = child;
  const over = new AbortController();
  const ended = new Promise<'ended'>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`start ${plan.file}`, { cause: error })));
    child.once('exit', () => resolve('ended'));
  }).finally(() => over.abort());
  ended.catch(() => undefined);

  const first = await Promise.race(pid === undefined ? [ended] : [ended, answers(place, pid, over.signal, signal)]);
  signal?.throwIfAborted();
  if (first === 'ready' && pid !== undefined) return { kind: 'ready', pid };
  return { kind: 'ended', said: complaint(readFileSync(place.logFile, 'utf8').slice(before)) };
}

/** Knocks until it answers; ends it when `signal` says so. Once it is over, the exit tells. */
async function answers(place: Place, pid: number, over: AbortSignal, signal?: AbortSignal): Promise<'ready'> {
  while (!over.aborted) {
    if ((await askServer(place.url('postgres'), 2_000)) === 'ready' && !signal?.aborted) return 'ready';
    if (signal?.aborted) await endServer(pid);
    await delay(5);
  }
  return new Promise(() => undefined);
}

function serverSettings(place: Place): Record<string, string> {
  return {
    listen_addresses: '',
    unix_socket_directories: place.socketDir,
    unix_socket_permissions: '0700',
    port: '5432',
    fsync: 'on',
    synchronous_commit: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_checkpoints: 'off',
    // A client that was killed in the middle of a long statement must not keep its locks until the statement ends.
    client_connection_check_interval: '1s',
  };
}

function flags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

const largestLog = 10 * 1024 * 1024;

function openLog(file: string): number {
  makeFolder(dirname(file));
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined && found.size > largestLog) truncateSync(file, 0);
  return openSync(file, 'a', 0o600);
}

/** The lines that say why, of what a server wrote. */
function complaint(said: string): string {
  const lines = said
    .split('\n')
    .filter((line) => /FATAL|PANIC|HINT|DETAIL|error while loading|not permitted/.test(line));
  const why = (
    lines.length > 0
      ? lines
      : said
          .split('\n')
          .filter((line) => line.trim() !== '')
          .slice(-3)
  ).slice(0, 4);
  const libraries = /error while loading shared libraries/.test(said)
    ? '; its links are missing: run node tools/build/prepare.mjs'
    : '';
  return why.map((line) => line.replace(/^.*?(FATAL|PANIC|HINT|DETAIL):\s*/, '')).join(' ') + libraries;
}

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '@corral/runtime';
import type { PostgresBinaries } from './postgres-binaries';
import { isAlive } from './postmaster-pid';
import { superuser } from './place';
import type { Unprivileged } from './unprivileged';

/** What {@link makeDataFolder} needs. */
export interface NewDataFolder {
  readonly pgdata: string;
  readonly binaries: PostgresBinaries;
  readonly as: Unprivileged;
  readonly signal?: AbortSignal;
}

/**
 * Makes PostgreSQL's folder where there is none. It is made beside its place and renamed into it when all of it is on disk: whoever is killed on the
 * way leaves no half folder, and of two at once one wins. Throws a sentence when a folder of another major version is there.
 */
export async function makeDataFolder({ pgdata, binaries, as, signal }: NewDataFolder): Promise<void> {
  makeFolder(dirname(pgdata));
  removeLeftovers(pgdata);
  if (existsSync(join(pgdata, 'PG_VERSION'))) {
    refuseOtherVersion(pgdata, binaries);
    return;
  }
  const beside = `${pgdata}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  beingMade.add(basename(beside));
  mkdirSync(beside, { mode: 0o700 });
  try {
    as.own(beside);
    await run(as, binaries.initdb, initdbArguments(beside), signal);
    renameSync(beside, pgdata);
    syncFolder(dirname(pgdata));
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    // Another one was faster.
    if (existsSync(join(pgdata, 'PG_VERSION')) && !signal?.aborted) return;
    throw new Error(`make a PostgreSQL data folder in ${pgdata}`, { cause: error });
  } finally {
    beingMade.delete(basename(beside));
  }
}

// By this process, just now.
const beingMade = new Set<string>();

/** No password: only who can enter the folder (0700) reaches the socket. Bytes decide the order of texts, everywhere alike. */
function initdbArguments(pgdata: string): string[] {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  return ['--pgdata', pgdata, '--username', superuser, '--auth=trust', ...locale, '--no-instructions'];
}

// Of runs that were killed; the number in the name says whose.
function removeLeftovers(pgdata: string): void {
  const prefix = `${basename(pgdata)}.new-`;
  for (const name of readdirSync(dirname(pgdata))) {
    if (!name.startsWith(prefix) || beingMade.has(name)) continue;
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    if (pid !== process.pid && isAlive(pid)) continue;
    // An initdb whose parent was killed may still write there: it then fails, and what it leaves goes next time.
    try {
      rmSync(join(dirname(pgdata), name), { recursive: true, force: true, maxRetries: 3 });
    } catch {
      continue;
    }
  }
}

function refuseOtherVersion(pgdata: string, binaries: PostgresBinaries): void {
  const made = readFileSync(join(pgdata, 'PG_VERSION'), 'utf8').trim();
  const ours = binaries.packageVersion.split('.')[0];
  if (made === ours) return;
  throw new Error(
    `${pgdata} was made by PostgreSQL ${made} and this Corral brings ${ours}: use another data folder (CORRAL_DATA_DIR), or dump and restore it`,
  );
}

function run(as: Unprivileged, file: string, args: string[], signal?: AbortSignal): Promise<void> {
  const plan = as.command(file, args);
  return new Promise((resolve, reject) => {
    const child = spawn(plan.file, plan.args, {
      ...plan.identity,
      ...(signal === undefined ? {} : { signal }),
      cwd: '/',
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve();
      else reject(new Error(`${basename(file)} ended with ${code ?? killedBy}: ${said.trim() || 'it said nothing'}`));
    });
  });
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Who a `postmaster.pid` names: a server of this very folder, somebody unrelated who got the number later, nobody, or nothing readable. */
export type NamedProcess =
  | { readonly kind: 'server'; readonly pid: number }
  | { readonly kind: 'stranger'; readonly pid: number }
  | { readonly kind: 'dead' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'none' };

/** Reads `postmaster.pid` of a PostgreSQL folder and looks who it names. */
export function namedProcess(pgdata: string): NamedProcess {
  const text = readIfThere(pidFile(pgdata));
  if (text === undefined) return { kind: 'none' };
  const pid = Number(text.split('\n', 1)[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return { kind: 'unreadable' };
  if (!isAlive(pid)) return { kind: 'dead' };
  // A server's working directory is its data folder.
  const directory = workingDirectory(pid);
  if (directory === undefined) return isAlive(pid) ? { kind: 'stranger', pid } : { kind: 'dead' };
  return { kind: directory === realpathSync(pgdata) ? 'server' : 'stranger', pid };
}

/**
 * Removes a `postmaster.pid` that names a stranger or holds nothing: PostgreSQL would take it for a running server. One that names a dead process stays,
 * for PostgreSQL copes with it, and by what else it says still notices children of the dead server. It is looked at again
 * once it is out of everybody's way, for another starter may have put its own there meanwhile.
 */
export function removeStalePidFile(pgdata: string): void {
  const before = readIfThere(pidFile(pgdata));
  const aside = `${pidFile(pgdata)}.stale-${process.pid}`;
  try {
    renameSync(pidFile(pgdata), aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readIfThere(aside) === before) rmSync(aside, { force: true });
  else renameSync(aside, pidFile(pgdata));
}

/** How long ago `postmaster.pid` was written, ms; Infinity when it is not there. */
export function pidFileAgeMs(pgdata: string): number {
  const found = statSync(pidFile(pgdata), { throwIfNoEntry: false });
  return found === undefined ? Infinity : Date.now() - found.mtimeMs;
}

/** Whether a process runs; one that ended and waits for its parent to notice does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = readIfThere(`/proc/${pid}/stat`);
  return stat === undefined || !/\) [ZX] /.test(stat);
}

function workingDirectory(pid: number): string | undefined {
  if (existsSync('/proc/self/cwd')) {
    try {
      return readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      return undefined; // gone, or another user's: no server of a folder that is ours
    }
  }
  // macOS
  const { stdout } = spawnSync('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn'], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  return /^n(.*)$/m.exec(stdout ?? '')?.[1];
}

function pidFile(pgdata: string): string {
  return join(pgdata, 'postmaster.pid');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process runs; one that ended and was not waited for does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return fieldsOf(pid)?.[0] !== 'Z';
}

/** Sends a signal to processes; those that have gone are no error. */
export function tell(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Whether all of them end within this time. */
export async function goneWithin(pids: readonly number[], limitMs: number): Promise<boolean> {
  for (const deadline = performance.now() + limitMs; ; await sleep(20)) {
    if (!pids.some(isAlive)) return true;
    if (performance.now() > deadline) return false;
  }
}

/** The children of a process (Linux: from /proc; elsewhere none are known). */
export function childrenOf(parent: number): readonly number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && Number(fieldsOf(pid)?.[1]) === parent);
  } catch {
    return [];
  }
}

/** What a process was started as, to tell it from another that got its number; '' when it has gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Keeps `<name>.pid`; without a pid it goes. */
export function writePid(folder: string, name: string, pid: number | undefined): void {
  const file = join(folder, `${name}.pid`);
  if (pid === undefined) rmSync(file, { force: true });
  else writeFileSync(file, `${pid}\n`);
}

/** The pid files there are. */
export function readPids(folder: string): readonly { readonly name: string; readonly pid: number }[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.pid'))
      .map((file) => ({ name: file.slice(0, -4), pid: Number(readFileSync(join(folder, file), 'utf8')) }));
  } catch {
    return [];
  }
}

function fieldsOf(pid: number): string[] | undefined {
  try {
    // The name in parentheses may hold anything; what follows the last one is regular.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  } catch {
    return undefined;
  }
}

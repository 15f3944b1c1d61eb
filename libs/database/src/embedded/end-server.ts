import { setTimeout as delay } from 'node:timers/promises';
import { usualPatience, type Patience } from './patience';
import { isAlive } from './postmaster-pid';

/**
 * Ends a server: fast (SIGINT: everybody is disconnected, all is written), then immediate (SIGQUIT: it recovers at its next start), then SIGKILL. A
 * server that was stopped with SIGSTOP is woken first. Resolves when the process is gone.
 */
export async function endServer(
  pid: number,
  patience: Pick<Patience, 'fast' | 'immediate'> = usualPatience,
): Promise<void> {
  tell(pid, 'SIGCONT');
  tell(pid, 'SIGINT');
  if (await gone(pid, patience.fast)) return;
  tell(pid, 'SIGQUIT');
  if (await gone(pid, patience.immediate)) return;
  tell(pid, 'SIGKILL');
  if (await gone(pid, 5_000)) return;
  throw new Error(`end PostgreSQL (process ${pid}): it does not even end when killed`);
}

/** Tells a server to end without waiting for anything: it recovers at its next start. For a process that is exiting itself. */
export function endAtOnce(pid: number): void {
  tell(pid, 'SIGQUIT');
}

/** Whether the process ends within this time. */
export async function gone(pid: number, withinMs: number): Promise<boolean> {
  for (const deadline = performance.now() + withinMs; ; await delay(10)) {
    if (!isAlive(pid)) return true;
    if (performance.now() > deadline) return false;
  }
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

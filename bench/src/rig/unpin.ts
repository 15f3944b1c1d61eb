import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Lets a process and all of its threads run on every core that we may use. */
export function unpin(pid: number): void {
  execFileSync('taskset', ['-a', '-p', '-c', `0-${availableParallelism() - 1}`, String(pid)], { stdio: 'ignore' });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  /** Host and port; empty where {@link ServerOptions.ready} says nothing of them. */
  readonly address: string;
  stop(): Promise<void>;
}

/** How to start one. */
export interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Cores it may run on, such as `0`; all when absent. */
  readonly cores?: string;
  /** What it says once it is at work, for one that takes no requests. */
  readonly ready?: RegExp;
}

const STARTS_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 15_000;

/** Starts a server and waits until it says its `http://…` address on standard output or error, or that it is ready. */
export async function startServer({ command, args, env, cwd, cores, ready }: ServerOptions): Promise<ServerProcess> {
  const pinned = cores === undefined ? [command, ...args] : ['taskset', '-c', cores, command, ...args];
  const child = spawn(pinned[0]!, pinned.slice(1), { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } });
  let said = '';
  const heard = (data: Buffer) => (said = (said + data).slice(-10_000));
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(STOPS_WITHIN_MS, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await ended;
  };
  for (const deadline = performance.now() + STARTS_WITHIN_MS; performance.now() < deadline; await sleep(20)) {
    const address = /(?:taking heartbeats in|listening|serving).*/.exec(said)?.[0] ?? '';
    const found =
      /http:\/\/([\d.]+:\d+)/.exec(address) ??
      /http:\/\/([\d.]+:\d+)"[^\n]*(?:taking heartbeats in|serving)/.exec(said);
    if (ready?.test(said)) return { pid: child.pid!, address: '', stop };
    // taskset execs, so the pid is the server's.
    if (found) return { pid: child.pid!, address: found[1]!, stop };
    if (child.exitCode !== null) throw new Error(`${command} ended:\n${said}`);
  }
  await stop();
  throw new Error(`${command} did not listen within ${STARTS_WITHIN_MS / 1000} s:\n${said}`);
}

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { until } from './until';

/** The checkout. */
export const ROOT = join(__dirname, '../..');

/** A program under test: a real process with its own pid. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  /** Everything it printed so far, both streams. */
  output(): string;
  /** How it ended, once it has. */
  ended(): { code: number | null; signal: NodeJS.Signals | null } | undefined;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals, withinMs?: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Starts a Node program of the checkout. Its environment is `env` and what every process needs, nothing of this machine's Corral. */
export function startProgram(
  name: string,
  script: string,
  args: readonly string[],
  env: Record<string, string>,
): Program {
  return follow(
    name,
    spawn(process.execPath, [join(ROOT, script), ...args], {
      cwd: ROOT,
      env: { ...bareEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** What a process needs to run at all. */
export function bareEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'JAVA_HOME', 'CI'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Watches a child process. */
export function follow(name: string, child: ChildProcess): Program {
  let output = '';
  let ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.on('exit', (code, signal) => (ended = { code, signal }));
  return {
    name,
    pid: child.pid!,
    output: () => output,
    ended: () => ended,
    async end(signal, withinMs = 30_000) {
      if (ended === undefined) child.kill(signal);
      return until(`${name} (pid ${child.pid}) ends after ${signal}`, () => ended, {
        withinMs,
        onTimeout: () => output.slice(-2_000),
      });
    },
  };
}

/** Waits for a text in what a program prints; an early end is a failure with its output. */
export async function untilPrinted(program: Program, pattern: RegExp, withinMs = 30_000): Promise<RegExpExecArray> {
  return until(
    `${program.name} prints ${pattern}`,
    () => {
      const match = pattern.exec(program.output());
      if (match === null && program.ended() !== undefined)
        throw new Error(`${program.name} ended: ${program.output().slice(-2_000)}`);
      return match ?? undefined;
    },
    { withinMs, onTimeout: () => program.output().slice(-2_000) },
  );
}

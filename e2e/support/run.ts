import { spawn } from 'node:child_process';
import { bareEnvironment, ROOT } from './program';

/** A command that ran to its end. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end. */
  readonly tookMs: number;
}

/** How a command is run. */
export interface RunOptions {
  readonly env?: Record<string, string>;
  /** For its standard input. */
  readonly input?: string;
  /** It is killed after that; default 30 s. */
  readonly withinMs?: number;
  readonly cwd?: string;
}

/** Runs a command to its end, without this machine's environment. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...bareEnvironment(), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined); // it may end without having read
    child.stdin.end(options.input ?? '');
    const timer = setTimeout(() => child.kill('SIGKILL'), options.withinMs ?? 30_000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr, tookMs: performance.now() - began });
    });
  });
}

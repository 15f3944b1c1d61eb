import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A container of an image, under the security context that the chart gives its pods. */
export interface RunningImage {
  /** Of its first process, seen from outside. */
  pid(): number;
  output(): string;
  /** SIGTERM to its first process; how it ended. */
  stop(): Promise<{ readonly code: number | null; readonly tookMs: number }>;
  /** Ends it at once, if it still runs. */
  kill(): void;
  readonly ended: Promise<number | null>;
}

/** How an image is run. */
export interface RunImageOptions {
  /** An OCI archive, as `npm run image` leaves it. */
  readonly archive: string;
  /** Where it is unpacked; removed by whoever made it. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Of the OCI runtime specification, what is changed here. */
interface RuntimeConfig {
  process: {
    user: { uid: number; gid: number; additionalGids?: number[] };
    args: string[];
    env: string[];
    terminal: boolean;
    noNewPrivileges: boolean;
    capabilities: Record<string, string[]>;
    rlimits?: unknown[];
  };
  root: { path: string; readonly: boolean };
  mounts: { destination: string; type?: string; source?: string; options?: string[] }[];
  linux: { namespaces: { type: string }[]; resources?: unknown };
  hostname?: string;
}

/**
 * Unpacks an image to be run with runc: as its own user, which must be 65532, over a read-only root, without a capability, with /tmp and
 * /data in memory. Unpacking holds up this process; what it serves meanwhile is served only once `start` has been called.
 */
export function unpackImage({ archive, folder, args, env }: RunImageOptions): { start(): RunningImage } {
  const bundle = join(folder, 'bundle');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'layout'), { recursive: true });
  must('tar', ['-xf', archive, '-C', join(folder, 'layout')]);
  const [tag] = must('umoci', ['list', '--layout', join(folder, 'layout')])
    .trim()
    .split('\n');
  must('umoci', ['unpack', '--image', `${join(folder, 'layout')}:${tag}`, bundle]);
  const file = join(bundle, 'config.json');
  writeFileSync(file, JSON.stringify(restricted(JSON.parse(readFileSync(file, 'utf8')), args, env)));

  return { start: () => startBundle(bundle, join(folder, 'runc')) };
}

function startBundle(bundle: string, state: string): RunningImage {
  const id = `corral-image-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const runc = ['--root', state];
  const child = spawn('runc', [...runc, 'run', '--bundle', bundle, id], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const tell = (signal: string) => spawnSync('runc', [...runc, 'kill', id, signal]);
  return {
    pid: () => (JSON.parse(must('runc', [...runc, 'state', id])) as { pid: number }).pid,
    output: () => said,
    async stop() {
      const began = performance.now();
      tell('TERM');
      return { code: await ended, tookMs: performance.now() - began };
    },
    kill: () => void tell('KILL'),
    ended,
  };
}

function restricted(
  config: RuntimeConfig,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): RuntimeConfig {
  const { process, mounts } = config;
  return {
    ...config,
    process: {
      ...process,
      terminal: false,
      noNewPrivileges: true,
      args: [...process.args, ...args],
      env: [...process.env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      capabilities: Object.fromEntries(
        ['bounding', 'effective', 'inheritable', 'permitted', 'ambient'].map((set) => [set, []]),
      ),
    },
    root: { ...config.root, readonly: true },
    mounts: [
      ...mounts.filter(({ type }) => type === 'proc' || type === 'tmpfs' || type === 'devpts' || type === 'mqueue'),
      ...['/tmp', '/data'].map((destination) => ({
        destination,
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'nodev', 'noexec', 'mode=1777', 'size=64m'],
      })),
    ],
    // The host's network, where the test's PostgreSQL and Kafka are; no limits, for want of cgroups in many a CI.
    linux: { namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
  };
}

function must(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stderr || error?.message}`, { cause: error });
  return stdout;
}

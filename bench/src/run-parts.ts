import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus, loadavg } from 'node:os';
import type { AnyPart, Flags } from './part';

/** Figures of a part, and where and when they were taken. */
export interface Measured {
  /** Node, the cores, and how busy others kept them at the begin and at the end. */
  readonly machine: string;
}

/** What came of it. */
export interface PartsRun {
  readonly figures: Readonly<Record<string, Measured>>;
  /** Names of the parts that ended with an error. */
  readonly failed: readonly string[];
}

/**
 * Measures the parts one after the other. One alone is measured here; of several each has a process of its own, so that none finds the heap and
 * the compiled code of those before it, and one that fails leaves the others their turn.
 */
export async function runParts(
  parts: readonly AnyPart[],
  flags: Flags,
  say: (line: string) => void,
): Promise<PartsRun> {
  const [only] = parts;
  if (parts.length === 1 && only) return { figures: { [only.name]: await measureHere(only, flags, say) }, failed: [] };
  const figures: Record<string, Measured> = {};
  const failed: string[] = [];
  for (const [at, { name }] of parts.entries()) {
    say(`── ${name} (${at + 1} of ${parts.length}), load ${loadavg()[0]!.toFixed(1)}`);
    const measured = await measureApart(name, flags);
    if (measured === undefined) failed.push(name);
    else Object.assign(figures, measured);
  }
  return { figures, failed };
}

async function measureHere(part: AnyPart, flags: Flags, say: (line: string) => void): Promise<Measured> {
  const load = () => loadavg()[0]!.toFixed(1);
  const before = load();
  const figures = (await part.measure(flags, say)) as object;
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`;
  return { ...figures, machine: `Node ${process.versions.node}, ${cores}, load ${before} before and ${load()} after.` };
}

/** The flags that say what is done with figures, not how they are measured. */
const OF_THE_PARENT = ['json', 'write', 'compare', 'tolerance', 'from'];

async function measureApart(name: string, flags: Flags): Promise<object | undefined> {
  const passed = Object.entries(flags)
    .filter(([flag]) => !OF_THE_PARENT.includes(flag))
    .flatMap(([flag, value]) => [value].flat().map((one) => (one === true ? `--${flag}` : `--${flag}=${one}`)));
  // The bundle itself: whatever happens to the sources meanwhile, all parts are measured by the same bench.
  const child = spawn(process.execPath, [__filename, name, ...passed, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => void child.kill('SIGTERM');
  process.once('exit', end);
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  const [code] = (await once(child, 'close')) as [number | null];
  process.off('exit', end);
  return code === 0 ? (JSON.parse(out) as object) : undefined;
}

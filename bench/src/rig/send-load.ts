import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What `cmd/load` found. Times are milliseconds from when a request was due. */
export interface LoadResult {
  /** Counted: due after the warm-up. */
  readonly requests: number;
  /** Answered in all, the warm-up's too. */
  readonly answered: number;
  readonly heartbeats: number;
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: number;
  readonly unsent: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** What to send. */
export interface LoadOptions {
  readonly program: string;
  readonly address: string;
  readonly key: string;
  readonly batch: number;
  readonly connections: number;
  /** Requests a second; 0: as fast as they are answered. */
  readonly rate: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly vehicles?: number;
  readonly cores?: string;
}

/** Sends load from a process of its own. Rejects unless every request was answered 202: anything else is another work than was asked for. */
export async function sendLoad(options: LoadOptions): Promise<LoadResult> {
  const args = [
    `-address=${options.address}`,
    `-key=${options.key}`,
    `-batch=${options.batch}`,
    `-connections=${options.connections}`,
    `-rate=${options.rate}`,
    `-warm-up=${options.warmUpMs}ms`,
    `-duration=${options.durationMs}ms`,
    `-vehicles=${options.vehicles ?? 20_000}`,
  ];
  const command =
    options.cores === undefined
      ? [options.program, ...args]
      : ['taskset', '-c', options.cores, options.program, ...args];
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let problems = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (problems += data));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the load generator ended with ${code}: ${problems}`);
  const result = JSON.parse(out) as LoadResult;
  const others = Object.keys(result.statuses).filter((status) => status !== '202');
  if (others.length > 0 || result.errors > 0)
    throw new Error(
      `not every request was answered 202: ${JSON.stringify(result.statuses)}, ${result.errors} errors ${problems}`,
    );
  return result;
}

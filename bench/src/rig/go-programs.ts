import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout';

/** The Go side of the bench: the service to be compared with, and what sends to both. */
export interface GoPrograms {
  readonly reference: string;
  readonly load: string;
  /** Such as `go1.26.8`. */
  readonly version: string;
}

/**
 * Builds `bench/reference-go` with the machine's Go into `.cache/bench`; a few seconds the first time. Throws a sentence when there is no Go:
 * without it there is nothing to compare with, and nothing to send.
 */
export function buildGoPrograms(): GoPrograms {
  const source = join(checkout(), 'bench/reference-go');
  const target = join(checkout(), '.cache/bench');
  mkdirSync(target, { recursive: true });
  const version = go(source, ['env', 'GOVERSION']).trim();
  go(source, ['build', '-trimpath', '-o', `${target}/`, './cmd/reference', './cmd/load']);
  return { reference: join(target, 'reference'), load: join(target, 'load'), version };
}

function go(cwd: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('go', args, {
    cwd,
    encoding: 'utf8',
    // What is fetched is what go.sum names.
    env: { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off' },
  });
  if (error) throw new Error('the bench needs Go 1.26 or later on the PATH', { cause: error });
  if (status !== 0) throw new Error(`go ${args.join(' ')} failed:\n${stderr}`);
  return stdout;
}

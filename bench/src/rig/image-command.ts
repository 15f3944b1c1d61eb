import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout';

/** How the image starts a program: Node's flags of its ENTRYPOINT and the environment of its ENV, read from the `Dockerfile`. */
export interface ImageCommand {
  readonly nodeFlags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Reads them. Throws when the `Dockerfile` says them in another way than this understands. */
export function imageCommand(): ImageCommand {
  const dockerfile = readFileSync(join(checkout(), 'Dockerfile'), 'utf8');
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1];
  if (entry === undefined) throw new Error('the Dockerfile has no ENTRYPOINT in JSON');
  const [, ...args] = JSON.parse(entry) as string[];
  const pairs = [...dockerfile.matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) => line!.split(/\s+/));
  return {
    nodeFlags: args.filter((arg) => arg.startsWith('--')),
    // The path of a library is the image's own.
    env: Object.fromEntries(
      pairs.map((pair) => pair.split('=', 2) as [string, string]).filter(([name]) => name !== 'LD_LIBRARY_PATH'),
    ),
  };
}

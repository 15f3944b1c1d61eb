import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Where everything of one rig lies: `$REL`, by default `.cache/rel` of the checkout. */
export interface RelFolder {
  readonly root: string;
  /** Pid files and the control socket. */
  readonly run: string;
  readonly log: string;
  readonly data: string;
  /** Sourceable by sh: base URLs, the key, where PostgreSQL and Kafka are. */
  readonly env: string;
  readonly acks: string;
  readonly sent: string;
  /** One line per `rel gen`: its options and counts. */
  readonly runs: string;
  /** One line per webhook that `rel sink` was sent. */
  readonly hits: string;
  /** The endpoint of `rel sink`, with its secret. */
  readonly sink: string;
  readonly socket: string;
}

/** The checkout this tool belongs to. */
export function checkout(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'nx.json'))) return folder;
  throw new Error(`no checkout of Corral above ${__dirname}`);
}

/** The folder named by `REL`. */
export function relFolder(env: NodeJS.ProcessEnv = process.env): RelFolder {
  // npm runs scripts in the checkout; a relative path is meant from where the person stands.
  const root = env.REL ? resolve(env.INIT_CWD ?? process.cwd(), env.REL) : join(checkout(), '.cache/rel');
  const run = join(root, 'run');
  const socket = join(run, 'control.sock');
  return {
    root,
    run,
    log: join(root, 'log'),
    data: join(root, 'data'),
    env: join(root, 'env'),
    acks: join(root, 'acks.ndjson'),
    sent: join(root, 'sent.ndjson'),
    runs: join(root, 'runs.ndjson'),
    hits: join(root, 'hits.ndjson'),
    sink: join(root, 'sink.json'),
    // The address of a Unix socket holds 103 to 107 bytes.
    socket:
      Buffer.byteLength(socket) <= 100
        ? socket
        : join(tmpdir(), `corral-rel-${createHash('sha256').update(socket).digest('hex').slice(0, 16)}.sock`),
  };
}

/** Writes `$REL/env`. */
export function writeEnv(folder: RelFolder, values: Readonly<Record<string, string>>): void {
  const lines = Object.entries(values).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`);
  writeFileSync(folder.env, `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** Reads `$REL/env`; throws a sentence where nothing was ever brought up. */
export function readEnv(folder: RelFolder): Readonly<Record<string, string>> {
  if (!existsSync(folder.env)) throw new Error(`there is no ${folder.env}: run \`rel up\` first`);
  const lines = readFileSync(folder.env, 'utf8').matchAll(/^export ([A-Z_0-9]+)='(.*)'$/gm);
  return Object.fromEntries(Array.from(lines, ([, name, value]) => [name!, value!.replaceAll(`'\\''`, "'")]));
}

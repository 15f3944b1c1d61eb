import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sweep } from './down';
import { checkout, type RelFolder } from './rel-folder';
import { giveOrder, type Answer } from './supervisor/control-socket';
import type { RigOptions } from './supervisor/supervise';

/** How `rel up` was called. */
export interface UpOptions extends RigOptions {
  /** Start from nothing: data, logs and acknowledgements of before go. */
  readonly fresh: boolean;
  /** Whether the bundles are built first. */
  readonly build: boolean;
  readonly say: (line: string) => void;
}

const READY_WITHIN_MS = 180_000;

/** Brings a rig up and waits until all of it is ready; the supervisor stays behind. Answers what runs. */
export async function up(folder: RelFolder, options: UpOptions): Promise<Answer> {
  const running = await giveOrder(folder.socket, { do: 'status' });
  if (running !== undefined)
    throw new Error(`a rig runs here already (${running.mode}): \`rel down\` ends it, or name what is to be started`);
  await sweep(folder, options.say);
  rememberMode(folder, options);
  if (options.build) build();

  const log = join(folder.log, 'supervisor.log');
  const output = openSync(log, 'a');
  const child = spawn(process.execPath, [process.argv[1]!, 'supervise', JSON.stringify(rigOf(options))], {
    cwd: checkout(),
    env: { ...process.env, REL: folder.root },
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  let ended = false;
  child.once('exit', () => (ended = true));
  child.unref();
  for (const deadline = performance.now() + READY_WITHIN_MS; ; await sleep(100)) {
    const answer = ended ? undefined : await giveOrder(folder.socket, { do: 'status' }).catch(() => undefined);
    if (answer?.parts !== undefined) return answer;
    if (!ended && performance.now() < deadline) continue;
    await sweep(folder, options.say);
    throw new Error(`the rig did not come up, see ${log}:\n${tail(log)}`);
  }
}

/** Starts parts of a running rig again. */
export async function upParts(folder: RelFolder, parts: readonly string[]): Promise<void> {
  if ((await giveOrder(folder.socket, { do: 'start', parts })) === undefined)
    throw new Error('no rig runs here: `rel up` starts one');
}

function rigOf({ embedded, partitions, sessionTimeout, brokers, proxied, drainMs }: RigOptions): RigOptions {
  return { embedded, partitions, sessionTimeout, brokers, proxied, drainMs };
}

/** Data of one kind of rig means nothing to the other. */
function rememberMode(folder: RelFolder, options: UpOptions): void {
  const file = join(folder.root, 'rig.json');
  if (options.fresh) rmSync(folder.root, { recursive: true, force: true });
  for (const path of [folder.run, folder.log, folder.data]) mkdirSync(path, { recursive: true });
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RigOptions) : undefined;
  if (
    known !== undefined &&
    (known.embedded !== options.embedded ||
      (!known.embedded && (known.partitions !== options.partitions || (known.brokers ?? 1) !== (options.brokers ?? 1))))
  )
    throw new Error(`${folder.root} holds the data of another kind of rig: use --fresh, or another folder with REL`);
  writeFileSync(file, JSON.stringify(rigOf(options)));
}

function build(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/build/bundle.mjs'], {
    cwd: checkout(),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the bundles cannot be built: ${stdout}${stderr}`);
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}

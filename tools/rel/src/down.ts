import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RelFolder } from './rel-folder';
import { giveOrder } from './supervisor/control-socket';
import { commandOf, goneWithin, readPids, tell } from './supervisor/process-ids';

/** Ends the rig in good order; the data stays for the next `rel up`. Answers whether there was one. */
export async function down(folder: RelFolder, say: (line: string) => void): Promise<boolean> {
  const supervisor = readPids(folder.run).find(({ name }) => name === 'supervisor');
  // One that is still starting refuses: then it is ended by its pid, as if it had been left behind.
  const obeyed = (await giveOrder(folder.socket, { do: 'down' }).catch(() => undefined)) !== undefined;
  if (obeyed && supervisor !== undefined) await goneWithin([supervisor.pid], 10_000);
  return (await sweep(folder, say)) || obeyed;
}

/** Ends parts of a running rig; the others go on. */
export async function downParts(folder: RelFolder, parts: readonly string[]): Promise<void> {
  if ((await giveOrder(folder.socket, { do: 'stop', parts })) === undefined)
    throw new Error('no rig runs here: `rel up` starts one');
}

/** Ends what a supervisor that was killed left running, known by its pid files. A number that now is somebody else's is left alone. */
export async function sweep(folder: RelFolder, say: (line: string) => void): Promise<boolean> {
  let found = false;
  for (const { name, pid } of readPids(folder.run)) {
    if (isOurs(name, commandOf(pid))) {
      found = true;
      say(`${name} (pid ${pid}) was left running: ended`);
      tell([pid], 'SIGCONT');
      tell([pid], name === 'pg' ? 'SIGINT' : 'SIGTERM');
      if (!(await goneWithin([pid], 10_000))) tell([pid], 'SIGKILL');
    }
    rmSync(join(folder.run, `${name}.pid`), { force: true });
  }
  return found;
}

function isOurs(name: string, command: string): boolean {
  if (name === 'pg') return command.includes('postgres');
  if (name.startsWith('kafka')) return command.includes('kafka.Kafka');
  return command.includes(name === 'supervisor' ? 'supervise' : 'main.cjs');
}

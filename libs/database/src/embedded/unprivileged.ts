import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How to run PostgreSQL, which refuses to run as root. */
export interface Unprivileged {
  /** What to spawn instead of this program, and as whom. */
  command(file: string, args: readonly string[]): SpawnPlan;
  /** Whose PostgreSQL's files are; undefined where users have no numbers. */
  readonly uid: number | undefined;
  /** Hands a folder and all in it to whoever PostgreSQL runs as. */
  own(folder: string): void;
}

/** File, arguments and identity for `spawn`. */
export interface SpawnPlan {
  readonly file: string;
  readonly args: string[];
  readonly identity: { readonly uid?: number; readonly gid?: number };
}

/** Whom to ask: replaced in tests. */
export interface Surroundings {
  readonly isRoot: boolean;
  /** Whether a program ends with 0. */
  succeeds(file: string, args: readonly string[], identity?: SpawnPlan['identity']): boolean;
  /** The text of /etc/passwd. */
  accounts(): string;
}

const nobodyId = '65534';
const inNamespace = ['-U', `--map-user=${nobodyId}`, `--map-group=${nobodyId}`];

/**
 * Not root: as it is. Root: in a user namespace in which we are somebody else (files stay root's, nothing is handed over); where namespaces are off, as
 * the account `postgres` or `nobody`, who must be able to enter every folder above data and binaries. Throws a sentence where nothing of it works.
 */
export function unprivileged(dataDir: string, postgres: string, around: Surroundings = thisMachine): Unprivileged {
  const uid = process.getuid?.();
  if (!around.isRoot) {
    return { uid, command: (file, args) => ({ file, args: [...args], identity: {} }), own: () => undefined };
  }

  if (around.succeeds('unshare', [...inNamespace, postgres, '--version'])) {
    return {
      uid,
      command: (file, args) => ({ file: 'unshare', args: [...inNamespace, file, ...args], identity: {} }),
      own: () => undefined,
    };
  }

  for (const identity of lowlyAccounts(around.accounts())) {
    if (!around.succeeds(postgres, ['--version'], identity)) continue;
    if (!letPass(dataDir, () => around.succeeds('/bin/sh', ['-c', 'cd "$0"', dataDir], identity))) continue;
    return {
      uid: identity.uid,
      command: (file, args) => ({ file, args: [...args], identity }),
      own: (folder) => handOver(folder, identity.uid, identity.gid),
    };
  }
  throw new Error(
    `PostgreSQL does not run as root, user namespaces are off on this machine, and neither postgres nor nobody can enter both ${dataDir} and ` +
      `${dirname(postgres)}: start Corral as another user, or name a PostgreSQL with DATABASE_URL`,
  );
}

/** Opens the data folder for passing through, where that is what it takes; what else lies in it is readable by its owner only. */
function letPass(dataDir: string, enters: () => boolean): boolean {
  if (enters()) return true;
  const { mode } = statSync(dataDir);
  chmodSync(dataDir, mode | 0o111);
  if (enters()) return true;
  chmodSync(dataDir, mode);
  return false;
}

function lowlyAccounts(passwd: string): { uid: number; gid: number }[] {
  const lines = passwd.split('\n').map((line) => line.split(':'));
  return ['postgres', 'nobody'].flatMap((name) =>
    lines.filter((fields) => fields[0] === name).map((fields) => ({ uid: Number(fields[2]), gid: Number(fields[3]) })),
  );
}

function handOver(path: string, uid: number, gid: number): void {
  chownSync(path, uid, gid);
  if (!lstatSync(path).isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) handOver(join(path, name), uid, gid);
}

/** The machine we run on. */
export const thisMachine: Surroundings = {
  isRoot: process.getuid?.() === 0,
  succeeds: (file, args, identity = {}) =>
    spawnSync(file, args as string[], { ...identity, cwd: '/', stdio: 'ignore', timeout: 5_000 }).status === 0,
  accounts: () => readFileSync('/etc/passwd', 'utf8'),
};

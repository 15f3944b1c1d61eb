import { readFile, rename, writeFile } from 'node:fs/promises';
import { makeFolder } from '@corral/runtime';
import { dirname } from 'node:path';
import { readSnapshot, writeSnapshot, type DirectorySnapshot } from './directory-snapshot';

/** Where the last snapshot outlives the process, so that a restart while PostgreSQL is away still knows everybody. */
export interface DirectoryFile {
  /** Undefined when there is none that can be read. */
  load(): Promise<DirectorySnapshot | undefined>;
  save(snapshot: DirectorySnapshot): Promise<void>;
}

/** Keeps the snapshot in one file, readable by us alone, replaced whole: a crash leaves the old one or the new one. */
export function createDirectoryFile(path: string): DirectoryFile {
  return {
    async load() {
      try {
        return readSnapshot(await readFile(path, 'utf8'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new Error(`read the directory snapshot ${path}`, { cause: error });
      }
    },
    async save(snapshot) {
      const draft = `${path}.${process.pid}.tmp`;
      makeFolder(dirname(path));
      await writeFile(draft, writeSnapshot(snapshot), { mode: 0o600 });
      await rename(draft, path);
    },
  };
}

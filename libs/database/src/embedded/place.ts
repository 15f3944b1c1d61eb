import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Unprivileged } from './unprivileged';

/** Where one embedded PostgreSQL lives. */
export interface Place {
  /** The data folder of Corral. */
  readonly dataDir: string;
  /** PostgreSQL's own folder in it. */
  readonly pgdata: string;
  /** The folder of the Unix socket. */
  readonly socketDir: string;
  /** What the server writes. */
  readonly logFile: string;
  /** The connection string of a database there. */
  url(database: string): string;
}

/** The superuser of an embedded server; whoever can enter the folder of the socket is let in. */
export const superuser = 'corral';

// The address of a Unix socket holds 107 bytes on Linux and 103 on macOS.
const longestSocketPath = 100;
const port = 5432; // Only a part of the socket's file name: there is no TCP.

/** The place of a data folder. The socket stands in it, or in `/tmp/corral-<hash>` when the path would be too long for a socket. */
export function placeOf(folder: string): Place {
  const dataDir = resolve(folder);
  const pgdata = join(dataDir, 'pg');
  const fits = Buffer.byteLength(join(pgdata, `.s.PGSQL.${port}`)) <= longestSocketPath;
  const socketDir = fits ? pgdata : `/tmp/corral-${createHash('sha256').update(pgdata).digest('hex').slice(0, 16)}`;
  return {
    dataDir,
    pgdata,
    socketDir,
    logFile: join(dataDir, 'postgres.log'),
    url: (database) =>
      `postgresql://${superuser}@localhost:${port}/${database}?host=${encodeURIComponent(socketDir)}&sslmode=disable`,
  };
}

/** How to reach the database of the embedded server that a running `corral up` has in this data folder. */
export function embeddedUrl(dataDir: string): string {
  return placeOf(dataDir).url('corral');
}

/** Makes the socket's folder outside the data folder where it is needed. Throws when somebody else got there first: they could pose as our server. */
export function makeSocketDir(place: Place, as: Unprivileged): void {
  if (place.socketDir === place.pgdata) return;
  try {
    mkdirSync(place.socketDir, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const found = lstatSync(place.socketDir);
    const ours = as.uid === undefined || found.uid === as.uid || found.uid === process.getuid?.();
    if (!found.isDirectory() || !ours || (found.mode & 0o077) !== 0) {
      throw new Error(
        `${place.socketDir} belongs to somebody else: remove it, or use a data folder with a shorter path (CORRAL_DATA_DIR)`,
      );
    }
  }
  as.own(place.socketDir);
}

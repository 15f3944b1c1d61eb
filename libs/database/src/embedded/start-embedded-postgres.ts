import { makeFolder, type Logger } from '@corral/runtime';
import type { Session } from '../session';
import { isTransient } from '../transient';
import { lockDataFolder, type DataFolderLock } from './data-folder-lock';
import { endAtOnce, endServer } from './end-server';
import { makeDataFolder } from './make-data-folder';
import { usualPatience, type Patience } from './patience';
import { placeOf, type Place } from './place';
import { findPostgresBinaries } from './postgres-binaries';
import { runningServer, type RunningServer } from './running-server';
import { unprivileged } from './unprivileged';

/** A PostgreSQL that is ours alone. */
export interface EmbeddedPostgres {
  /** Of the database `corral` in it. */
  readonly url: string;
  /** Such as `18.4`. */
  readonly version: string;
  readonly pid: number;
  /** Whether it was already running, left behind by a process that was killed. */
  readonly adopted: boolean;
  /** Ends it: fast, and harder where that does not help; resolves when it is gone. Safe to call twice. Pools and sessions close before. */
  stop(): Promise<void>;
}

/** What {@link startEmbeddedPostgres} needs. */
export interface EmbeddedOptions {
  /** Corral's data folder; PostgreSQL's own is `pg` in it. */
  readonly dataDir: string;
  readonly logger?: Logger;
  readonly signal?: AbortSignal;
  /** Called when the lock of the folder is gone (the server died, or somebody ended our connection): nothing may be written any more, end the process. */
  readonly onLost?: (error: Error) => void;
  readonly patience?: Partial<Patience>;
}

/** A data folder that another live process uses. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
  constructor(
    readonly dataDir: string,
    readonly pid: number | undefined,
  ) {
    super(
      `the data folder ${dataDir} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}: ` +
        `stop that one first, or use another folder with CORRAL_DATA_DIR`,
    );
  }
}

/**
 * Starts the PostgreSQL of a data folder, or adopts the one a killed process left running there, and holds the lock of the folder for as long as this
 * process lives. Throws {@link DataFolderInUse} when another live process holds it.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { dataDir, logger, signal } = options;
  const patience = { ...usualPatience, ...options.patience };
  const place = placeOf(dataDir);
  const binaries = findPostgresBinaries();
  makeFolder(place.dataDir);
  const as = unprivileged(place.dataDir, binaries.postgres);
  await makeDataFolder({ pgdata: place.pgdata, binaries, as, signal });

  for (;;) {
    const server = await runningServer({ place, binaries, as, logger, signal, patience });
    const lock = await takeLock(place, patience, signal);
    // The server we found was about to stop.
    if (lock === 'server gone') continue;
    if (lock.kind === 'held') throw new DataFolderInUse(place.dataDir, lock.pid);
    if (server.adopted) logger?.info({ pid: server.pid }, 'adopted the PostgreSQL that was left running');
    const ours = await own(place, server, lock.session, { patience, onLost: options.onLost });
    if (!signal?.aborted) return ours;
    await ours.stop();
    signal.throwIfAborted();
  }
}

async function takeLock(
  place: Place,
  patience: Patience,
  signal?: AbortSignal,
): Promise<DataFolderLock | 'server gone'> {
  try {
    return await lockDataFolder({ url: place.url('postgres'), signal, patience });
  } catch (error) {
    signal?.throwIfAborted();
    if (isTransient(error)) return 'server gone';
    throw error;
  }
}

async function own(
  place: Place,
  server: RunningServer,
  lock: Session,
  { patience, onLost }: { readonly patience: Patience; readonly onLost: EmbeddedOptions['onLost'] },
): Promise<EmbeddedPostgres> {
  let stopped: Promise<void> | undefined;
  // The lock goes last: nobody may take the folder over while its server is stopping under our hands.
  const stop = () =>
    (stopped ??= endServer(server.pid, patience).finally(() => {
      process.off('exit', abandon);
      return lock.close();
    }));
  // A process that ends without a stop (a second Ctrl-C, an uncaught error) leaves no server behind; it recovers at its next start.
  const abandon = () => endAtOnce(server.pid);
  process.once('exit', abandon);
  lock.onLost((error) => {
    if (stopped !== undefined) return;
    onLost?.(new Error(`the lock of the data folder ${place.dataDir} is lost`, { cause: error }));
  });
  try {
    const version = await prepareDatabase(lock);
    return { url: place.url('corral'), version, pid: server.pid, adopted: server.adopted, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepareDatabase(session: Session): Promise<string> {
  const { rows } = await session.query<{ version: string; there: boolean }>(
    `SELECT current_setting('server_version') AS version, EXISTS (SELECT FROM pg_database WHERE datname = 'corral') AS there`,
  );
  if (rows[0]?.there !== true) await session.query('CREATE DATABASE corral');
  return rows[0]?.version ?? '';
}

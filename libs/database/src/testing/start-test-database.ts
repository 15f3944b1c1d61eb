import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { migrations } from '../../generated/migrations';
import { connectDatabase, type Database } from '../database';
import { endServer, gone } from '../embedded/end-server';
import { makeDataFolder } from '../embedded/make-data-folder';
import { placeOf, type Place } from '../embedded/place';
import { findPostgresBinaries, type PostgresBinaries } from '../embedded/postgres-binaries';
import { isAlive, namedProcess } from '../embedded/postmaster-pid';
import { startServer } from '../embedded/start-server';
import { unprivileged } from '../embedded/unprivileged';
import { migrate } from '../migrate';

/** A migrated database on a real server of its own, for one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Of the server, such as `18.4`. */
  readonly version: string;
  /** Of the server's first process. */
  readonly pid: number;
  readonly database: Database;
  /** kill -9 of the server's first process; its other processes notice and follow. */
  kill(): Promise<void>;
  /** Starts again, under the same url, what was killed. */
  restart(): Promise<void>;
  /** Closes `database`, ends the server, removes its folder. */
  stop(): Promise<void>;
}

/** How a {@link startTestDatabase} differs from the quickest. */
export interface TestDatabaseOptions {
  /** For a server that will be killed: its last commits would otherwise be lost. */
  readonly synchronousCommit?: boolean;
  /** Syncs to disk and writes whole pages after a checkpoint, as an installation does: for measuring. */
  readonly durable?: boolean;
  /** More of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts a real PostgreSQL in a folder of its own, with the schema of this build, and says its version on standard output. Quick (about 0.1 s), because
 * a migrated folder is kept per machine, user, PostgreSQL and migrations, and copied. It does not sync to disk: kill processes as you like, but not the machine.
 * Where the server itself will be killed, ask for `synchronousCommit`: its last commits would otherwise be lost.
 */
export async function startTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const binaries = findPostgresBinaries();
  await removeAbandoned();
  const template = await migratedTemplate(binaries);
  const place = placeOf(await mkdtemp(join(tmpdir(), `${testPrefix}${process.pid}-`)));
  await cp(template, place.pgdata, { recursive: true, mode: 2 /* COPYFILE_FICLONE where the file system can */ });
  let pid = await start(place, binaries, options);
  const url = place.url('corral');
  const database = await connectDatabase({ url, application: 'corral test' });
  const version = await database.serverVersion();
  process.stdout.write(`PostgreSQL ${version}\n`);
  let stopped: Promise<void> | undefined;
  return {
    url,
    version,
    get pid() {
      return pid;
    },
    database,
    async kill() {
      process.kill(pid, 'SIGKILL');
      await gone(pid, 5_000);
    },
    async restart() {
      pid = await startAfterKill(() => start(place, binaries, options));
    },
    stop() {
      stopped ??= (async () => {
        await database.close();
        await endServer(pid);
        await remove(place);
      })();
      return stopped;
    },
  };
}

const testPrefix = 'corral-test-pg-';

async function start(place: Place, binaries: PostgresBinaries, options: TestDatabaseOptions = {}): Promise<number> {
  const as = unprivileged(place.dataDir, binaries.postgres);
  as.own(place.pgdata);
  const { synchronousCommit = false, durable = false } = options;
  const quick = {
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: synchronousCommit ? 'on' : 'off',
  };
  const settings = { ...(durable ? {} : quick), max_connections: '100', ...options.settings };
  const started = await startServer({ place, binaries, as, settings });
  if (started.kind === 'ended') throw new Error(`start a test PostgreSQL in ${place.dataDir}: ${started.said}`);
  return started.pid;
}

/** PostgreSQL refuses to start while processes of the killed one are still there: they go within moments. */
async function startAfterKill(startAgain: () => Promise<number>): Promise<number> {
  for (const deadline = performance.now() + 15_000; ; await delay(100)) {
    try {
      return await startAgain();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

/** A migrated folder, made once: beside its place, and renamed into it when its server has ended. */
async function migratedTemplate(binaries: PostgresBinaries): Promise<string> {
  const content = createHash('sha256')
    .update(migrations.map(({ checksum }) => checksum).join('\n'))
    .digest('hex');
  const folder = join(
    tmpdir(),
    `corral-pg-template-${binaries.packageVersion}-${process.getuid?.() ?? 'user'}-${content.slice(0, 12)}`,
  );
  if (existsSync(folder)) return join(folder, 'pg');
  const place = placeOf(await mkdtemp(join(tmpdir(), `${testPrefix}${process.pid}-`)));
  const as = unprivileged(place.dataDir, binaries.postgres);
  await makeDataFolder({ pgdata: place.pgdata, binaries, as });
  const pid = await start(place, binaries);
  try {
    const server = await connectDatabase({ url: place.url('postgres'), application: 'corral test', poolSize: 1 });
    await server.query('CREATE DATABASE corral');
    await server.close();
    await migrate({ url: place.url('corral') });
  } finally {
    await endServer(pid);
  }
  // Another test run may have been faster.
  await rename(place.dataDir, folder).catch(() => rm(place.dataDir, { recursive: true, force: true }));
  return join(folder, 'pg');
}

/** Ends and removes what killed test runs left behind; the number in a folder's name says whose it was. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.startsWith(testPrefix) ? name.slice(testPrefix.length).split('-')[0] : NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const place = placeOf(join(tmpdir(), name));
    const left = existsSync(place.pgdata) ? namedProcess(place.pgdata) : { kind: 'none' as const };
    if (left.kind === 'server') await endServer(left.pid, { fast: 0, immediate: 2_000 });
    await remove(place).catch(() => undefined);
  }
}

async function remove(place: Place): Promise<void> {
  for (const folder of [place.dataDir, place.socketDir]) await rm(folder, { recursive: true, force: true });
}

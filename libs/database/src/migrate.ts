import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@corral/runtime';
import { migrations as ours } from '../generated/migrations';
import { locks } from './locks';
import { openSession, type Session } from './session';

/** One migration: a folder of `prisma/migrations` and the text in it. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text, hex, as Prisma computes it. */
  readonly checksum: string;
}

/** What {@link migrate} needs. */
export interface MigrateOptions {
  /** A direct connection: advisory locks do not survive a transaction pooler. */
  readonly url: string;
  readonly logger?: Logger;
  /** Gives up waiting for another runner. */
  readonly signal?: AbortSignal;
  /** Those of this build when absent. */
  readonly migrations?: readonly Migration[];
}

/** What {@link migrate} did. */
export interface Migrated {
  /** Names, in the order in which they were applied just now. */
  readonly applied: string[];
  /** How many had been applied before. */
  readonly already: number;
}

/**
 * Brings a database to the schema of this build. Keeps Prisma's own table and checksums, so that Prisma's tools agree with it. Each migration runs in
 * one transaction together with the mark that it is finished: a killed runner leaves nothing behind and the next one starts it again. Several runners
 * at once wait for each other. Refuses (throws a sentence) a migration that was edited after it was applied, and one that another tool left half-way.
 */
export async function migrate({ url, logger, signal, migrations = ours }: MigrateOptions): Promise<Migrated> {
  const session = await openSession(url, 'corral migrate');
  try {
    await takeTurn(session, signal);
    await session.query(migrationsTable);
    const recorded = await readRecorded(session);
    const pending = migrations.filter((migration) => !isFinished(migration, recorded));
    warnOfUnknown(migrations, recorded, logger);
    for (const migration of pending) {
      await apply(session, migration);
      logger?.info({ migration: migration.name }, 'migration applied');
    }
    return { applied: pending.map(({ name }) => name), already: migrations.length - pending.length };
  } finally {
    await session.close();
  }
}

// By trying again and again: a waiting pg_advisory_lock would hold a snapshot, which CREATE INDEX CONCURRENTLY of another runner waits for.
async function takeTurn(session: Session, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const { rows } = await session.query<{ ours: boolean }>(
      'SELECT pg_try_advisory_lock($1, $2) AS ours',
      locks.migrate,
    );
    if (rows[0]?.ours === true) return;
    await delay(50, undefined, { signal });
  }
}

// Prisma's own definition.
const migrationsTable = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

interface Recorded {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
  readonly logs: string | null;
  readonly started_at: number;
}

async function readRecorded(session: Session): Promise<Recorded[]> {
  const { rows } = await session.query<Recorded>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, logs, started_at
       FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

// What an unfinished row of ours says: its effects were in the transaction that did not commit.
const inOneTransaction = 'corral: effects and finish are one transaction; unfinished means nothing was applied';

function isFinished(migration: Migration, recorded: readonly Recorded[]): boolean {
  const rows = recorded.filter((row) => row.migration_name === migration.name);
  const finished = rows.find((row) => row.finished);
  if (finished !== undefined) {
    if (finished.checksum === migration.checksum) return true;
    throw new Error(
      `migration ${migration.name} was changed after it was applied to this database (applied ${finished.checksum.slice(0, 12)}…, ` +
        `here ${migration.checksum.slice(0, 12)}…): restore its file and put the change into a new migration`,
    );
  }
  const halfApplied = rows.find((row) => !row.logs?.startsWith(inOneTransaction));
  if (halfApplied !== undefined) {
    throw new Error(
      `migration ${migration.name} was begun at ${new Date(halfApplied.started_at).toISOString()} by another tool and never finished: ` +
        `look at what it left, then mark it with "prisma migrate resolve --applied" or "--rolled-back"`,
    );
  }
  return false;
}

function warnOfUnknown(migrations: readonly Migration[], recorded: readonly Recorded[], logger?: Logger): void {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = recorded.map((row) => row.migration_name).filter((name) => !known.has(name));
  if (unknown.length > 0) logger?.warn({ migrations: unknown }, 'the database has migrations of a newer Corral');
}

async function apply(session: Session, { name, sql, checksum }: Migration): Promise<void> {
  const id = randomUUID();
  await session.query(
    'UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL',
    [name],
  );
  await session.query('INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES ($1, $2, $3, $4)', [
    id,
    checksum,
    name,
    inOneTransaction,
  ]);
  try {
    await session.query('BEGIN');
    await session.query(sql);
    await session.query(
      'UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1, logs = NULL WHERE id = $1',
      [id],
    );
    await session.query('COMMIT');
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    await session
      .query(`UPDATE _prisma_migrations SET logs = logs || E'\\n' || $2 WHERE id = $1`, [id, String(error)])
      .catch(() => undefined);
    throw new Error(`apply migration ${name}`, { cause: error });
  }
}

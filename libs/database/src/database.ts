import type { Logger, Metrics } from '@corral/runtime';
import { Pool, type Client, type PoolClient } from 'pg';
import { connectionSettings, fellSilent } from './connection-settings';
import { oneAtATime, send } from './one-at-a-time';
import type { Queryable, Transaction } from './queryable';
import { openSession, type Session } from './session';

/** One PostgreSQL database behind a pool of connections. */
export interface Database extends Queryable {
  /**
   * Runs `work` between BEGIN and COMMIT on one connection; whatever it throws rolls back and is thrown on. Inside, one statement at a time. An
   * abort is noticed before each statement and before COMMIT. When COMMIT itself fails with a lost connection nobody knows the outcome.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** A connection of its own, outside the pool; closed with the database if nobody closed it before. */
  session(): Promise<Session>;
  /** The connection string, password included: never for logs. */
  readonly url: string;
  /** Such as `18.4`. */
  serverVersion(): Promise<string>;
  /** Lets what is under way finish, for a moment; then closes all connections. Safe to call twice. */
  close(): Promise<void>;
}

/** What {@link connectDatabase} needs. */
export interface DatabaseOptions {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly application: string;
  /** Connections at most; 10 when absent. */
  readonly poolSize?: number;
  /** How long one statement may take; after a second more without an answer the connection is given up. 60,000 ms when absent. */
  readonly statementTimeoutMs?: number;
  readonly logger?: Logger;
  /** Where is shown how the pool is used. */
  readonly metrics?: Metrics;
}

/** Far beyond what any statement of ours takes, far below what TCP waits for a machine that is gone. */
const STATEMENT_TIMEOUT_MS = 60_000;
const CLOSE_WITHIN_MS = 1_500;

/** Connects, and throws when the server does not answer ({@link isTransient} tells whether trying again makes sense). */
export async function connectDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, application, poolSize = 10, statementTimeoutMs = STATEMENT_TIMEOUT_MS, logger, metrics } = options;
  const pool = new Pool({
    ...connectionSettings(url, application, statementTimeoutMs),
    max: poolSize,
    idleTimeoutMillis: 30_000,
  });
  if (metrics) showPool(pool, metrics);
  // An idle connection that dies is replaced by the next one asked for.
  pool.on('error', ({ message }) => {
    // While closing, the server may be faster than our goodbye. The error itself carries the whole client, so only what it says is told.
    if (closing === undefined) logger?.warn({ reason: message }, 'an idle database connection was lost');
  });
  const connections = new Set<PoolClient>();
  pool.on('connect', (client) => connections.add(client));
  pool.on('remove', (client) => connections.delete(client));
  const sessions = new Set<Session>();
  let closing: Promise<void> | undefined;

  const database: Database = {
    url,
    query: (text, values) => send(pool as unknown as PoolClient, text, values),
    transaction: (work, { signal } = {}) => transact(pool, work, signal),
    async session() {
      const session = await openSession(url, application);
      sessions.add(session);
      return session;
    },
    async serverVersion() {
      const { rows } = await database.query<{ server_version: string }>('SHOW server_version');
      return (rows[0]?.server_version ?? '').replace(/ .*$/, '');
    },
    close() {
      closing ??= Promise.all([closePool(pool, connections), ...[...sessions].map((session) => session.close())]).then(
        () => undefined,
      );
      return closing;
    },
  };

  try {
    await database.query('SELECT 1');
  } catch (error) {
    await database.close();
    throw new Error(`connect to PostgreSQL at ${withoutSecrets(url)}`, { cause: error });
  }
  return database;
}

function showPool(pool: Pool, metrics: Metrics): void {
  const connections = metrics.gauge('corral_database_connections');
  const waiting = metrics.gauge('corral_database_waiting');
  connections.onRead(() => {
    connections.set(pool.totalCount - pool.idleCount, { state: 'busy' });
    connections.set(pool.idleCount, { state: 'idle' });
  });
  waiting.onRead(() => waiting.set(pool.waitingCount));
}

/** A statement that a silent server does not answer must not keep us for longer than a stop may take. */
async function closePool(pool: Pool, connections: ReadonlySet<PoolClient>): Promise<void> {
  let patience: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (patience = setTimeout(resolve, CLOSE_WITHIN_MS)));
  await Promise.race([pool.end(), enough]);
  clearTimeout(patience);
  // pg ends a connection on which a statement is under way at once.
  for (const client of connections) void (client as unknown as Client).end().catch(() => undefined);
}

async function transact<T>(pool: Pool, work: (tx: Transaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  const client = await pool.connect();
  // Between its statements a lost connection is told by this event only; the next statement then fails.
  let broken = false;
  const lost = () => (broken = true);
  client.on('error', lost);
  const tx = oneAtATime(client, signal);
  try {
    await client.query('BEGIN');
    const answer = await work(tx);
    await tx.end('this transaction is over');
    signal?.throwIfAborted();
    const { command } = await client.query('COMMIT');
    // PostgreSQL answers the COMMIT of a transaction in which a statement failed with ROLLBACK, and no error.
    if (command !== 'COMMIT') throw new Error('commit a transaction in which a statement had failed: rolled back');
    return answer;
  } catch (error) {
    await tx.end('this transaction is over');
    if (fellSilent(error)) lost();
    else await client.query('ROLLBACK').catch(lost);
    throw error;
  } finally {
    client.off('error', lost);
    client.release(broken);
  }
}

function withoutSecrets(url: string): string {
  const address = new URL(url);
  return `${address.searchParams.get('host') ?? address.host}${address.pathname}`;
}

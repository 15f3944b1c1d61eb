import type { ClientConfig } from 'pg';
import { valueParsers } from './value-parsers';

/**
 * What every connection of ours is opened with. `lock_timeout` and `idle_in_transaction_session_timeout` bound how long a process that was
 * stopped in mid-transaction can hold up its successor; UTC and ISO are what the value parsers read.
 */
export function connectionSettings(url: string, application: string, statementTimeoutMs?: number): ClientConfig {
  return {
    connectionString: withOptions(url, '-c TimeZone=UTC -c DateStyle=ISO'),
    application_name: application,
    lock_timeout: 2_000,
    idle_in_transaction_session_timeout: 10_000,
    // A start that cannot reach its database says so within five seconds, its own included.
    connectionTimeoutMillis: 4_000,
    keepAlive: true,
    ...(statementTimeoutMs === undefined ? {} : limited(statementTimeoutMs)),
    types: valueParsers as NonNullable<ClientConfig['types']>,
  };
}

/**
 * The server cancels a statement that takes too long. Where it does not even do that, it is gone without a word (its machine failed over), and
 * TCP alone would go on hoping for a quarter of an hour.
 */
function limited(statementTimeoutMs: number): ClientConfig {
  return { statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs + SILENCE_MS };
}

/** How long a cancelled statement may take to say so. */
const SILENCE_MS = 1_000;

/** Whether we gave up waiting for the server (its connection must not be used again); looks through causes. */
export function fellSilent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at.message === 'Query read timeout') return true;
  return false;
}

/** In a connection string, pg lets `options` of the string win over the config's: so ours join those of the string. */
function withOptions(url: string, options: string): string {
  const address = new URL(url);
  const given = address.searchParams.get('options');
  address.searchParams.set('options', given === null ? options : `${given} ${options}`);
  return address.href;
}

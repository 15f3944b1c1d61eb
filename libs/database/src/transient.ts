/** SQLSTATEs after which the same statement may well succeed: nothing is wrong with it, only with the moment. */
const transientStates = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '55006', // object_in_use
  '53300', // too_many_connections
  '57014', // query_canceled: statement_timeout, or an administrator
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '25006', // read_only_sql_transaction: we still talk to a demoted primary
  '53100', // disk_full
  '53200', // out_of_memory
  '58030', // io_error
]);

const transientCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'connection_lost',
]);

// pg gives these no code.
const transientMessage =
  /connection terminated|connection error and is not queryable|connection timeout|timeout expired|timeout exceeded when trying to connect|client was closed|session lost its connection|query read timeout/i;

/** Whether the database could not answer just now (lost, stopping, locked, full) and asking again later makes sense; looks through causes. */
export function isTransient(error: unknown): boolean {
  let at = error as Partial<AggregateError & { code: unknown; syscall: unknown }> | null | undefined;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < 8; depth++) {
    if (typeof at.code === 'string') {
      if (transientStates.has(at.code) || transientCodes.has(at.code) || at.code.startsWith('08')) return true;
      // The socket file of a server that is not there yet.
      if (at.code === 'ENOENT' && at.syscall === 'connect') return true;
      // A SQLSTATE of another kind is an answer: the statement itself is wrong.
      if (/^[0-9A-Z]{5}$/.test(at.code)) return false;
    }
    if (Array.isArray(at.errors) && at.errors.some((inner) => isTransient(inner))) return true;
    if (transientMessage.test(at.message ?? '')) return true;
    at = at.cause as typeof at;
  }
  return false;
}

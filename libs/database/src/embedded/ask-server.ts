import { Client } from 'pg';

/** What a server says when somebody knocks. */
export type Answer = 'ready' | 'starting' | 'stopping' | 'silent';

/** Knocks once, waiting `timeoutMs` at most. "Starting up" is an answer, and so is "too many clients". */
export async function askServer(url: string, timeoutMs: number): Promise<Answer> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    application_name: 'corral knock',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]{4}$/.test(code)) return 'silent';
    if (code !== '57P03') return 'ready';
    return /shutting down/.test(message) ? 'stopping' : 'starting';
  } finally {
    await client.end().catch(() => undefined);
  }
}

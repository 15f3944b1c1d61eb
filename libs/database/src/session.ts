import { Client } from 'pg';
import { connectionSettings } from './connection-settings';
import { send } from './one-at-a-time';
import type { Queryable } from './queryable';

/**
 * A connection of one's own, outside the pool: for advisory locks, which live as long as it does, and for LISTEN. Statements of several
 * callers are served one after another.
 */
export interface Session extends Queryable {
  /** Calls `onNotify` with the payload of every NOTIFY on this channel from now on. */
  listen(channel: string, onNotify: (payload: string) => void): Promise<void>;
  /** Called once when the connection is gone without {@link close}: its locks are then gone too. At once, if it already is. */
  onLost(handler: (error: Error) => void): void;
  /** Ends the connection, and with it its locks. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens a {@link Session}. Throws when the server does not answer. */
export async function openSession(url: string, application: string): Promise<Session> {
  const client = new Client(connectionSettings(url, application));
  const handlers: ((error: Error) => void)[] = [];
  const channels = new Map<string, ((payload: string) => void)[]>();
  let lost: Error | undefined;
  let closing: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const lose = (error: Error) => {
    if (lost !== undefined || closing !== undefined) return;
    lost = error;
    for (const handler of handlers) handler(error);
  };
  client.on('error', lose);
  client.on('end', () => lose(new Error('connection terminated by the server')));
  client.on('notification', ({ channel, payload = '' }) => channels.get(channel)?.forEach((notify) => notify(payload)));
  try {
    await client.connect();
  } catch (error) {
    closing = Promise.resolve();
    await client.end().catch(() => undefined);
    throw error;
  }

  const query: Queryable['query'] = <Row>(text: string, values?: readonly unknown[]) => {
    const answer = last.then(() => {
      if (closing !== undefined) throw new Error('this session is closed');
      if (lost !== undefined) throw new Error('this session lost its connection', { cause: lost });
      return send<Row>(client, text, values);
    });
    last = answer.catch(() => undefined);
    return answer;
  };

  return {
    query,
    async listen(channel, onNotify) {
      const known = channels.get(channel);
      if (known !== undefined) {
        known.push(onNotify);
        return;
      }
      channels.set(channel, [onNotify]);
      await query(`LISTEN ${quoteIdentifier(channel)}`);
    },
    onLost(handler) {
      if (lost === undefined) handlers.push(handler);
      else handler(lost);
    },
    close() {
      closing ??= client.end().catch(() => undefined);
      return closing;
    },
  };
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

import type { ClientBase } from 'pg';
import { copyIn } from './copy-in';
import type { QueryResult, Transaction } from './queryable';
import { sendBytes } from './send-bytes';

/** One connection as a {@link Queryable} on which a second statement may not start while one is under way. */
export interface OneAtATime extends Transaction {
  /** Resolves when nothing is under way; afterwards every further statement is refused with this reason. */
  end(reason: string): Promise<void>;
}

/**
 * Statements of one transaction run one after another: pg queues overlapping ones today and will refuse them in its next major version, and a
 * `Promise.all` over one connection looks parallel and is not. So the second one throws.
 */
export function oneAtATime(client: ClientBase, signal?: AbortSignal): OneAtATime {
  let underWay: Promise<unknown> | undefined;
  let over: string | undefined;

  async function alone<T>(text: string, ask: () => Promise<T>): Promise<T> {
    if (over !== undefined) throw new Error(over);
    if (underWay !== undefined) {
      throw new Error(`a statement was sent while another one of this transaction is under way: ${opening(text)}`);
    }
    signal?.throwIfAborted();
    const asked = ask();
    underWay = asked;
    try {
      return await asked;
    } finally {
      underWay = undefined;
    }
  }

  return {
    query: <Row>(text: string, values?: readonly unknown[]) => alone(text, () => sendInTurn<Row>(client, text, values)),
    copy: (text, bytes) => alone(text, () => copyIn(client, text, bytes)),
    async end(reason) {
      over = reason;
      await underWay?.catch(() => undefined);
    },
  };
}

/** Below it a copy is cheaper than many small pieces. */
const LARGE_BYTES = 65_536;

async function sendInTurn<Row>(
  client: ClientBase,
  text: string,
  values?: readonly unknown[],
): Promise<QueryResult<Row>> {
  if (!values || !areLarge(values)) return await send<Row>(client, text, values);
  const { rows, rowCount } = await sendBytes(client, text, values);
  return { rows: rows as Row[], rowCount: rowCount ?? 0 };
}

function areLarge(values: readonly unknown[]): values is readonly Buffer[] {
  let bytes = 0;
  for (const value of values) {
    if (!Buffer.isBuffer(value)) return false;
    bytes += value.length;
  }
  return bytes >= LARGE_BYTES;
}

/** Sends one statement; without values by the simple protocol, so that a text may hold several statements. */
export async function send<Row>(
  client: Pick<ClientBase, 'query'>,
  text: string,
  values?: readonly unknown[],
): Promise<QueryResult<Row>> {
  const result = values === undefined ? await client.query(text) : await client.query(text, values as unknown[]);
  // Several statements in one text answer with a list of results: the last one counts.
  const last = Array.isArray(result) ? result.at(-1) : result;
  return { rows: (last?.rows ?? []) as Row[], rowCount: last?.rowCount ?? 0 };
}

function opening(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

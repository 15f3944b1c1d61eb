import { rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { FaultCounts, Faults } from '../proxy/faults';
import type { PartStatus, Struck } from './part';

/** What can be asked of a supervisor. */
export type Order =
  | { readonly do: 'status' }
  | { readonly do: 'start'; readonly parts: readonly string[] }
  | { readonly do: 'stop'; readonly parts: readonly string[] }
  | { readonly do: 'signal'; readonly parts: readonly string[]; readonly signal: NodeJS.Signals }
  | {
      readonly do: 'strike';
      readonly part: string;
      readonly signal: NodeJS.Signals;
      readonly downMs: number;
      readonly restart: boolean;
    }
  /** From now on these faults, decided by this seed; without faults only what those in force did. */
  | { readonly do: 'faults'; readonly faults?: Faults; readonly seed?: number }
  | { readonly do: 'down' };

/** What it answers; `error` is a sentence. */
export interface Answer {
  readonly error?: string;
  readonly mode?: string;
  readonly services?: readonly string[];
  readonly parts?: readonly PartStatus[];
  readonly struck?: Struck;
  /** What the proxies' faults until now did. */
  readonly faulted?: FaultCounts;
}

/** Takes orders on a Unix socket: one JSON line each way per connection. */
export async function listenForOrders(path: string, obey: (order: Order) => Promise<Answer>): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket: Socket) => {
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).once('line', (line) => {
      void obey(JSON.parse(line) as Order)
        .catch((error: unknown): Answer => ({ error: error instanceof Error ? error.message : String(error) }))
        .then((answer) => socket.end(`${JSON.stringify(answer)}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return server;
}

/** Gives an order and waits for the answer; undefined when nobody listens there. Throws what the supervisor refuses. */
export function giveOrder(path: string, order: Order): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => socket.write(`${JSON.stringify(order)}\n`));
    let answer: Answer | undefined;
    createInterface({ input: socket })
      .on('error', () => undefined) // the socket's own, told below
      .once('line', (line) => (answer = JSON.parse(line) as Answer));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(new Error(`ask the supervisor to ${order.do}`, { cause: error }));
    });
    socket.on('close', () => {
      if (answer === undefined) reject(new Error(`the supervisor ended while it was to ${order.do}`));
      else if (answer.error !== undefined) reject(new Error(answer.error));
      else resolve(answer);
    });
  });
}

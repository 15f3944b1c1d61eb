import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** One request as a receiver saw it. */
export interface Hit {
  readonly path: string;
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { type: string; timestamp: string; data: Record<string, unknown> };
  readonly at: number;
}

/** What a receiver answers; `undefined`: nothing, ever; `'hang up'`: it cuts the connection. An endless body runs until nobody listens. */
export type Answer =
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
      readonly endless?: boolean;
    }
  | 'hang up'
  | undefined;

/** A customer's server: keeps what it was told and answers as `answer` says (200 when absent). */
export async function startWebhookReceiver(answer: (hit: Hit, number: number) => Answer = () => ({ status: 200 })) {
  const hits: Hit[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { headers, url: path = '' } = request;
      const hit = { path, id: String(headers['webhook-id']), headers, text, body: JSON.parse(text), at: Date.now() };
      hits.push(hit);
      const said = answer(hit, hits.length);
      if (said === undefined) return;
      if (said === 'hang up') return void request.socket.destroy();
      response.writeHead(said.status, said.headers);
      if (!said.endless) return void response.end(said.body);
      const drip = setInterval(() => response.write('.'.repeat(4_096)), 2);
      response.on('close', () => clearInterval(drip));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    hits,
    url: `http://127.0.0.1:${port}/hook`,
    /** The ids it was told, in order. */
    ids: () => hits.map(({ id }) => id),
    /** What it was told of a type. */
    of: (type: string) => hits.filter(({ body }) => body.type === type),
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A running receiver. */
export type WebhookReceiver = Awaited<ReturnType<typeof startWebhookReceiver>>;

/** Verifies a hit as a customer would, with the reference library; throws when it is not genuine. */
export function verify(hit: Hit, secret: string): unknown {
  return new Webhook(secret).verify(hit.text, hit.headers as Record<string, string>);
}

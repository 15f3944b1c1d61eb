import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** One request a receiver got. */
export interface Hit {
  readonly id: string;
  readonly type: string;
  readonly data: any;
  /** Whether npm's `standardwebhooks` accepts its signature under the endpoint's secret. */
  readonly verified: boolean;
  /** The W3C header, if it came with one. */
  readonly traceparent: string | undefined;
}

/** A customer's endpoint: takes everything, answers 204, checks each signature. */
export interface WebhookReceiver {
  readonly url: string;
  hits(): readonly Hit[];
  /** The secret arrives only after the endpoint was made; hits before it count as unverified. */
  useSecret(secret: string): void;
  close(): Promise<void>;
}

/** Starts a receiver on a port of the system's choice. */
export async function startWebhookReceiver(host = '127.0.0.1'): Promise<WebhookReceiver> {
  const hits: Hit[] = [];
  let secret: string | undefined;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const parsed = JSON.parse(body);
      hits.push({
        id: String(req.headers['webhook-id']),
        type: parsed.type,
        data: parsed.data,
        verified: verify(body, req.headers),
        traceparent: req.headers.traceparent as string | undefined,
      });
      res.writeHead(204).end();
    });
  });
  function verify(body: string, headers: Record<string, unknown>): boolean {
    if (secret === undefined) return false;
    try {
      new Webhook(secret).verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  }
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/hook`,
    hits: () => hits,
    useSecret: (given) => (secret = given),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

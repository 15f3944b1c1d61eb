import { Agent, request } from 'node:http';

/** How an HTTP exchange ended: `broken` when no complete answer was read. */
export type Sent =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: number; readonly body: unknown }
  | { readonly kind: 'broken'; readonly reason: string };

/** Sends to one base URL with one credential over connections that are kept. */
export interface Sender {
  send(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Sent>;
  close(): void;
}

/** A sender that hides nothing: no retries, and only an answer read to its end counts as one. */
export function createSender(baseUrl: string, apiKey: string, connections: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    send: (method, path, body) =>
      new Promise((resolve) => {
        const broken = (error: Error) =>
          resolve({ kind: 'broken', reason: (error as NodeJS.ErrnoException).code ?? error.message });
        const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
        const call = request(
          new URL(path, baseUrl),
          {
            method,
            agent,
            headers: {
              authorization: `Bearer ${apiKey}`,
              ...(bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', broken);
            response.on('end', () => {
              if (!response.complete) return broken(new Error('answer cut off'));
              const retryAfterMs = 1_000 * (Number(response.headers['retry-after']) || 0);
              resolve({
                kind: 'answered',
                status: response.statusCode!,
                retryAfterMs,
                body: parse(Buffer.concat(chunks)),
              });
            });
          },
        );
        call.setTimeout(20_000, () => call.destroy(new Error('no answer within 20 s')));
        call.on('error', broken);
        call.end(bytes);
      }),
    close: () => agent.destroy(),
  };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return bytes.toString();
  }
}

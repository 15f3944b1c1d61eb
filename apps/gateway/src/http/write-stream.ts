import { once } from 'node:events';
import type { Response } from 'express';

/** Writes pieces as fast as the client takes them; ends when they do. Rejects when the client is gone. */
export async function writeStream(
  response: Response,
  headers: Readonly<Record<string, string>>,
  pieces: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'cache-control': 'no-store', ...headers });
  if (response.req.method === 'HEAD') return void response.end();
  for await (const piece of pieces) {
    signal.throwIfAborted();
    if (!response.write(piece)) await once(response, 'drain', { signal });
  }
  response.end();
}

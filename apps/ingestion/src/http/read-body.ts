import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const inflate = promisify(gunzip);

/** A request's body, inflated, or why there is none. */
export type Body =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly code: 'body_too_large' | 'body_not_gzip' | 'body_incomplete' };

/** Reads a body whole, never holding more than `limit` bytes of it; the limit counts inflated, or a few bytes could become gigabytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  const sent = await readAtMost(request, limit);
  if (sent.kind === 'refused' || !isGzip(request)) return sent;
  try {
    return { kind: 'body', bytes: await inflate(sent.bytes, { maxOutputLength: limit }) };
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { kind: 'refused', code: tooLarge ? 'body_too_large' : 'body_not_gzip' };
  }
}

/** Whether the body travels compressed. */
export function isGzip(request: IncomingMessage): boolean {
  return /^(x-)?gzip$/i.test(request.headers['content-encoding'] ?? '');
}

function readAtMost(request: IncomingMessage, limit: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (body: Body) => {
      request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      // An error after this point, such as the client hanging up, has nobody to tell.
      request.on('error', () => undefined);
      resolve(body);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) {
        chunks.push(chunk);
        return;
      }
      settle({ kind: 'refused', code: 'body_too_large' });
      // Read and dropped, so that the client, still sending, gets to read the answer; requestTimeout bounds it.
      request.resume();
    };
    const onEnd = () =>
      settle({ kind: 'body', bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length) });
    const onCut = () => settle({ kind: 'refused', code: 'body_incomplete' });
    request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

import { Problem } from '@corral/runtime';
import express, { type Request, type RequestHandler, type Response } from 'express';

const parsers = new Map<number, RequestHandler>();

/** The JSON body (also gzipped), at most `limit` bytes inflated; undefined if there is none. */
export async function readBody(request: Request, response: Response, limit: number): Promise<unknown> {
  if (!hasBody(request)) return undefined;
  if (!isJson(request))
    throw new Problem(415, 'media_type_unsupported', 'The body must be JSON: Content-Type: application/json.');
  await new Promise<void>((resolve, reject) => {
    parserFor(limit)(request, response, (error?: unknown) =>
      error === undefined ? resolve() : reject(error as Error),
    );
  });
  return request.body as unknown;
}

function hasBody(request: Request): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** `application/json` and its kin, such as `application/geo+json`. */
function isJson(request: Pick<Request, 'headers'>): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '');
}

function parserFor(limit: number): RequestHandler {
  let parser = parsers.get(limit);
  if (parser === undefined)
    parsers.set(limit, (parser = express.json({ limit, strict: false, type: (request) => isJson(request) })));
  return parser;
}

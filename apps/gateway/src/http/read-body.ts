import { Problem } from '@corral/runtime';
import express, { type Request, type RequestHandler, type Response } from 'express';

const parsers = new Map<number, RequestHandler>();
/** Strict: what is not UTF-8 would otherwise be stored with replacement characters nobody sent. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What a JSON body is, at most `limit` bytes inflated (it may be gzipped); undefined if there is none. */
export async function readBody(request: Request, response: Response, limit: number): Promise<unknown> {
  const bytes = await readBytes(request, response, limit);
  return bytes.length === 0 ? undefined : parseJson(bytes);
}

/** The bytes of a JSON body, not looked at, at most `limit` inflated; none if there is no body. */
export async function readBytes(request: Request, response: Response, limit: number): Promise<Uint8Array> {
  if (!hasBody(request)) return NOTHING;
  const type = JSON_TYPE.exec(request.headers['content-type'] ?? '');
  if (type === null)
    throw new Problem(415, 'media_type_unsupported', 'The body must be JSON: Content-Type: application/json.');
  if (!/^(utf-8)?$/i.test(type[1] ?? '')) throw new Problem(415, 'charset_unsupported', 'The body must be in UTF-8.');
  await new Promise<void>((resolve, reject) => {
    parserFor(limit)(request, response, (error?: unknown) =>
      error === undefined ? resolve() : reject(error as Error),
    );
  });
  return request.body as Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** What these bytes are, or the refusal of a body that is no JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw malformedJson(cause);
  }
}

/** The refusal of a body that is no JSON. */
export function malformedJson(cause?: unknown): Problem {
  return new Problem(400, 'malformed_json', 'The body is not JSON in UTF-8.', { cause });
}

function hasBody(request: Request): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** `application/json` and its kin, such as `application/geo+json`; the charset, if one is said. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;.*?\bcharset\s*=\s*"?([\w-]+)"?.*|;.*)?$/i;

function parserFor(limit: number): RequestHandler {
  let parser = parsers.get(limit);
  if (parser === undefined) parsers.set(limit, (parser = express.raw({ limit, type: () => true })));
  return parser;
}

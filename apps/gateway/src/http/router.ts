import { isTransient } from '@corral/database';
import { SCOPES, type Scope } from '@corral/contracts/http';
import { isStorable } from '@corral/domain';
import { notFound, Problem, problemHandler, type Logger, type Metrics } from '@corral/runtime';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Authenticate } from '../keys/authenticate';
import { checkJson } from './check-json';
import { cors } from './cors';
import { readBody, readBytes } from './read-body';
import type { Access, Answer, Caller, Route } from './route';
import { validate } from './validate';

const MIB = 1024 * 1024;
const NOTHING = z.strictObject({});
const NO_BYTES = new Uint8Array(0);

export interface RouterOptions {
  readonly authenticate: Authenticate;
  readonly corsOrigins: readonly string[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Aborts when the process stops. */
  readonly signal: AbortSignal;
}

/** The table as a server: who may, what was asked, the route's answer; anything else refused in one manner. */
export function routerOf(routes: readonly Route[], options: RouterOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(observe(options.metrics));
  app.use(cors(options.corsOrigins));
  for (const [path, lines] of byPath(routes)) {
    const place = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const line of lines) place[methodOf(line)](serve(line, options));
    place.all(refuseMethod(lines));
  }
  app.use(notFound);
  app.use((error: unknown, _request: Request, _response: Response, next: NextFunction) => next(sayUnavailable(error)));
  app.use(problemHandler(options.logger));
  return app;
}

function serve(line: Route, options: RouterOptions) {
  if (!isAccess(line.access)) throw new Error(`route ${line.method} ${line.path} declares no scope`);
  const stopping = options.signal;
  return async (request: Request, response: Response) => {
    const caller = await callerOf(line, request, options.authenticate);
    const query: unknown = validate(line.query ?? NOTHING, single({ ...request.query }), 400);
    const bytes = line.readsBytes ? await bytesOf(line, request, response) : NO_BYTES;
    const body = line.readsBytes ? undefined : await bodyOf(line, request, response);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, stopping]);
    const params = request.params as Record<string, string>;
    // PostgreSQL could not even be asked for it.
    if (!Object.values(params).every(isStorable)) throw new Problem(404, 'not_found', 'There is nothing here.');
    send(request, response, await line.handle({ caller, params, query, body, bytes, http: request, signal }));
  };

  function send(request: Request, response: Response, answer: Answer): void {
    if ('stream' in answer) {
      answer.stream(response).catch((error: unknown) => {
        if (!gone(error, response)) options.logger.error({ err: error, route: line.path }, 'a stream broke off');
        response.destroy();
      });
      return;
    }
    const { status, body, type, headers } = answer;
    response.status(status).set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers });
    if (body === undefined) return void response.end();
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.setHeader('content-type', type ?? 'application/json; charset=utf-8');
    response.setHeader('content-length', Buffer.byteLength(text));
    response.end(request.method === 'HEAD' ? undefined : text);
  }
}

async function callerOf(line: Route, request: Request, authenticate: Authenticate): Promise<Caller> {
  if (line.access === 'open') return { fleetId: '', keyId: '', scopes: new Set() };
  const { ticket } = request.query;
  const caller =
    line.ticket && request.headers.authorization === undefined && typeof ticket === 'string'
      ? authenticate.byTicket(ticket)
      : await authenticate.byHeader(request.headers.authorization);
  if (line.access !== 'any' && !caller.scopes.has(line.access))
    throw new Problem(403, 'scope_missing', `This needs the scope ${line.access}.`, { extra: { scope: line.access } });
  return caller;
}

async function bodyOf(line: Route, request: Request, response: Response): Promise<unknown> {
  // HTTP gives a body no meaning there.
  if (line.method === 'GET' || line.method === 'DELETE') return undefined;
  const body = await readBody(request, response, line.bodyLimit ?? MIB);
  if (body === undefined && line.body !== undefined && !line.bodyOptional) throw bodyMissing();
  checkJson(body);
  // A route that takes nothing refuses whatever is sent: who sends a field expects it to do something.
  return validate(line.body ?? NOTHING, body ?? {}, 422);
}

async function bytesOf(line: Route, request: Request, response: Response): Promise<Uint8Array> {
  const bytes = await readBytes(request, response, line.bodyLimit ?? MIB);
  if (bytes.length === 0) throw bodyMissing();
  return bytes;
}

function bodyMissing(): Problem {
  return new Problem(422, 'body_missing', 'A JSON body is needed.');
}

/** A query names each thing once: Express makes lists of what is repeated. */
function single(query: Record<string, unknown>): Record<string, unknown> {
  for (const [field, value] of Object.entries(query))
    if (Array.isArray(value)) throw new Problem(400, 'repeated', `${field} is given more than once.`, { field, value });
  return query;
}

function refuseMethod(lines: readonly Route[]) {
  const methods: string[] = lines.map((line) => line.method);
  if (methods.includes('GET')) methods.push('HEAD');
  const allow = [...methods, 'OPTIONS'].join(', ');
  return (request: Request, response: Response) => {
    if (request.method === 'OPTIONS') return void response.writeHead(204, { allow }).end();
    throw new Problem(405, 'method_not_allowed', `Here one can ${methods.join(', ')}.`, { headers: { allow } });
  };
}

/** The database cannot answer just now: that is us, and it heals. */
function sayUnavailable(error: unknown): unknown {
  if (error instanceof Problem) return error;
  // What Express cannot decode (%zz in a path) names nothing.
  if (error instanceof URIError) return new Problem(400, 'path_invalid', 'The path is not percent-encoded rightly.');
  if (!isTransient(error)) return error;
  const seconds = 1 + Math.floor(Math.random() * 15);
  return new Problem(503, 'unavailable', 'This cannot be answered just now; ask again soon.', {
    headers: { 'retry-after': String(seconds) },
    cause: error,
  });
}

function observe(metrics: Metrics) {
  const requests = metrics.counter('corral_http_requests_total');
  const seconds = metrics.histogram('corral_http_request_seconds');
  return (request: Request, response: Response, next: NextFunction) => {
    const begun = performance.now();
    response.once('close', () => {
      // The template, never the path: ids and keys are not labels.
      const template: unknown = (request.route as { path?: unknown } | undefined)?.path;
      const route = typeof template === 'string' ? template : 'none';
      requests.inc({ method: request.method, route, status: response.statusCode });
      seconds.observe((performance.now() - begun) / 1000, { method: request.method, route });
    });
    next();
  };
}

function byPath(routes: readonly Route[]): ReadonlyMap<string, readonly Route[]> {
  const paths = new Map<string, Route[]>();
  for (const line of routes) paths.set(line.path, [...(paths.get(line.path) ?? []), line]);
  return paths;
}

function methodOf(line: Route): 'get' | 'post' | 'put' | 'patch' | 'delete' {
  return line.method.toLowerCase() as 'get';
}

function isAccess(access: unknown): access is Access {
  return access === 'any' || access === 'open' || SCOPES.includes(access as Scope);
}

function gone(error: unknown, response: Response): boolean {
  return response.destroyed || (error instanceof Error && error.name === 'AbortError');
}

import type { RequestHandler } from 'express';

/** Lets pages of the named origins ask; without any, no page of another origin may. Answers preflights itself. */
export function cors(origins: readonly string[]): RequestHandler {
  const allowed = new Set(origins);
  return (request, response, next) => {
    const { origin } = request.headers;
    if (allowed.size > 0) response.vary('Origin');
    const known = origin !== undefined && allowed.has(origin);
    if (known) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-expose-headers', 'Location, Retry-After');
    }
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return next();
    if (known) {
      response.setHeader('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE');
      response.setHeader(
        'access-control-allow-headers',
        'Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID',
      );
      response.setHeader('access-control-max-age', '600');
    }
    response.writeHead(204).end();
  };
}

import type { RequestListener } from 'node:http';

/** A part of the address space and who answers there. The handler sees the whole path. */
export interface PrefixRoute {
  /** Such as `/v1/heartbeats`: that path, everything below it, and nothing that merely begins alike. */
  readonly prefix: string;
  readonly handler: RequestListener;
}

/** The root of a server: the first prefix that matches answers, else the fallback. */
export function routeByPrefix(routes: readonly PrefixRoute[], fallback: RequestListener): RequestListener {
  return (request, response) => {
    const path = request.url ?? '/';
    for (const { prefix, handler } of routes) if (isUnder(path, prefix)) return handler(request, response);
    return fallback(request, response);
  };
}

function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path[prefix.length];
  return prefix.endsWith('/') || next === undefined || next === '/' || next === '?';
}

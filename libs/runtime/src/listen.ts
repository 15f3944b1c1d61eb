import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Serves some connections itself, in front of node:http. */
export interface ConnectionTaker {
  /**
   * Takes a new connection; `handOver` gives it to node:http, with what was read of it and not answered. While `leaving`, every answer says
   * that it is the connection's last.
   */
  take(socket: Socket, handOver: (alreadyRead: Buffer) => void, leaving: () => boolean): void;
  /** Ends connections as they become idle. */
  close(): void;
  /** Ends all of them. */
  cut(): void;
}

/** Where to listen. */
export interface ListenOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly host?: string;
  /** Which setting gave the port, for the sentence when it cannot be had; `--port or PORT` by default. */
  readonly setting?: string;
  /**
   * Whether we are about to leave. Who keeps a connection is then asked with every answer to open its next one elsewhere, while there is still time: a
   * connection closed in the moment in which a request comes loses that request.
   */
  readonly leaving?: () => boolean;
  /** Gets what is upgraded (WebSocket); without it upgrades are answered like any request. */
  readonly onUpgrade?: (request: Parameters<RequestListener>[0], socket: Duplex, head: Buffer) => void;
  /** Looks at each connection first. */
  readonly connections?: ConnectionTaker;
  /** Other processes of ours listen there as well; the kernel decides who gets a connection. Linux only. */
  readonly sharedPort?: boolean;
}

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /**
   * Accepts no more, lets requests finish and ends their connections; cuts what is left after 10 s or when the signal aborts.
   * Safe to call twice.
   */
  close(signal?: AbortSignal): Promise<void>;
}

const GRACE_MS = 10_000;

/** One port is one server with one root. Rejects with a sentence that says what to do when the port cannot be had. */
export async function listen(
  root: RequestListener,
  { port, host, setting = '--port or PORT', leaving, onUpgrade, connections, sharedPort = false }: ListenOptions,
): Promise<Listening> {
  const answering = new Set<ServerResponse>();
  const upgraded = new Set<Duplex>();
  let closing: Promise<void> | undefined;

  const server = createServer(
    // Time-outs are looked at this often only (Node's default: 30 s), so a slow sender would get three times what it may have.
    { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 2_500 },
    (request, response) => {
      answering.add(response);
      if (closing || leaving?.() === true) response.setHeader('connection', 'close');
      response.once('close', () => {
        answering.delete(response);
        if (closing) server.closeIdleConnections();
      });
      root(request, response);
    },
  );
  if (onUpgrade)
    server.on('upgrade', (request, socket, head) => {
      upgraded.add(socket);
      socket.once('close', () => upgraded.delete(socket));
      onUpgrade(request, socket, head);
    });

  if (connections) {
    const byNode = server.listeners('connection') as ((this: typeof server, socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) =>
      connections.take(
        socket,
        (alreadyRead) => {
          if (alreadyRead.length > 0) socket.unshift(alreadyRead);
          for (const listener of byNode) listener.call(server, socket);
        },
        leaving ?? (() => false),
      ),
    );
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(sayWhy(error, port, setting)));
    server.listen({ port, ...(host === undefined ? {} : { host }), reusePort: sharedPort }, resolve);
  });
  const address = server.address() as AddressInfo;

  function close(signal?: AbortSignal): Promise<void> {
    closing ??= new Promise((resolve) => {
      const cut = () => {
        for (const socket of upgraded) socket.destroy();
        connections?.cut();
        server.closeAllConnections();
      };
      const timer = setTimeout(cut, GRACE_MS);
      signal?.addEventListener('abort', cut, { once: true });
      server.close(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cut);
        resolve();
      });
      for (const response of answering) if (!response.headersSent) response.setHeader('connection', 'close');
      server.closeIdleConnections();
      connections?.close();
      if (signal?.aborted) cut();
    });
    return closing;
  }

  return { port: address.port, url: urlOf(address, host), close };
}

function urlOf(address: AddressInfo, host: string | undefined): string {
  const named = host ?? address.address;
  const reachable = named === '::' || named === '0.0.0.0' ? '127.0.0.1' : named;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${address.port}`;
}

function sayWhy(error: NodeJS.ErrnoException, port: number, setting: string): Error {
  if (error.code === 'EADDRINUSE')
    return new Error(`port ${port} is already in use; stop what listens there or give another one with ${setting}`);
  if (error.code === 'EACCES')
    return new Error(`port ${port} may not be opened by this user; give one above 1023 with ${setting}`);
  if (error.code === 'ENOTSUP') return new Error(`this system lets no two processes listen on port ${port}`);
  return new Error(`listen on port ${port}`, { cause: error });
}

import type { Socket } from 'node:net';
import type { ConnectionTaker } from '@corral/runtime';
import { createBodyBuffers, createHeartbeatHead, MOST_HEAD_BYTES, type FastHead } from './heartbeat-head';
import type { Llhttp } from './llhttp';

/** A whole answer, body included: bytes as they go on the wire, without the headers of the connection. */
export interface FastAnswer {
  readonly status: string;
  /** Each line ending in CRLF. */
  readonly headers: string;
  readonly body: string;
}

/** What the fast path works with. */
export interface FastConnectionsOptions {
  readonly llhttp: Llhttp;
  /** The body is there until the call returns, not until the answer is known. */
  readonly answer: (head: FastHead, body: Buffer) => FastAnswer | Promise<FastAnswer>;
  readonly keepAliveTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** A head that comes in more pieces is node:http's. */
const MOST_HEAD_PIECES = 4;
/** What a client may send ahead of its answer before it is read no more. */
const MOST_AHEAD_BYTES = 64 * 1024;
const LOOK_EVERY_MS = 2_500;
const NOTHING = Buffer.alloc(0);

interface Connection {
  /** Since when it waits for what it waits for, `performance.now()`. */
  since: number;
  state: 'idle' | 'head' | 'body' | 'answering';
  timedOut(): void;
  closing(): void;
  readonly socket: Socket;
}

/**
 * Serves plain `POST /v1/heartbeats` on sockets themselves: no request and response objects, one write per answer. The bytes are parsed
 * by llhttp, which is what node:http parses with; whatever is not plain, and whatever llhttp refuses, is handed to node:http whole, from
 * its first byte, and the connection stays there. One request of a connection is answered at a time.
 */
export function createFastConnections(options: FastConnectionsOptions): ConnectionTaker {
  const { llhttp, answer } = options;
  const connections = new Set<Connection>();
  const bodies = createBodyBuffers();
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  const connectionHeaders = createConnectionHeaders(options.keepAliveTimeoutMs);

  function take(socket: Socket, handOver: (alreadyRead: Buffer) => void, leaving: () => boolean): void {
    const head = createHeartbeatHead(llhttp, bodies);
    const parser = llhttp.parser(head);
    let kept: Buffer = NOTHING;
    let pieces = 0;
    let ahead: Buffer = NOTHING;
    let ended = false;
    const connection: Connection = {
      since: performance.now(),
      state: 'idle',
      socket,
      timedOut() {
        socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
        socket.destroySoon();
      },
      closing: () => connection.state === 'idle' && socket.end(),
    };
    connections.add(connection);
    head.begin();
    socket.setNoDelay(true);
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', leave);
    watch();

    function onData(piece: Buffer): void {
      if (connection.state === 'answering') {
        ahead = ahead.length === 0 ? piece : Buffer.concat([ahead, piece]);
        if (ahead.length > MOST_AHEAD_BYTES) socket.pause();
        return;
      }
      read(piece);
    }

    function read(piece: Buffer): void {
      if (connection.state === 'idle') connection.since = performance.now();
      // A head that came in pieces is parsed again as one: then no name and no value is ever in two.
      const bytes = kept.length === 0 ? piece : Buffer.concat([kept, piece]);
      if (connection.state === 'head') parser.reset();
      const parsed = parser.execute(bytes);
      if (parsed.kind === 'complete') {
        kept = NOTHING;
        pieces = 0;
        ahead = bytes.subarray(parsed.used);
        return respond(head.found!, head.taken);
      }
      if (head.found) {
        // Within a body of known length nothing can go wrong.
        if (parsed.kind === 'stopped') return void socket.destroy();
        kept = NOTHING;
        connection.state = 'body';
        return;
      }
      if (parsed.kind === 'stopped' || bytes.length > MOST_HEAD_BYTES || ++pieces > MOST_HEAD_PIECES)
        return giveAway(bytes);
      head.begin();
      // A copy: the piece is a part of a buffer of 64 KB.
      kept = Buffer.from(bytes);
      connection.state = 'head';
    }

    function respond(found: FastHead, body: Buffer): void {
      connection.state = 'answering';
      const said = answer(found, body);
      head.letGo();
      if (said instanceof Promise) void said.then(write);
      else write(said);
    }

    function write(said: FastAnswer): void {
      if (socket.destroyed) return;
      const last = closing || ended || leaving();
      const text = `HTTP/1.1 ${said.status}\r\n${said.headers}${connectionHeaders(last)}\r\n${said.body}`;
      connection.state = 'idle';
      connection.since = performance.now();
      head.begin();
      if (last) return void socket.end(text);
      const flowing = socket.write(text);
      if (ahead.length === 0) return;
      const next = ahead;
      ahead = NOTHING;
      if (socket.isPaused()) socket.resume();
      // Somebody who sends and never reads is not read either.
      if (flowing) read(next);
      else socket.once('drain', () => read(next));
    }

    function giveAway(bytes: Buffer): void {
      socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', leave);
      leave();
      handOver(bytes);
    }

    function onEnd(): void {
      ended = true;
      if (connection.state === 'answering') return;
      // Half a request and no more: what node:http says to it.
      if (connection.state === 'idle') socket.end();
      else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    }

    function onError(): void {
      socket.destroy();
    }

    function leave(): void {
      connections.delete(connection);
      parser.free();
      if (connections.size === 0) clearInterval(timer);
      if (connections.size === 0) timer = undefined;
    }
  }

  /** One timer for all connections. */
  function watch(): void {
    timer ??= setInterval(() => {
      const now = performance.now();
      for (const connection of connections) {
        const waited = now - connection.since;
        if (connection.state === 'idle' && waited > options.keepAliveTimeoutMs) connection.socket.destroy();
        else if (connection.state === 'head' && waited > options.headersTimeoutMs) connection.timedOut();
        else if (connection.state === 'body' && waited > options.requestTimeoutMs) connection.timedOut();
      }
    }, LOOK_EVERY_MS).unref();
  }

  return {
    take,
    close() {
      closing = true;
      for (const connection of connections) connection.closing();
    },
    cut() {
      for (const { socket } of connections) socket.destroy();
    },
  };
}

/** What node:http says of the connection, made once a second. */
function createConnectionHeaders(keepAliveTimeoutMs: number): (last: boolean) => string {
  let second = 0;
  let date = '';
  const stay = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1000)}\r\n`;
  return (last) => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      date = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
    }
    return date + (last ? 'Connection: close\r\n' : stay);
  };
}

import type { Head, HeadListener, Llhttp } from './llhttp';

/** Of a request that the fast path serves: what its handler asks for. */
export interface FastHead {
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly contentLength: number;
}

/** Looks at heads as they are parsed: is this a plain `POST /v1/heartbeats`? */
export interface HeartbeatHead extends HeadListener {
  /** Before each head. */
  begin(): void;
  /** The head, once it is complete and plain; anything else is node:http's. */
  readonly found: FastHead | undefined;
  /** Where the body goes, once the head is found; until {@link letGo}. */
  readonly taken: Buffer;
  /** The body is not needed any more. */
  letGo(): void;
  /** How much of it is there. */
  readonly filled: number;
}

/** Longer bodies cost so much to read that how their head is parsed does not matter. */
export const MOST_FAST_BODY_BYTES = 64 * 1024;

/** node:http refuses a head of 16 KB; a longer one than this it shall judge itself. */
export const MOST_HEAD_BYTES = 8 * 1024;

/** Where bodies are read into. */
export interface BodyBuffers {
  take(bytes: number): Buffer;
  giveBack(buffer: Buffer): void;
}

/**
 * Buffers for bodies of up to 64 KB that are used again. One made for each would be memory outside of the heap, which makes V8 mark all of
 * its heap several times a second.
 */
export function createBodyBuffers(): BodyBuffers {
  const free: Buffer[] = [];
  return {
    take: (bytes) =>
      bytes <= SMALL_BODY_BYTES
        ? Buffer.allocUnsafe(bytes)
        : (free.pop() ?? Buffer.allocUnsafeSlow(MOST_FAST_BODY_BYTES)),
    giveBack(buffer) {
      if (buffer.length === MOST_FAST_BODY_BYTES && free.length < MOST_FREE_BODIES) free.push(buffer);
    },
  };
}

/** Up to so many come from a pool of Node's. */
const SMALL_BODY_BYTES = 4_096;
const MOST_FREE_BODIES = 8;

const PATH = Buffer.from('/v1/heartbeats');
const NONE = Buffer.alloc(0);

/** Names of headers that decide, by length first: one comparison each instead of a string. */
const HEADERS = {
  host: Buffer.from('host'),
  connection: Buffer.from('connection'),
  contentType: Buffer.from('content-type'),
  authorization: Buffer.from('authorization'),
  contentLength: Buffer.from('content-length'),
} as const;
/** With one of these a request is not plain. */
const OTHERS = [
  'expect',
  'upgrade',
  'content-encoding',
  'transfer-encoding',
  'trailer',
  'te',
  'proxy-connection',
  'traceparent',
].map((name) => Buffer.from(name));

type Known = keyof typeof HEADERS;

/**
 * One connection's. A request is plain when it is HTTP/1.1, POST, that path and nothing behind it, keep-alive, with one Host, one
 * Content-Length of 1 to 64 KB, at most one Authorization and Content-Type, and without any header that changes how it is read.
 */
export function createHeartbeatHead(llhttp: Llhttp, bodies: BodyBuffers): HeartbeatHead {
  let plain = true;
  let path = false;
  let field: Known | undefined;
  let valued = false;
  let seen: Partial<Record<Known, true>> = {};
  let length = 0;
  let size = 0;
  let found: FastHead | undefined;
  let room: Buffer = NONE;
  let filled = 0;
  // A connection sends the same headers again and again: the last text is kept, and taken when the bytes are the same.
  const authorization = rememberedText();
  const contentType = rememberedText();
  let authorized: string | undefined;
  let typed: string | undefined;

  return {
    begin() {
      plain = true;
      path = false;
      field = undefined;
      seen = {};
      length = 0;
      size = 0;
      found = undefined;
      authorized = undefined;
      typed = undefined;
    },
    get found() {
      return found;
    },
    get taken() {
      return room.subarray(0, filled);
    },
    letGo() {
      bodies.giveBack(room);
      room = NONE;
    },
    get filled() {
      return filled;
    },
    url(from, bytes) {
      size += bytes;
      path = !path && bytes === PATH.length && equals(llhttp.bytes, from, PATH);
      if (!path) plain = false;
    },
    headerName(from, bytes) {
      size += bytes;
      valued = false;
      field = knownHeader(llhttp.bytes, from, bytes);
      if (field !== undefined) {
        if (seen[field]) plain = false;
        seen[field] = true;
      } else if (OTHERS.some((name) => name.length === bytes && equalsIgnoringCase(llhttp.bytes, from, name)))
        plain = false;
    },
    headerValue(from, count) {
      size += count;
      // A value in several pieces, one a line, is none of ours.
      if (valued) plain = false;
      valued = true;
      if (field === undefined) return;
      const { bytes } = llhttp;
      const end = trimmedEnd(bytes, from, count);
      if (field === 'authorization') authorized = authorization(bytes, from, end);
      else if (field === 'contentType') typed = contentType(bytes, from, end);
      else if (field === 'contentLength') length = wholeNumber(bytes, from, end);
      else if (field === 'connection') plain &&= end - from === 10 && equalsIgnoringCase(bytes, from, KEEP_ALIVE);
    },
    headersComplete({ post, version11, upgrade, keepAlive }: Head) {
      const fits = length > 0 && length <= MOST_FAST_BODY_BYTES && size <= MOST_HEAD_BYTES;
      if (!(plain && path && post && version11 && !upgrade && keepAlive && seen.host && seen.contentLength && fits))
        return false;
      found = { authorization: authorized, contentType: typed, contentLength: length };
      room = bodies.take(length);
      filled = 0;
      return true;
    },
    body(from, size) {
      room.set(llhttp.bytes.subarray(from, from + size), filled);
      filled += size;
    },
  };
}

const KEEP_ALIVE = Buffer.from('keep-alive');

function knownHeader(bytes: Uint8Array, from: number, size: number): Known | undefined {
  const name: Known | undefined =
    size === 4
      ? 'host'
      : size === 10
        ? 'connection'
        : size === 12
          ? 'contentType'
          : size === 13
            ? 'authorization'
            : size === 14
              ? 'contentLength'
              : undefined;
  return name !== undefined && equalsIgnoringCase(bytes, from, HEADERS[name]) ? name : undefined;
}

function equals(bytes: Uint8Array, from: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false;
  return true;
}

/** `expected` is in small letters and hyphens. */
function equalsIgnoringCase(bytes: Uint8Array, from: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) {
    const byte = bytes[from + i]!;
    if ((byte >= 65 && byte <= 90 ? byte + 32 : byte) !== expected[i]) return false;
  }
  return true;
}

/** Without spaces and tabs at the end, as Node has it. */
function trimmedEnd(bytes: Uint8Array, from: number, size: number): number {
  let end = from + size;
  while (end > from && (bytes[end - 1] === 32 || bytes[end - 1] === 9)) end--;
  return end;
}

/** The number spelled there; 0 for anything else, or one of more than seven digits. */
function wholeNumber(bytes: Uint8Array, from: number, end: number): number {
  if (end - from > 7) return 0;
  let number = 0;
  for (let at = from; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return 0;
    number = number * 10 + digit;
  }
  return number;
}

function rememberedText(): (bytes: Uint8Array, from: number, end: number) => string {
  let last: Uint8Array = NONE;
  let text = '';
  return (bytes, from, end) => {
    if (last.length === end - from && equals(bytes, from, last)) return text;
    last = bytes.slice(from, end);
    text = Buffer.from(last.buffer).toString('latin1');
    return text;
  };
}

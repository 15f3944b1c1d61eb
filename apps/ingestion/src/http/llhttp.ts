import type llhttpWasm from 'undici/lib/llhttp/llhttp_simd-wasm.js';

/** What is looked at in a head while it is parsed. Offsets are into {@link Llhttp.bytes}, valid during the call only. */
export interface HeadListener {
  url(from: number, length: number): void;
  headerName(from: number, length: number): void;
  headerValue(from: number, length: number): void;
  /** The head is complete; false: stop here, before the body. */
  headersComplete(head: Head): boolean;
  body(from: number, length: number): void;
}

/** What the parser itself knows of a head. */
export interface Head {
  readonly post: boolean;
  readonly version11: boolean;
  readonly upgrade: boolean;
  readonly keepAlive: boolean;
}

/** What came of a piece of a request. */
export type Parsed =
  /** More is to come. */
  | { readonly kind: 'partial' }
  /** A whole request; so many bytes of the piece belong to it. */
  | { readonly kind: 'complete'; readonly used: number }
  /** The listener stopped it, or this is no HTTP. */
  | { readonly kind: 'stopped' };

/** One connection's parser, in request mode. */
export interface RequestParser {
  execute(piece: Uint8Array): Parsed;
  /** Begins anew, as if nothing had been read. */
  reset(): void;
  free(): void;
}

/** The parser inside Node, as the WebAssembly that undici ships. */
export interface Llhttp {
  /** What is being parsed. */
  readonly bytes: Uint8Array;
  parser(listener: HeadListener): RequestParser;
}

const REQUEST = 1;
const POST = 3;
const OK = 0;
const PAUSED = 21;
const PARTIAL: Parsed = { kind: 'partial' };
const STOPPED: Parsed = { kind: 'stopped' };

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(at: number): void;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_reset(parser: number): void;
  llhttp_resume(parser: number): void;
  llhttp_execute(parser: number, at: number, length: number): number;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_method(parser: number): number;
  llhttp_get_http_major(parser: number): number;
  llhttp_get_http_minor(parser: number): number;
}

// Without the types of a browser nobody describes it.
const engine = (
  globalThis as unknown as {
    readonly WebAssembly: {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
    };
  }
).WebAssembly;

/** Instantiates it: 2 ms, and 200 KB. */
export function instantiateLlhttp(wasm: typeof llhttpWasm): Llhttp {
  let current: HeadListener;
  let completed = false;
  let bytes = new Uint8Array();

  const instance = new engine.Instance(new engine.Module(wasm), {
    env: {
      wasm_on_message_begin: () => OK,
      wasm_on_status: () => OK,
      wasm_on_url: (_parser: number, at: number, length: number) => {
        current.url(at, length);
        return OK;
      },
      wasm_on_header_field: (_parser: number, at: number, length: number) => {
        current.headerName(at, length);
        return OK;
      },
      wasm_on_header_value: (_parser: number, at: number, length: number) => {
        current.headerValue(at, length);
        return OK;
      },
      wasm_on_headers_complete: (parser: number, _status: number, upgrade: number, keepAlive: number) =>
        current.headersComplete({
          post: llhttp.llhttp_get_method(parser) === POST,
          version11: llhttp.llhttp_get_http_major(parser) === 1 && llhttp.llhttp_get_http_minor(parser) === 1,
          upgrade: upgrade === 1,
          keepAlive: keepAlive === 1,
        })
          ? OK
          : PAUSED,
      wasm_on_body: (_parser: number, at: number, length: number) => {
        current.body(at, length);
        return OK;
      },
      wasm_on_message_complete: () => {
        completed = true;
        return PAUSED;
      },
    },
  });
  const llhttp = instance.exports as Exports;
  let room = 0;
  let scratch = 0;

  function place(piece: Uint8Array): void {
    if (piece.length > room) {
      if (scratch !== 0) llhttp.free(scratch);
      room = Math.ceil(piece.length / 65_536) * 65_536;
      scratch = llhttp.malloc(room);
    }
    // Memory that grew is another buffer.
    if (bytes.buffer !== llhttp.memory.buffer) bytes = new Uint8Array(llhttp.memory.buffer);
    bytes.set(piece, scratch);
  }

  return {
    get bytes() {
      return bytes;
    },
    parser(listener) {
      const parser = llhttp.llhttp_alloc(REQUEST);
      return {
        execute(piece) {
          place(piece);
          current = listener;
          completed = false;
          const result = llhttp.llhttp_execute(parser, scratch, piece.length);
          if (completed) {
            const used = llhttp.llhttp_get_error_pos(parser) - scratch;
            llhttp.llhttp_resume(parser);
            return { kind: 'complete', used };
          }
          return result === OK ? PARTIAL : STOPPED;
        },
        reset: () => llhttp.llhttp_reset(parser),
        free: () => llhttp.llhttp_free(parser),
      };
    },
  };
}

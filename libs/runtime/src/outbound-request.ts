import type { LookupFunction } from 'node:net';
import type { Agent } from 'undici';
import { checkAddress, type CidrList } from './outbound-address';
import { readTarget, resolveName, type ResolveName, type TargetRefusalCode } from './outbound-target';

/** What is sent: always a POST, never followed to anywhere else. */
export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Why there was no answer, in words without addresses. */
export type OutboundErrorCode =
  | TargetRefusalCode
  | 'could_not_resolve'
  | 'could_not_connect'
  | 'tls_failed'
  | 'connection_lost'
  | 'answer_malformed'
  | 'timeout'
  | 'aborted';

/** What came back. Any status is an answer; redirects are answers too. */
export type OutboundAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter?: string;
      /** The first bytes of the body, at most {@link OutboundOptions.maxAnswerBytes}; the rest was never read. */
      readonly body: Buffer;
    }
  | { readonly kind: 'failed'; readonly error: OutboundErrorCode };

export interface OutboundOptions {
  /** The operator's exceptions; see {@link CidrList}. */
  readonly allow: CidrList;
  /** Everything together: resolving, connecting, sending, reading. Default 15,000. */
  readonly timeoutMs?: number;
  /** Default 65,536. */
  readonly maxAnswerBytes?: number;
  /** In place of the machine's resolver. */
  readonly resolve?: ResolveName;
}

/** Requests to addresses strangers typed. */
export interface Outbound {
  /** Never rejects: every outcome is a value. */
  post(request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer>;
  close(): Promise<void>;
}

/**
 * Opens the way out. A name is resolved once per connection, all its addresses are judged, and the socket is handed the judged list:
 * there is no second resolution that could answer otherwise (rebinding). A literal never reaches a lookup, so it is judged before.
 * The idea is that of PostHog's `nodejs/src/utils/request.ts`. undici is loaded with the first request, not before.
 */
export function createOutbound(options: OutboundOptions): Outbound {
  const timeoutMs = options.timeoutMs ?? 15_000;
  const maxAnswerBytes = options.maxAnswerBytes ?? 65_536;
  let agents: Promise<{ request: typeof import('undici').request; wide: Agent; narrow: Agent }> | undefined;
  const open = () => (agents ??= openAgents(options.allow, options.resolve ?? resolveName));

  return {
    async post(request, signal) {
      const target = readTarget(request.url, options.allow);
      if (target.kind === 'refused') return { kind: 'failed', error: target.code };
      if (signal.aborted) return { kind: 'failed', error: 'aborted' };
      const stop = new AbortController();
      const cancel = () => stop.abort();
      signal.addEventListener('abort', cancel, { once: true });
      const timer = setTimeout(cancel, timeoutMs);
      try {
        const { request: send, wide, narrow } = await open();
        const answer = await send(target.url, {
          method: 'POST',
          headers: request.headers,
          body: request.body,
          dispatcher: target.onlyAllowed ? narrow : wide,
          signal: stop.signal,
        });
        const retryAfter = answer.headers['retry-after'];
        return {
          kind: 'answered',
          status: answer.statusCode,
          ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
          body: await readSome(answer.body, maxAnswerBytes),
        };
      } catch (error) {
        if (stop.signal.aborted) return { kind: 'failed', error: signal.aborted ? 'aborted' : 'timeout' };
        return { kind: 'failed', error: wordFor(error) };
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
      }
    },
    async close() {
      if (agents === undefined) return;
      const { wide, narrow } = await agents;
      await Promise.all([wide.destroy(), narrow.destroy()]);
    },
  };
}

async function openAgents(allow: CidrList, resolve: ResolveName) {
  const { Agent, request } = await import('undici');
  const agent = (onlyAllowed: boolean) =>
    new Agent({
      connect: { lookup: checkedLookup(allow, onlyAllowed, resolve), timeout: 10_000 },
      // The total time is the judge; a socket is not kept long enough to meet the receiver's own timeout half-way.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 2_000,
      keepAliveMaxTimeout: 10_000,
    });
  return { request, wide: agent(false), narrow: agent(true) };
}

class AddressRefused extends Error {
  readonly code = 'CORRAL_ADDRESS_REFUSED';
}

function checkedLookup(allow: CidrList, onlyAllowed: boolean, resolve: ResolveName): LookupFunction {
  return (name, options, done) => {
    resolve(name).then(
      (addresses) => {
        const good =
          addresses.length > 0 && addresses.every(({ address }) => isGood(checkAddress(address, allow), onlyAllowed));
        if (!good) return done(new AddressRefused('an address of the name is not allowed'), '', 0);
        const wanted =
          options.family === 4 || options.family === 6
            ? addresses.filter((a) => a.family === options.family)
            : addresses;
        if (options.all) return done(null, [...wanted]);
        done(null, wanted[0]?.address ?? '', wanted[0]?.family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    );
  };
}

function isGood(verdict: ReturnType<typeof checkAddress>, onlyAllowed: boolean): boolean {
  return verdict === 'allowed' || (verdict === 'global' && !onlyAllowed);
}

/** The status has been said; a body that drips, lies about its length or never ends changes nothing about it. */
async function readSome(body: AsyncIterable<Buffer> & { destroy(): unknown }, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk.subarray(0, most - length));
      length += chunk.length;
      if (length >= most) break; // ends the iteration, which destroys the socket
    }
  } catch {
    body.destroy();
  }
  return Buffer.concat(chunks);
}

function wordFor(error: unknown): OutboundErrorCode {
  const { code = '' } = error as { code?: string };
  if (code === 'CORRAL_ADDRESS_REFUSED') return 'address_not_allowed';
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'could_not_resolve';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') return 'connection_lost';
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' || code.startsWith('UND_ERR_RES'))
    return 'answer_malformed';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH/.test(code)) return 'tls_failed';
  return 'could_not_connect';
}

import type { IncomingMessage, RequestListener } from 'node:http';
import { HEARTBEATS_TOPIC } from '@corral/contracts';
import type { EventLog } from '@corral/messaging';
import { ATTRIBUTES, explain, Problem, SPANS, tracer, type Logger, type Metrics, type Span } from '@corral/runtime';
import { acceptHeartbeats, itemsOf, recordOf } from '../accept';
import type { Directory, Identity } from '../directory/directory';
import type { FleetLimits } from '../fleet-limits';
import type { InFlight, Passage } from '../in-flight';
import { nothingAccepted, sendAnswer, type HeartbeatsAnswer } from './answer';
import { bearerCredential } from './authorization';
import { parseJson } from './parse-json';
import { isGzip, readBody } from './read-body';
import { retryAfterSeconds } from './retry-after';

/** The path this handler answers. */
export const HEARTBEATS_PATH = '/v1/heartbeats';

/** The largest body, inflated. */
export const MOST_BODY_BYTES = 1024 * 1024;

const SCOPE = 'heartbeats:write';
/** The log settles within 8 s by itself; this is for one that does not. Devices wait 15 s. */
const APPEND_WITHIN_MS = 9_000;
/** What a body of unknown length is taken for until it is read. */
const USUAL_BODY_BYTES = 64 * 1024;

/** What the handler needs. */
export interface HeartbeatsHandlerOptions {
  readonly log: Pick<EventLog, 'append' | 'reachable'>;
  readonly directory: Pick<Directory, 'identify'>;
  readonly inFlight: InFlight;
  readonly fleetLimits: FleetLimits;
  readonly maxAgeMs: number;
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Aborted once we are closing: whoever still has a connection open is told to come back. */
  readonly signal: AbortSignal;
}

/** `POST /v1/heartbeats`: 2xx only after the log said durable. */
export function createHeartbeatsHandler(options: HeartbeatsHandlerOptions): RequestListener {
  const { log, directory, inFlight, fleetLimits, maxAgeMs, clock, random, logger, metrics, signal } = options;
  const requests = metrics.counter('corral_ingestion_requests_total');
  const seconds = metrics.histogram('corral_ingestion_request_seconds');
  const acceptedTotal = metrics.counter('corral_heartbeats_accepted_total');
  const rejectedTotal = metrics.counter('corral_heartbeats_rejected_total');
  const shiftedTotal = metrics.counter('corral_clock_shifted_total');
  const rolledOverTotal = metrics.counter('corral_week_rollover_total');
  let logAnswers = true;

  return (request, response) => {
    const started = performance.now();
    const span = tracer.enter(SPANS.heartbeats, request.headers.traceparent as string | undefined, aboutRequest);
    void tracer
      .within(span, () => answer(request, span))
      .catch((error: unknown) => {
        logger.error({ err: error }, 'a request failed for a reason of ours');
        return new Problem(500, 'internal', 'Something went wrong on our side.');
      })
      .then((said) => {
        sendAnswer(response, said);
        requests.inc(
          said instanceof Problem ? { status: said.status, code: said.code } : { status: 202, code: 'accepted' },
        );
        seconds.observe((performance.now() - started) / 1000, undefined, span?.traceparent);
        endSpan(span, said, started);
      });
  };

  async function answer(request: IncomingMessage, span: Span | undefined): Promise<HeartbeatsAnswer | Problem> {
    if (signal.aborted) return later('stopping', 'This instance is stopping; another one will answer.');
    const unfit = checkHead(request);
    if (unfit) return unfit;
    const sender = await authenticate(request);
    if (sender instanceof Problem) return sender;
    const passage = inFlight.enter(declaredBytes(request) ?? USUAL_BODY_BYTES);
    if (!passage) return later('overloaded', 'More is in flight than fits; nothing of this request was taken.');
    try {
      return await take(request, sender, passage, span);
    } finally {
      passage.leave();
    }
  }

  async function authenticate(request: IncomingMessage): Promise<Identity | Problem> {
    const credential = bearerCredential(request.headers.authorization);
    if (credential === undefined) return unauthenticated('Send an API key as Authorization: Bearer …');
    const found = await directory.identify(credential);
    if (found.kind === 'unavailable') return later('directory_unavailable', 'It cannot be told just now who you are.');
    if (found.kind === 'busy')
      return new Problem(429, 'too_many_unknown_keys', 'Too many unknown keys at once.', { headers: retryAfter() });
    if (found.kind === 'unknown')
      return unauthenticated('The key is unknown, expired or revoked.', ', error="invalid_token"');
    if (found.identity.scopes.includes(SCOPE)) return found.identity;
    const challenge = { 'www-authenticate': `Bearer realm="corral", error="insufficient_scope", scope="${SCOPE}"` };
    return new Problem(403, 'scope_missing', `The key lacks the scope ${SCOPE}.`, { headers: challenge });
  }

  async function take(
    request: IncomingMessage,
    sender: Identity,
    passage: Passage,
    span: Span | undefined,
  ): Promise<HeartbeatsAnswer | Problem> {
    const body = await readBody(request, MOST_BODY_BYTES);
    if (body.kind === 'refused') return body.code === 'body_too_large' ? tooLarge() : unreadable(body.code);
    const json = parseJson(body.bytes);
    if (json.kind === 'refused') return new Problem(400, json.code, json.detail);
    const found = itemsOf(json.value);
    if (found.kind === 'refused')
      return found.code === 'too_many_heartbeats'
        ? new Problem(413, found.code, found.detail)
        : nothingAccepted(found.code, found.detail);
    const { items } = found;
    if (!passage.resize(items.length, body.bytes.length))
      return later('overloaded', 'More is in flight than fits; nothing of this request was taken.');
    const waitSeconds = fleetLimits.take(sender.fleetId, items.length);
    if (waitSeconds !== undefined)
      return new Problem(429, 'fleet_limit_exceeded', 'The fleet sends more heartbeats than it may.', {
        headers: retryAfter(waitSeconds),
      });

    const { reports, rejected, weekRollovers } = acceptHeartbeats(items, { ...sender, receivedAt: clock(), maxAgeMs });
    for (const { code } of rejected) rejectedTotal.inc({ code });
    if (weekRollovers > 0) rolledOverTotal.inc({}, weekRollovers);
    if (reports.length === 0)
      return nothingAccepted(
        'no_acceptable_heartbeat',
        'None of the heartbeats is acceptable.',
        rejected,
        json.value === items[0],
      );
    span?.set({ [ATTRIBUTES.fleet]: sender.fleetId, [ATTRIBUTES.items]: reports.length });
    if (!(await append(reports.map((report) => recordOf(report, span?.traceparent)))))
      return later('log_unavailable', 'Nothing can be kept durably just now; nothing of this request counts as taken.');
    acceptedTotal.inc({}, reports.length);
    const shifted = reports.filter(({ flags }) => flags.includes('clock_future')).length;
    if (shifted > 0) shiftedTotal.inc({}, shifted);
    return { accepted: reports.length, rejected };
  }

  /** Whether all of it is durable. When it may not be, the resend makes a harmless copy. */
  async function append(records: Parameters<EventLog['append']>[1]): Promise<boolean> {
    if (!log.reachable()) return false;
    const deadline = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = new Error(`no answer of the log within ${APPEND_WITHIN_MS / 1000} s`);
        reject(error);
        deadline.abort(error);
      }, APPEND_WITHIN_MS);
    });
    try {
      await Promise.race([log.append(HEARTBEATS_TOPIC, records, deadline.signal), late]);
      if (!logAnswers) logger.info('the log takes heartbeats again');
      logAnswers = true;
      return true;
    } catch (error) {
      if (logAnswers) logger.warn({ reason: explain(error) }, 'the log takes no heartbeats, answering 503');
      logAnswers = false;
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  function later(code: string, detail: string): Problem {
    return new Problem(503, code, detail, { headers: retryAfter() });
  }

  function retryAfter(waitSeconds = retryAfterSeconds(random())): Record<string, string> {
    return { 'retry-after': String(waitSeconds) };
  }
}

function aboutRequest() {
  return { kind: 'server', attributes: { [ATTRIBUTES.method]: 'POST', [ATTRIBUTES.route]: HEARTBEATS_PATH } } as const;
}

/** A failure of ours is seen whether or not the request was sampled. */
function endSpan(span: Span | undefined, said: HeartbeatsAnswer | Problem, started: number): void {
  const status = said instanceof Problem ? said.status : 202;
  if (status < 500 && span === undefined) return;
  const seen =
    span ?? tracer.notice(SPANS.heartbeats, () => ({ ...aboutRequest(), startedAt: performance.timeOrigin + started }));
  seen?.set({ [ATTRIBUTES.status]: status });
  seen?.end(status >= 500 ? (said as Problem).code : undefined);
}

/** What can be refused without asking who it is. */
function checkHead(request: IncomingMessage): Problem | undefined {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== HEARTBEATS_PATH) return new Problem(404, 'not_found', 'There is nothing here.');
  if (request.method !== 'POST')
    return new Problem(405, 'method_not_allowed', 'Heartbeats are sent with POST.', { headers: { allow: 'POST' } });
  const declared = declaredBytes(request);
  if (declared === 0) return undefined;
  if (!isJson(request.headers['content-type']))
    return new Problem(415, 'unsupported_media_type', 'Send application/json in UTF-8.');
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity' && !isGzip(request))
    return new Problem(415, 'encoding_unsupported', 'Send the body as it is, or with Content-Encoding: gzip.');
  if (declared !== undefined && declared > MOST_BODY_BYTES) return tooLarge();
  return undefined;
}

/** How long the body says it is; undefined when it comes in chunks or inflates to something longer. */
function declaredBytes(request: IncomingMessage): number | undefined {
  if (request.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(request.headers['content-length'] ?? 0);
}

function isJson(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (type !== 'application/json') return false;
  return parameters.every((parameter) => !parameter.startsWith('charset=') || /^charset="?utf-?8"?$/.test(parameter));
}

function tooLarge(): Problem {
  return new Problem(413, 'body_too_large', 'A body is at most 1 MiB, inflated.');
}

function unreadable(code: 'body_not_gzip' | 'body_incomplete'): Problem {
  return new Problem(400, code, code === 'body_not_gzip' ? 'The body is not gzip.' : 'The body ended early.');
}

function unauthenticated(detail: string, reason = ''): Problem {
  return new Problem(401, 'unauthenticated', detail, {
    headers: { 'www-authenticate': `Bearer realm="corral"${reason}` },
  });
}

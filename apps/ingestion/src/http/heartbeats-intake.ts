import { HEARTBEATS_TOPIC } from '@corral/contracts';
import type { AppendRecord, EventLog, PackedRecords } from '@corral/messaging';
import { ATTRIBUTES, explain, Problem, SPANS, tracer, type Logger, type Metrics, type Span } from '@corral/runtime';
import { acceptHeartbeats, itemsOf, recordOf } from '../accept';
import type { Directory, Identification, Identity } from '../directory/directory';
import type { DeviceLimits } from '../device-limits';
import type { FleetLimits } from '../fleet-limits';
import type { InFlight, Passage } from '../in-flight';
import { createPlainReader } from '../plain-heartbeats';
import { nothingAccepted, type HeartbeatsAnswer } from './answer';
import { bearerCredential } from './authorization';
import { createDeadlineSignals } from './deadline-signals';
import { parseJson } from './parse-json';
import { retryAfterSeconds } from './retry-after';

/** The path that is answered. */
export const HEARTBEATS_PATH = '/v1/heartbeats';

/** The largest body, inflated. */
export const MOST_BODY_BYTES = 1024 * 1024;

const SCOPE = 'heartbeats:write';
/** The log settles within 8 s by itself; this is for one that does not. Devices wait 15 s. */
const APPEND_WITHIN_MS = 9_000;

/** What the intake needs. */
export interface HeartbeatsIntakeOptions {
  readonly log: Pick<EventLog, 'append' | 'reachable'>;
  readonly directory: Pick<Directory, 'identify'>;
  readonly inFlight: InFlight;
  readonly deviceLimits: DeviceLimits;
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

/** A request that may come in: who sends it, and its share of what is in flight. */
export interface Admission {
  readonly sender: Identity;
  readonly passage: Passage;
}

/** What is decided about a request, whichever server read it. Answers at once where nothing has to be waited for. */
export interface HeartbeatsIntake {
  /** May this sender bring so many bytes in just now? */
  admit(authorization: string | undefined, bytes: number): Admission | Problem | Promise<Admission | Problem>;
  /** The heartbeats in a body, durable in the log or refused. Whoever calls it ends the passage afterwards. */
  take(
    admission: Admission,
    body: Buffer,
    span?: Span,
  ): HeartbeatsAnswer | Problem | Promise<HeartbeatsAnswer | Problem>;
  /** The span of a request, where it is sampled. */
  traced(traceparent: string | undefined): Span | undefined;
  /** Counts an answer, by when its request began (`performance.now()`), and ends its span. */
  answered(said: HeartbeatsAnswer | Problem, started: number, span: Span | undefined): void;
  /** The answer to a request that failed for a reason of ours. */
  failed(error: unknown): Problem;
  /** While closing: the answer to whoever still asks. */
  stopping(): Problem | undefined;
}

/** The intake over what it needs; opens nothing. */
export function createHeartbeatsIntake(options: HeartbeatsIntakeOptions): HeartbeatsIntake {
  const { log, directory, inFlight, deviceLimits, fleetLimits, maxAgeMs, clock, random, logger, metrics, signal } =
    options;
  const requests = metrics.counter('corral_ingestion_requests_total');
  const seconds = metrics.histogram('corral_ingestion_request_seconds');
  const acceptedTotal = metrics.counter('corral_heartbeats_accepted_total');
  const rejectedTotal = metrics.counter('corral_heartbeats_rejected_total');
  const shiftedTotal = metrics.counter('corral_clock_shifted_total');
  const rolledOverTotal = metrics.counter('corral_week_rollover_total');
  const deadlines = createDeadlineSignals(APPEND_WITHIN_MS);
  const readPlain = createPlainReader();
  let logAnswers = true;

  function admit(authorization: string | undefined, bytes: number): Admission | Problem | Promise<Admission | Problem> {
    const credential = bearerCredential(authorization);
    if (credential === undefined)
      return unauthenticated('Send an API key or a device token as Authorization: Bearer …');
    const found = directory.identify(credential);
    return found instanceof Promise ? found.then((it) => enter(it, bytes)) : enter(found, bytes);
  }

  function enter(found: Identification, bytes: number): Admission | Problem {
    const sender = senderOf(found);
    if (sender instanceof Problem) return sender;
    const tooSoon = sender.vehicleId === undefined ? undefined : refuseSoon(sender.fleetId, sender.vehicleId);
    if (tooSoon) return tooSoon;
    const passage = inFlight.enter(bytes);
    return passage ? { sender, passage } : overloaded();
  }

  function senderOf(found: Identification): Identity | Problem {
    if (found.kind === 'unavailable') return later('directory_unavailable', 'It cannot be told just now who you are.');
    if (found.kind === 'busy')
      return new Problem(429, 'too_many_unknown_keys', 'Too many unknown keys at once.', { headers: retryAfter() });
    if (found.kind === 'unknown')
      return unauthenticated('The key or token is unknown, expired or revoked.', ', error="invalid_token"');
    if (found.identity.scopes.includes(SCOPE)) return found.identity;
    const challenge = { 'www-authenticate': `Bearer realm="corral", error="insufficient_scope", scope="${SCOPE}"` };
    return new Problem(403, 'scope_missing', `The key lacks the scope ${SCOPE}.`, { headers: challenge });
  }

  /** The answer to a device that sends too often. */
  function refuseSoon(fleetId: string, vehicleId: string): Problem | undefined {
    const waitSeconds = deviceLimits.take(fleetId, vehicleId);
    if (waitSeconds === undefined) return undefined;
    return new Problem(429, 'device_limit_exceeded', 'The device sends more requests than it may.', {
      headers: retryAfter(waitSeconds),
    });
  }

  function take(
    { sender, passage }: Admission,
    body: Buffer,
    span?: Span,
  ): HeartbeatsAnswer | Problem | Promise<HeartbeatsAnswer | Problem> {
    const receivedAt = clock();
    const context = { fleetId: sender.fleetId, vehicleId: sender.vehicleId, receivedAt, maxAgeMs };
    const plain = readPlain(body, context, span?.traceparent);
    if (plain) {
      const refused = refuseMore(sender, passage, plain.count, body.length);
      if (refused) plain.letGo();
      return refused ?? keep(sender, plain.records, { accepted: plain.count, rejected: NONE }, 0, span, plain.letGo);
    }

    const json = parseJson(body);
    if (json.kind === 'refused') return new Problem(400, json.code, json.detail);
    const found = itemsOf(json.value);
    if (found.kind === 'refused')
      return found.code === 'too_many_heartbeats'
        ? new Problem(413, found.code, found.detail)
        : nothingAccepted(found.code, found.detail);
    const { items } = found;
    const refused = refuseMore(sender, passage, items.length, body.length);
    if (refused) return refused;

    const { reports, rejected, weekRollovers } = acceptHeartbeats(items, context);
    for (const { code } of rejected) rejectedTotal.inc({ code });
    if (weekRollovers > 0) rolledOverTotal.inc({}, weekRollovers);
    if (reports.length === 0)
      return nothingAccepted(
        'no_acceptable_heartbeat',
        'None of the heartbeats is acceptable.',
        rejected,
        json.value === items[0],
      );
    let shifted = 0;
    for (const { flags } of reports) if (flags.length > 0 && flags.includes('clock_future')) shifted++;
    const traceparent = span?.traceparent;
    const records = reports.map((report) => recordOf(report, traceparent));
    return keep(sender, records, { accepted: reports.length, rejected }, shifted, span);
  }

  /** The answer to more than may come in just now. */
  function refuseMore(sender: Identity, passage: Passage, count: number, bytes: number): Problem | undefined {
    if (!passage.resize(count, bytes)) return overloaded();
    const waitSeconds = fleetLimits.take(sender.fleetId, count);
    if (waitSeconds === undefined) return undefined;
    return new Problem(429, 'fleet_limit_exceeded', 'The fleet sends more heartbeats than it may.', {
      headers: retryAfter(waitSeconds),
    });
  }

  /** The answer once the records are durable, or may not be. */
  function keep(
    sender: Identity,
    records: readonly AppendRecord[] | PackedRecords,
    answer: HeartbeatsAnswer,
    shifted: number,
    span: Span | undefined,
    letGo?: () => void,
  ): Promise<HeartbeatsAnswer | Problem> {
    span?.set({ [ATTRIBUTES.fleet]: sender.fleetId, [ATTRIBUTES.items]: answer.accepted });
    return append(records).then((durable) => {
      if (!durable)
        return later(
          'log_unavailable',
          'Nothing can be kept durably just now; nothing of this request counts as taken.',
        );
      // Only then: what may not be durable may still be sent again.
      letGo?.();
      acceptedTotal.inc(undefined, answer.accepted);
      if (shifted > 0) shiftedTotal.inc({}, shifted);
      return answer;
    });
  }

  /** Whether all of it is durable. When it may not be, the resend makes a harmless copy. */
  function append(records: readonly AppendRecord[] | PackedRecords): Promise<boolean> {
    if (!log.reachable()) return NOT_DURABLE;
    const deadline = deadlines.next();
    return new Promise((resolve) => {
      const failed = (error: unknown) => {
        deadline.waiting.delete(failed);
        if (logAnswers) logger.warn({ reason: explain(error) }, 'the log takes no heartbeats, answering 503');
        logAnswers = false;
        resolve(false);
      };
      deadline.waiting.add(failed);
      log.append(HEARTBEATS_TOPIC, records, deadline.signal).then(() => {
        deadline.waiting.delete(failed);
        if (!logAnswers) logger.info('the log takes heartbeats again');
        logAnswers = true;
        resolve(true);
      }, failed);
    });
  }

  function overloaded(): Problem {
    return later('overloaded', 'More is in flight than fits; nothing of this request was taken.');
  }

  function later(code: string, detail: string): Problem {
    return new Problem(503, code, detail, { headers: retryAfter() });
  }

  function retryAfter(waitSeconds = retryAfterSeconds(random())): Record<string, string> {
    return { 'retry-after': String(waitSeconds) };
  }

  return {
    admit,
    take,
    traced: (traceparent) => tracer.enter(SPANS.heartbeats, traceparent, aboutRequest),
    answered(said, started, span) {
      requests.inc(said instanceof Problem ? { status: said.status, code: said.code } : ACCEPTED);
      seconds.observe((performance.now() - started) / 1000, undefined, span?.traceparent);
      endSpan(span, said, started);
    },
    failed(error) {
      logger.error({ err: error }, 'a request failed for a reason of ours');
      return new Problem(500, 'internal', 'Something went wrong on our side.');
    },
    stopping: () =>
      signal.aborted ? later('stopping', 'This instance is stopping; another one will answer.') : undefined,
  };
}

const ACCEPTED = { status: 202, code: 'accepted' } as const;
const NOT_DURABLE = Promise.resolve(false);
const NONE = [] as const;

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

function unauthenticated(detail: string, reason = ''): Problem {
  return new Problem(401, 'unauthenticated', detail, {
    headers: { 'www-authenticate': `Bearer realm="corral"${reason}` },
  });
}

import type { IncomingMessage, RequestListener } from 'node:http';
import { Problem, tracer, type Span } from '@corral/runtime';
import { sendAnswer, type HeartbeatsAnswer } from './answer';
import { HEARTBEATS_PATH, MOST_BODY_BYTES, type HeartbeatsIntake } from './heartbeats-intake';
import { isJson } from './is-json';
import { isGzip, readBody } from './read-body';

/** What a body of unknown length is taken for until it is read. */
const USUAL_BODY_BYTES = 64 * 1024;

/** `POST /v1/heartbeats` over node:http: 2xx only after the log said durable. */
export function createHeartbeatsHandler(intake: HeartbeatsIntake): RequestListener {
  return (request, response) => {
    const started = performance.now();
    const span = intake.traced(request.headers.traceparent as string | undefined);
    void tracer
      .within(span, () => answer(request, span))
      .catch((error: unknown) => intake.failed(error))
      .then((said) => {
        sendAnswer(response, said);
        intake.answered(said, started, span);
      });
  };

  async function answer(request: IncomingMessage, span: Span | undefined): Promise<HeartbeatsAnswer | Problem> {
    const unfit = intake.stopping() ?? checkHead(request);
    if (unfit) return unfit;
    const admitted = await intake.admit(request.headers.authorization, declaredBytes(request) ?? USUAL_BODY_BYTES);
    if (admitted instanceof Problem) return admitted;
    try {
      const body = await readBody(request, MOST_BODY_BYTES);
      if (body.kind === 'refused') return body.code === 'body_too_large' ? tooLarge() : unreadable(body.code);
      return await intake.take(admitted, body.bytes, span);
    } finally {
      admitted.passage.leave();
    }
  }
}

/** What can be refused without asking who it is. */
function checkHead(request: IncomingMessage): Problem | undefined {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== HEARTBEATS_PATH) return new Problem(404, 'not_found', 'There is nothing here.');
  if (request.method !== 'POST')
    return new Problem(405, 'method_not_allowed', 'Heartbeats are sent with POST.', { headers: { allow: 'POST' } });
  const declared = declaredBytes(request);
  if (declared === 0) return undefined;
  if (!isJson(request.headers['content-type'])) return notJson();
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity' && !isGzip(request))
    return new Problem(415, 'encoding_unsupported', 'Send the body as it is, or with Content-Encoding: gzip.');
  if (declared !== undefined && declared > MOST_BODY_BYTES) return tooLarge();
  return undefined;
}

/** The answer to a body that does not say it is JSON in UTF-8. */
export function notJson(): Problem {
  return new Problem(415, 'unsupported_media_type', 'Send application/json in UTF-8.');
}

/** How long the body says it is; undefined when it comes in chunks or inflates to something longer. */
function declaredBytes(request: IncomingMessage): number | undefined {
  if (request.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(request.headers['content-length'] ?? 0);
}

function tooLarge(): Problem {
  return new Problem(413, 'body_too_large', 'A body is at most 1 MiB, inflated.');
}

function unreadable(code: 'body_not_gzip' | 'body_incomplete'): Problem {
  return new Problem(400, code, code === 'body_not_gzip' ? 'The body is not gzip.' : 'The body ended early.');
}

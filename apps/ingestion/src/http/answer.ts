import type { ServerResponse } from 'node:http';
import { Problem, sendProblem } from '@corral/runtime';
import type { RejectedItem } from '../accept';

/** What was taken and what was not; the body of a 202. */
export interface HeartbeatsAnswer {
  readonly accepted: number;
  readonly rejected: readonly RejectedItem[];
}

/** Writes the answer: 202 with what was taken, or a problem. */
export function sendAnswer(response: ServerResponse, answer: HeartbeatsAnswer | Problem): void {
  if (answer instanceof Problem) return sendProblem(response, answer);
  if (response.destroyed) return;
  const body = JSON.stringify(answer);
  response.writeHead(202, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Nothing of the request was taken: the same body inside a problem. A lone heartbeat's reason is the problem's. */
export function nothingAccepted(
  code: string,
  detail: string,
  rejected: readonly RejectedItem[] = [],
  alone = false,
): Problem {
  const [only] = rejected;
  const extra = { accepted: 0, rejected };
  if (alone && only) {
    const field = only.field === '' ? {} : { field: only.field, value: only.value };
    return new Problem(400, only.code, only.detail, { ...field, extra });
  }
  return new Problem(400, code, detail, { extra });
}

import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from './logger';
import { Problem, sendProblem } from './problem';

/** Express' last word for errors: problems as they are, what body-parser refuses in our words, anything else 500 without our inside. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error, request, response, _next) => {
    const problem = toProblem(error);
    if (problem.status >= 500 && problem.code === 'internal')
      logger.error(
        { err: error, method: request.method, route: request.route?.path },
        'a request failed for a reason of ours',
      );
    sendProblem(response, problem);
  };
}

/** For what no route knows. */
export const notFound: RequestHandler = () => {
  throw new Problem(404, 'not_found', 'There is nothing here.');
};

/** The problem an error amounts to for the client. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { type, status } = error as { type?: unknown; status?: unknown };
  if (typeof type === 'string') {
    if (type === 'entity.parse.failed' || type === 'request.size.invalid' || type === 'request.aborted')
      return new Problem(400, 'malformed_json', 'The body is not JSON.', { cause: error });
    if (type === 'entity.too.large')
      return new Problem(413, 'body_too_large', 'The body is too large.', { cause: error });
    if (type === 'encoding.unsupported')
      return new Problem(415, 'encoding_unsupported', 'This Content-Encoding is not understood.', { cause: error });
    if (type === 'charset.unsupported')
      return new Problem(415, 'charset_unsupported', 'The body must be in UTF-8.', { cause: error });
  }
  // zlib's errors while inflating have a code and, from body-parser, a status, but no type.
  if (status === 400)
    return new Problem(400, 'malformed_request', 'The request cannot be understood.', { cause: error });
  return new Problem(500, 'internal', 'Something went wrong on our side.', { cause: error });
}

import { STATUS_CODES, type ServerResponse } from 'node:http';

/** What a problem may say beside its code. */
export interface ProblemOptions {
  /** The refused field, as its path in the request. */
  readonly field?: string;
  /** The refused value. */
  readonly value?: unknown;
  /** Members that stand in the problem beside the standard ones. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An answer that says no, as RFC 9457 has it. Thrown by a route, written by {@link sendProblem}. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly field: string | undefined;
  readonly value: unknown;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  /** `code` is a word for programs, `detail` a sentence for people; neither ever names our inside. */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(`${status} ${code}: ${detail}`, { cause: options.cause });
    this.field = options.field;
    this.value = options.value;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }

  /** The body of the answer. */
  toJSON(): Record<string, unknown> {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Problem',
      status: this.status,
      code: this.code,
      detail: this.detail,
      ...(this.field === undefined ? {} : { field: this.field, value: this.value }),
      ...this.extra,
    };
  }
}

/** Writes a problem as the answer. If an answer has already begun there is nothing to say any more: the connection is cut. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    ...problem.headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

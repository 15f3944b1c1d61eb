import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A failure that a person can act on: one sentence, no stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** Nobody was there to answer. */
export class NoAnswer extends CommandFailure {}

/** An answer of the API, whatever its status. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text as it came. */
  readonly body: unknown;
}

/** Talks to a running Corral. */
export interface ApiClient {
  readonly url: string;
  /** Sends a request and gives back any answer. Rejects with {@link NoAnswer} when there is none, and with the reason of an abort. */
  request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<ApiAnswer>;
  /** The same, but an answer other than 2xx is a {@link CommandFailure} with the server's own words. */
  expect<Body>(method: string, path: string, body?: unknown): Promise<Body>;
}

/** Where the server is and who we are: `CORRAL_URL` and `CORRAL_API_KEY`, else what an embedded Corral left in its data folder. */
export function connectApi(env: NodeJS.ProcessEnv): ApiClient {
  const { url, apiKey } = credentials(env);
  async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<ApiAnswer> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(path, url), {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      throw new NoAnswer(`No Corral answers at ${url}. Start one with npm start, or set CORRAL_URL.`, { cause });
    }
    return { status: response.status, headers: response.headers, body: parseOr(text) };
  }
  return {
    url,
    request,
    async expect<Body>(method: string, path: string, body?: unknown) {
      const answer = await request(method, path, body);
      if (answer.status >= 200 && answer.status < 300) return answer.body as Body;
      throw new CommandFailure(`${method} ${path}: ${explain(answer)}`);
    },
  };
}

/** The server's words for a refusal. */
export function explain(answer: ApiAnswer): string {
  const problem = answer.body as { code?: string; detail?: string; field?: string; value?: unknown } | null;
  if (typeof problem !== 'object' || problem === null || problem.code === undefined) return `status ${answer.status}`;
  const field = problem.field === undefined ? '' : ` (${problem.field}: ${JSON.stringify(problem.value)})`;
  return `${problem.detail ?? problem.code}${field} [${answer.status} ${problem.code}]`;
}

function credentials(env: NodeJS.ProcessEnv): { url: string; apiKey: string } {
  const file = join(env.CORRAL_DATA_DIR || '.corral', 'cli.json');
  let kept: { url?: string; apiKey?: string } = {};
  try {
    kept = JSON.parse(readFileSync(file, 'utf8')) as typeof kept;
  } catch {
    // No embedded Corral has run here; the environment has to say it.
  }
  const url = env.CORRAL_URL || kept.url;
  if (url !== undefined && !/^https?:\/\/[^/]/.test(url))
    throw new CommandFailure(`CORRAL_URL must be a URL such as http://127.0.0.1:8080, not ${JSON.stringify(url)}`);
  // The kept key is the kept Corral's: another one must not get to see it.
  const apiKey = env.CORRAL_API_KEY || (url === kept.url ? kept.apiKey : undefined);
  if (url === undefined || apiKey === undefined)
    throw new CommandFailure(
      `Where is Corral, and who are you? Set CORRAL_URL and CORRAL_API_KEY, or run this where ${file} is (an embedded Corral writes it).`,
    );
  return { url, apiKey };
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

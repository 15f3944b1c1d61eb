import { request } from 'node:http';

/** An answer of the API. */
export interface Answer<Body = any> {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Body;
}

/** Speaks HTTP to one base URL with one credential. A connection that breaks is status 0: nobody said yes. */
export interface Api {
  get<Body = any>(path: string): Promise<Answer<Body>>;
  post<Body = any>(path: string, body: unknown): Promise<Answer<Body>>;
  send<Body = any>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  /** Every item of a list, page by page. */
  all<Item = any>(path: string): Promise<Item[]>;
}

/** An API client that hides nothing: no retries, no thrown statuses. */
export function createApi(baseUrl: string | (() => string), apiKey: string): Api {
  const base = typeof baseUrl === 'string' ? () => baseUrl : baseUrl;
  const api: Api = {
    get: (path) => api.send('GET', path),
    post: (path, body) => api.send('POST', path, body),
    send: (method, path, body, headers = {}) =>
      new Promise((resolve) => {
        const sent =
          body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
        const call = request(
          new URL(path, base()),
          {
            method,
            headers: {
              authorization: `Bearer ${apiKey}`,
              ...(sent === undefined
                ? {}
                : { 'content-type': 'application/json', 'content-length': String(sent.length) }),
              ...headers,
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', () => resolve({ status: 0, headers: {}, body: undefined as any }));
            response.on('end', () => {
              if (!response.complete) return resolve({ status: 0, headers: {}, body: undefined as any });
              const text = Buffer.concat(chunks).toString();
              resolve({ status: response.statusCode!, headers: response.headers, body: parse(text) });
            });
          },
        );
        call.setTimeout(20_000, () => call.destroy(new Error('no answer within 20 s')));
        call.on('error', () => resolve({ status: 0, headers: {}, body: undefined as any }));
        call.end(sent);
      }),
    async all(path) {
      const items = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: Answer = await api.get(
          `${path}${path.includes('?') ? '&' : '?'}limit=1000${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        );
        if (page.status !== 200) throw new Error(`list ${path}: ${page.status} ${JSON.stringify(page.body)}`);
        items.push(...page.body.items);
        cursor = page.body.nextCursor ?? null;
      }
      return items;
    },
  };
  return api;
}

function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

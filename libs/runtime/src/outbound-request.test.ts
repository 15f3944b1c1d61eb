import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutbound, type Outbound, type OutboundOptions } from './outbound';

const never = new AbortController().signal;
let server: Server | undefined;
let outbound: Outbound | undefined;

afterEach(async () => {
  await outbound?.close();
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = outbound = undefined;
});

async function receiver(listener: RequestListener): Promise<number> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function post(url: string, options: Partial<OutboundOptions> = {}) {
  outbound = createOutbound({ allow: ['127.0.0.0/8'], ...options });
  return outbound.post({ url, headers: { 'content-type': 'application/json' }, body: '{"a":1}' }, never);
}

const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }];

describe('a request to the outside', () => {
  it('brings the body as it is and the answer back', async () => {
    let seen = '';
    const port = await receiver((request, response) => {
      request.on('data', (chunk) => (seen += chunk));
      request.on('end', () => response.writeHead(503, { 'retry-after': '7' }).end('later'));
    });
    expect(await post(`http://127.0.0.1:${port}/hook`)).toEqual({
      kind: 'answered',
      status: 503,
      retryAfter: '7',
      body: Buffer.from('later'),
    });
    expect(seen).toBe('{"a":1}');
  });

  it('speaks to a name only at the addresses that were judged', async () => {
    const port = await receiver((_request, response) => response.end('ok'));
    expect(await post(`http://hooks.example:${port}/`, { resolve: toLoopback })).toMatchObject({
      kind: 'answered',
      status: 200,
    });
  });

  it('resolves a name once per connection, so that a second answer cannot smuggle another address in', async () => {
    let asked = 0;
    const rebinding = async () => [{ address: asked++ % 2 === 0 ? '93.184.215.14' : '127.0.0.1', family: 4 }];
    const errors: string[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      const answer = await post('https://rebind.example/', { allow: [], resolve: rebinding, timeoutMs: 60 });
      errors.push(answer.kind === 'failed' && answer.error === 'address_not_allowed' ? 'refused' : 'tried in public');
      await outbound?.close();
    }
    expect(asked).toBe(6);
    expect(errors).toEqual(Array.from({ length: 3 }, () => ['tried in public', 'refused']).flat());
  });

  it.each([
    ['https://127.0.0.1/', 'address_not_allowed'],
    ['http://example.com/', 'scheme_not_allowed'],
    ['https://inside.example/', 'address_not_allowed'],
  ])('is refused to %s without any allowance: %s', async (url, error) => {
    expect(await post(url, { allow: [], resolve: toLoopback })).toEqual({ kind: 'failed', error });
  });

  it('does not follow a redirect', async () => {
    const paths: string[] = [];
    const port = await receiver((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await post(`http://127.0.0.1:${port}/hook`)).toMatchObject({ kind: 'answered', status: 307 });
    expect(paths).toEqual(['/hook']);
  });

  it('reads at most the first 64 KB of an endless answer', async () => {
    let stopped = false;
    const port = await receiver((_request, response) => {
      const more = () => {
        while (!stopped && response.write(Buffer.alloc(16_384, 'x')));
      };
      response.on('drain', more).on('close', () => (stopped = true));
      more();
    });
    const answer = await post(`http://127.0.0.1:${port}/`);
    expect(answer).toMatchObject({ kind: 'answered', status: 200 });
    expect(answer.kind === 'answered' && answer.body.length).toBe(65_536);
  });

  it('counts an answer whose body drips by its status, and lets go when the time is over', async () => {
    const port = await receiver((_request, response) => void response.write('1'));
    const answer = await post(`http://127.0.0.1:${port}/`, { timeoutMs: 100 });
    expect(answer).toMatchObject({ kind: 'answered', status: 200, body: Buffer.from('1') });
  });

  it('says in one word why there was no answer', async () => {
    const hanging = await receiver(() => undefined);
    expect(await post(`http://127.0.0.1:${hanging}/`, { timeoutMs: 100 })).toEqual({
      kind: 'failed',
      error: 'timeout',
    });
    await outbound?.close();
    expect(await post(`https://127.0.0.1:${hanging}/`, { timeoutMs: 1_000 })).toMatchObject({ kind: 'failed' });
    await outbound?.close();
    expect(await post('http://127.0.0.1:1/')).toEqual({ kind: 'failed', error: 'could_not_connect' });
    await outbound?.close();
    const lost = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await post('https://nowhere.example/', { resolve: lost })).toEqual({
      kind: 'failed',
      error: 'could_not_resolve',
    });
  });

  it('ends at once when the caller stops', async () => {
    const port = await receiver(() => undefined);
    const stop = new AbortController();
    outbound = createOutbound({ allow: ['127.0.0.0/8'] });
    const answer = outbound.post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '' }, stop.signal);
    setTimeout(() => stop.abort(), 20);
    expect(await answer).toEqual({ kind: 'failed', error: 'aborted' });
  });
});

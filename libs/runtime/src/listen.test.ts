import { once } from 'node:events';
import { Agent, request, type RequestListener, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { createHealth } from './health';
import { listen, type Listening } from './listen';
import { managementHandler } from './management-handler';
import { createMetrics } from './metrics';
import { Problem, sendProblem } from './problem';
import { routeByPrefix } from './route-by-prefix';

const open: Listening[] = [];
async function listening(root: RequestListener): Promise<Listening> {
  const server = await listen(root, { port: 0, host: '127.0.0.1' });
  open.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(AbortSignal.abort())));
});

describe('a server', () => {
  test('a busy port is refused with a sentence that says what to do', async () => {
    const { port } = await listening(() => undefined);
    await expect(listen(() => undefined, { port, host: '127.0.0.1' })).rejects.toThrow(
      new Error(`port ${port} is already in use; stop what listens there or give another one with --port or PORT`),
    );
  });

  test('closing lets a request finish, says Connection: close, and ends idle connections', async () => {
    let answering: ServerResponse | undefined;
    const server = await listening((_request, response) => void (answering = response));
    const idle = connect(server.port, '127.0.0.1');
    await once(idle, 'connect');
    const call = request(server.url).end();
    while (!answering) await new Promise(setImmediate);
    const closed = server.close();
    answering.end('done');
    const [answer] = await once(call, 'response');
    expect(answer.headers.connection).toBe('close');
    answer.resume();
    idle.destroy();
    await closed;
    await server.close();
  });

  test('whoever keeps a connection is asked to go elsewhere as soon as we are about to leave', async () => {
    let leaving = false;
    const server = await listen((_, response) => response.end(), {
      port: 0,
      host: '127.0.0.1',
      leaving: () => leaving,
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const connection = async () => {
      const [answer] = await once(request(server.url, { agent }).end(), 'response');
      answer.resume();
      await once(answer, 'end');
      return answer.headers.connection;
    };
    expect(await connection()).toBe('keep-alive');
    leaving = true;
    expect(await connection()).toBe('close');
    agent.destroy();
    await server.close();
  });

  test('what does not finish is cut when the signal aborts', async () => {
    let asked = false;
    const server = await listening(() => void (asked = true));
    const call = request(server.url).end();
    const failed = once(call, 'error');
    while (!asked) await new Promise(setImmediate);
    await server.close(AbortSignal.abort());
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('routing by prefix', () => {
  const said =
    (name: string): RequestListener =>
    (_request, response) =>
      void response.end(name);
  const root = routeByPrefix(
    [
      { prefix: '/v1/heartbeats', handler: said('heartbeats') },
      { prefix: '/v1/clients/', handler: said('clients') },
    ],
    said('rest'),
  );

  test.each([
    ['/v1/heartbeats', 'heartbeats'],
    ['/v1/heartbeats?x=1', 'heartbeats'],
    ['/v1/heartbeats/', 'heartbeats'],
    ['/v1/heartbeatsies', 'rest'],
    ['/v1/clients/osmand', 'clients'],
    ['/v1/clients', 'rest'],
    ['/', 'rest'],
  ])('%s goes to %s', async (path, wanted) => {
    const { url } = await listening(root);
    expect(await (await fetch(url + path)).text()).toBe(wanted);
  });
});

describe('the management port', () => {
  test('readiness names the reason, liveness does not ask the same', async () => {
    const health = createHealth();
    let reason: string | undefined = 'no directory snapshot yet';
    health.ready('directory', () => reason);
    const { url } = await listening(managementHandler({ health, metrics: createMetrics() }));
    const ask = async (path: string) => {
      const answer = await fetch(url + path);
      return [answer.status, await answer.json()];
    };
    expect(await ask('/readyz')).toEqual([
      503,
      { status: 'unavailable', checks: { process: 'ok', directory: 'no directory snapshot yet' } },
    ]);
    expect(await ask('/livez')).toEqual([200, { status: 'ok', checks: {} }]);
    reason = undefined;
    expect(await ask('/readyz')).toEqual([200, { status: 'ok', checks: { process: 'ok', directory: 'ok' } }]);
    health.setStopping();
    expect(await ask('/readyz')).toEqual([
      503,
      { status: 'unavailable', checks: { process: 'stopping', directory: 'ok' } },
    ]);
    expect((await fetch(`${url}/metrics`)).headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
  });
});

test('a problem is written as RFC 9457 has it, its extra members beside the standard ones', async () => {
  const problem = new Problem(422, 'too_many', 'At most two.', {
    field: 'items',
    value: 3,
    extra: { accepted: 0 },
    headers: { 'retry-after': '7' },
  });
  const { url } = await listening((_request, response) => sendProblem(response, problem));
  const answer = await fetch(url);
  expect(answer.status).toBe(422);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.headers.get('retry-after')).toBe('7');
  expect(await answer.json()).toEqual({
    type: 'about:blank',
    title: 'Unprocessable Entity',
    status: 422,
    code: 'too_many',
    detail: 'At most two.',
    field: 'items',
    value: 3,
    accepted: 0,
  });
});

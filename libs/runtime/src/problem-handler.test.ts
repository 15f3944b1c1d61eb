import express from 'express';
import { listen } from './listen';
import { Problem } from './problem';
import { notFound, problemHandler } from './problem-handler';
import { recordingLogger } from './testing';

const { logger, lines } = recordingLogger();
const app = express();
app.use(express.json({ limit: 100 }));
app.post('/zones', (_request, response) => void response.json({}));
app.get('/refused', () => {
  throw new Problem(409, 'conflict', 'It is there already.');
});
app.get('/broken', () => {
  throw new Error('connect to postgres://me:hunter2@10.0.0.1/x');
});
app.use(notFound);
app.use(problemHandler(logger));

const post = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
});

test.each<[string, string, RequestInit, number, string]>([
  ['a problem thrown by a route', '/refused', {}, 409, 'conflict'],
  ['an unknown path', '/nothing', {}, 404, 'not_found'],
  ['a body that is not JSON', '/zones', post('{"a"'), 400, 'malformed_json'],
  ['a body beyond the limit', '/zones', post(JSON.stringify('x'.repeat(200))), 413, 'body_too_large'],
  ['an unknown encoding', '/zones', post('{}', { 'content-encoding': 'magic' }), 415, 'encoding_unsupported'],
  ['bytes that are not gzip', '/zones', post('{}', { 'content-encoding': 'gzip' }), 400, 'malformed_request'],
  ['an error of ours', '/broken', {}, 500, 'internal'],
])('%s is answered as a problem without our inside', async (_what, path, init, status, code) => {
  const server = await listen(app, { port: 0, host: '127.0.0.1' });
  try {
    const answer = await fetch(server.url + path, init);
    const body = await answer.text();
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code, type: 'about:blank' });
    expect(body).not.toMatch(/10\.0\.0\.1|hunter2|node_modules|position/);
  } finally {
    await server.close(AbortSignal.abort());
  }
});

test('an error of ours is in the log, with its stack and without its password', async () => {
  const line = lines.find(({ level }) => level === 'error');
  expect(line).toMatchObject({
    err: { message: 'connect to postgres://me:***@10.0.0.1/x', stack: expect.stringContaining('problem-handler.test') },
  });
});

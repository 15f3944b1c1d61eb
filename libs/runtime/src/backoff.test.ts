import { retryForever, sleep } from './backoff';
import { recordingLogger } from './testing';

test('a sleeper is woken by the signal, with its reason', async () => {
  const controller = new AbortController();
  const asleep = sleep(60_000, controller.signal);
  controller.abort(new Error('stopping'));
  await expect(asleep).rejects.toThrow('stopping');
  await expect(sleep(60_000, controller.signal)).rejects.toThrow('stopping');
});

test('what fails is tried again until it succeeds, each failure said with its reason', async () => {
  const { logger, lines } = recordingLogger();
  let attempts = 0;
  const attempt = async () => {
    if (++attempts < 3) throw new Error('connection refused');
    return 'connected';
  };
  const answer = await retryForever('reach PostgreSQL', attempt, {
    signal: new AbortController().signal,
    logger,
    minMs: 1,
  });
  expect(answer).toBe('connected');
  expect(lines.map(({ msg, reason }) => [msg, reason])).toEqual([
    ['could not reach PostgreSQL, trying again', 'connection refused'],
    ['could not reach PostgreSQL, trying again', 'connection refused'],
  ]);
});

test('a program told to stop gives up trying', async () => {
  const controller = new AbortController();
  const trying = retryForever('reach PostgreSQL', () => Promise.reject(new Error('no')), {
    signal: controller.signal,
    minMs: 60_000,
  });
  setImmediate(() => controller.abort(new Error('stopping')));
  await expect(trying).rejects.toThrow('stopping');
});

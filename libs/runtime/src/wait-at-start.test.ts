import { createHealth } from './health';
import { recordingLogger } from './testing';
import { waitAtStart, type WaitAtStartOptions } from './wait-at-start';

function options(changes: Partial<WaitAtStartOptions> = {}) {
  const health = createHealth();
  const { logger, lines } = recordingLogger();
  const given = {
    limitMs: 60_000,
    heals: () => true,
    health,
    logger,
    signal: new AbortController().signal,
    ...changes,
  };
  return { given, health, lines };
}

test('a program waits for what is away, not ready and saying for what, and goes on when it is there', async () => {
  const { given, health, lines } = options();
  let attempts = 0;
  const seen: string[] = [];
  const attempt = async () => {
    seen.push(health.answer('/readyz')!.body);
    if (++attempts < 3) throw new Error('connection refused');
    return 'connected';
  };
  expect(await waitAtStart('PostgreSQL', attempt, given)).toBe('connected');
  expect(seen.map((body) => (JSON.parse(body) as { checks: Record<string, string> }).checks.PostgreSQL)).toEqual([
    undefined,
    'waiting for PostgreSQL: connection refused',
    'waiting for PostgreSQL: connection refused',
  ]);
  expect(health.isReady()).toBe(true);
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ['warn', 'not there yet: waiting for it'],
    ['info', 'what was waited for is there'],
  ]);
});

test('without patience the first failure is the end', async () => {
  const { given, lines } = options({ limitMs: 0 });
  const attempt = () => Promise.reject(new Error('connection refused'));
  await expect(waitAtStart('PostgreSQL', attempt, given)).rejects.toThrow('connection refused');
  expect(lines).toEqual([]);
});

test('what no waiting heals is the end at once', async () => {
  const { given } = options({ heals: () => false });
  const attempt = () => Promise.reject(new Error('wrong password'));
  await expect(waitAtStart('PostgreSQL', attempt, given)).rejects.toThrow('wrong password');
});

test('patience ends', async () => {
  const { given } = options({ limitMs: 300 });
  let attempts = 0;
  const attempt = () => Promise.reject(new Error(`refused ${++attempts} times`));
  await expect(waitAtStart('PostgreSQL', attempt, given)).rejects.toThrow(/refused \d times/);
  expect(attempts).toBeGreaterThan(1);
});

test('a program told to stop waits no longer', async () => {
  const controller = new AbortController();
  const { given } = options({ signal: controller.signal });
  const waiting = waitAtStart('PostgreSQL', () => Promise.reject(new Error('no')), given);
  setImmediate(() => controller.abort(new Error('stopping')));
  await expect(waiting).rejects.toThrow('stopping');
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildSync } from 'esbuild';

// A program of its own, bundled as ours are: signals and exit codes can only be seen from outside.
const PROGRAM = `
  import { defineConfig, port, readConfig, runProgram, sleep } from ${JSON.stringify(join(__dirname, 'index.ts'))};
  const spec = defineConfig({ PORT: port({ default: 1, description: 'x' }), OTHER: port({ default: 1, description: 'x' }) });
  const say = (word) => process.stdout.write(word + '\\n');
  void runProgram('example', {
    serve: { help: 'serves', start: async ({ env, closers, health, signal }) => {
      readConfig(spec, env);
      setInterval(() => undefined, 1000);
      signal.addEventListener('abort', () => say('aborted'));
      closers.add('database', () => say('database closed'));
      closers.add('http', () => say('http closed, ' + (health.stopping() ? 'not ready' : 'ready')));
      say('running');
    } },
    busy: { help: 'cannot start', start: async ({ closers }) => {
      closers.add('database', () => say('database closed'));
      throw new Error('open the door', { cause: new Error('it is locked') });
    } },
    hang: { help: 'waits for ever for its start', start: async ({ signal, closers }) => {
      closers.add('database', () => say('database closed'));
      say('running');
      await sleep(60000, signal);
    } },
    stuck: { help: 'cannot be closed', start: async ({ closers }) => {
      setInterval(() => undefined, 1000);
      closers.add('stuck', () => (say('closing'), new Promise(() => undefined)));
      say('running');
    } },
    slow: { help: 'takes its time to close', start: async ({ closers }) => {
      setInterval(() => undefined, 1000);
      closers.add('slow', async () => (await sleep(600), say('slow thing closed')));
      say('running');
    } },
    broken: { help: 'fails later', start: async ({ closers, fail }) => {
      closers.add('database', () => say('database closed'));
      setTimeout(() => fail(new Error('the consumer died')), 1);
    } },
  }, { drainMs: 50, exitWithinMs: 2500 });
`;

let folder: string;
const children: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corral-program-'));
  writeFileSync(join(folder, 'main.ts'), PROGRAM);
  buildSync({
    entryPoints: [join(folder, 'main.ts')],
    outfile: join(folder, 'main.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
});
afterAll(() => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function start(role: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(folder, 'main.cjs'), ...role], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', ...env },
  });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr }));
  const running = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  return { child, running, ended };
}

test('an unknown role is answered with the roles there are, exit 2', async () => {
  const { code, stderr } = await start(['dance']).ended;
  expect(code).toBe(2);
  expect(stderr).toContain('example has no role "dance"; give one of\n  serve   serves\n');
  expect((await start([]).ended).code).toBe(2);
});

test('each mistake of the environment is one line on stderr, exit 1', async () => {
  const { code, stderr } = await start(['serve'], { PORT: 'x', OTHER: 'y' }).ended;
  expect(code).toBe(1);
  expect(stderr).toBe(
    'PORT must be a port number from 0 to 65535, not "x"\nOTHER must be a port number from 0 to 65535, not "y"\n',
  );
});

test('a program that cannot start says why in one line, closes what it opened, exit 1', async () => {
  const { code, stderr, stdout } = await start(['busy']).ended;
  expect({ code, stderr, stdout }).toEqual({
    code: 1,
    stderr: 'open the door: it is locked\n',
    stdout: 'database closed\n',
  });
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: not ready, then what was opened last is closed first, exit 0',
  async (signal) => {
    const program = start(['serve']);
    await program.running;
    program.child.kill(signal);
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(stdout).toBe('running\naborted\nhttp closed, not ready\ndatabase closed\n');
  },
);

test('a program told to stop while it starts gives up starting, exit 0', async () => {
  const program = start(['hang']);
  await program.running;
  program.child.kill('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stdout: 'running\ndatabase closed\n' });
});

test('a second signal ends a program that cannot be closed, exit 1', async () => {
  const program = start(['stuck'], { DRAIN_MS: '0' });
  await program.running;
  const closing = once(program.child.stdout!, 'data');
  program.child.kill('SIGTERM');
  await closing;
  await delay(1_200);
  program.child.kill('SIGTERM');
  expect((await program.ended).code).toBe(1);
});

test('Ctrl-C that npm passes on once more is one wish, and the program closes in good order', async () => {
  const program = start(['slow'], { DRAIN_MS: '0' });
  await program.running;
  program.child.kill('SIGINT');
  await delay(100);
  program.child.kill('SIGINT');
  expect(await program.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('slow thing closed') });
});

test('closing that takes too long ends in a hard exit 1', async () => {
  const program = start(['stuck']);
  await program.running;
  program.child.kill('SIGTERM');
  expect((await program.ended).code).toBe(1);
});

test('a program that can do no more closes what it opened, exit 1', async () => {
  expect(await start(['broken']).ended).toMatchObject({
    code: 1,
    stdout: 'database closed\n',
    stderr: 'the consumer died\n',
  });
});

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { connectDatabase } from '../database';
import { isAlive } from './postmaster-pid';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './start-embedded-postgres';

const project = join(__dirname, '..', '..');
const workshop = join(project, 'test-output', `owner-${process.pid}`);
const program = join(workshop, 'owner-process.cjs');
const folders: string[] = [];
const owners: ChildProcess[] = [];

beforeAll(async () => {
  mkdirSync(workshop, { recursive: true });
  await withServer(join(workshop, 'used'), async () => undefined);
  const esbuild = join(project, '..', '..', 'node_modules', '.bin', 'esbuild');
  const options = ['--bundle', '--platform=node', '--format=cjs', '--external:pg-native', `--outfile=${program}`];
  execFileSync(esbuild, [join(__dirname, 'owner-process.ts'), ...options, '--log-level=warning']);
});

afterAll(async () => {
  for (const owner of owners) owner.kill('SIGKILL');
  for (const folder of folders) {
    const pid = serverPid(folder);
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
    await delay(100);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  rmSync(workshop, { recursive: true, force: true });
});

function aNewFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'corral-embedded-'));
  folders.push(folder);
  return folder;
}

/** A folder that was used and stopped before: quicker than a new one. */
function aFolder(): string {
  const folder = aNewFolder();
  cpSync(join(workshop, 'used', 'pg'), join(folder, 'pg'), { recursive: true });
  return folder;
}

/** Who `postmaster.pid` names. */
function serverPid(folder: string): number | undefined {
  const file = join(folder, 'pg', 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return pid > 0 ? pid : undefined;
}

interface Said {
  readonly event: 'begun' | 'ready' | 'refused' | 'lost' | 'interrupted';
  readonly url: string;
  readonly pid: number;
  readonly adopted: boolean;
  readonly message: string;
}

/** Another process that owns, or wants to own, a folder. */
function anOwner(folder: string) {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  owners.push(child);
  const said: Said[] = [];
  const waiting: ((line: Said) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Said;
    said.push(line);
    for (const notice of waiting.splice(0)) notice(line);
  });
  const ended = once(child, 'exit');
  return {
    pid: child.pid as number,
    ended,
    async says(...events: Said['event'][]): Promise<Said> {
      for (let heard = 0; ;) {
        const line = said[heard++] ?? (await new Promise<Said>((resolve) => waiting.push(resolve)));
        if (heard > said.length) heard = said.length;
        if (events.includes(line.event)) return line;
      }
    },
    async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
      child.kill(signal);
      await ended;
    },
  };
}

async function write(server: { url: string }, word: string): Promise<void> {
  const database = await connectDatabase({ url: server.url, application: 'test', poolSize: 1 });
  await database.query('CREATE TABLE IF NOT EXISTS note (word text)');
  await database.query('INSERT INTO note VALUES ($1)', [word]);
  await database.close();
}

async function words(server: { url: string }): Promise<string[]> {
  const database = await connectDatabase({ url: server.url, application: 'test', poolSize: 1 });
  const { rows } = await database.query<{ word: string }>('SELECT word FROM note ORDER BY word');
  await database.close();
  return rows.map(({ word }) => word);
}

async function withServer<T>(folder: string, use: (server: EmbeddedPostgres) => Promise<T>): Promise<T> {
  const server = await startEmbeddedPostgres({ dataDir: folder });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

test('a folder that was never used gets a database, which is there again after a stop', async () => {
  const folder = aNewFolder();
  const first = await startEmbeddedPostgres({ dataDir: folder });
  process.stdout.write(`PostgreSQL ${first.version}\n`);
  expect(first).toMatchObject({ adopted: false, version: expect.stringMatching(/^18\.\d+$/) });
  await write(first, 'kept');
  await Promise.all([first.stop(), first.stop()]);
  expect(isAlive(first.pid)).toBe(false);
  await withServer(folder, async (second) => {
    expect(second.adopted).toBe(false);
    expect(await words(second)).toEqual(['kept']);
  });
});

test('it listens on no port, and what it says is durable before it says it', async () => {
  await withServer(aFolder(), async (server) => {
    const database = await connectDatabase({ url: server.url, application: 'test' });
    const { rows } = await database.query(
      `SELECT current_setting('listen_addresses') AS listens, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync,
              current_setting('unix_socket_permissions') AS socket`,
    );
    expect(rows).toEqual([{ listens: '', fsync: 'on', sync: 'on', socket: '0700' }]);
    await database.close();
  });
});

test('a server whose owner was killed is adopted, with everything in it', async () => {
  const folder = aFolder();
  const owner = anOwner(folder);
  const left = await owner.says('ready');
  await write(left, 'before the kill');
  await owner.kill();
  expect(isAlive(left.pid)).toBe(true);
  await withServer(folder, async (server) => {
    expect(server).toMatchObject({ adopted: true, pid: left.pid });
    expect(await words(server)).toEqual(['before the kill']);
  });
  expect(isAlive(left.pid)).toBe(false);
});

test('a folder that a live process uses is refused, with that process named, and stays with it', async () => {
  const folder = aFolder();
  const owner = anOwner(folder);
  const ready = await owner.says('ready');
  const second = startEmbeddedPostgres({ dataDir: folder, patience: { held: 500 } });
  await expect(second).rejects.toMatchObject({
    name: 'DataFolderInUse',
    pid: owner.pid,
    message: `the data folder ${folder} is in use by process ${owner.pid}: stop that one first, or use another folder with CORRAL_DATA_DIR`,
  });
  await write(ready, 'still here');
  await owner.kill('SIGTERM');
  expect(isAlive(ready.pid)).toBe(false);
});

test('of several that start at once on a folder that was never used, one gets it', async () => {
  const folder = aNewFolder();
  const several = [anOwner(folder), anOwner(folder), anOwner(folder)];
  const answers = await Promise.all(several.map((owner) => owner.says('ready', 'refused')));
  const winner = several[answers.findIndex(({ event }) => event === 'ready')];
  expect(answers.map(({ event }) => event).sort()).toEqual(['ready', 'refused', 'refused']);
  for (const refused of answers.filter(({ event }) => event === 'refused')) {
    expect(refused.message).toContain(`in use by process ${winner?.pid}`);
  }
  expect(readdirSync(folder).sort()).toEqual(['pg', 'postgres.log']);
  await winner?.kill('SIGTERM');
});

test('one that waits for a folder whose owner is just stopping gets it, on a new server', async () => {
  const folder = aFolder();
  const owner = anOwner(folder);
  const ready = await owner.says('ready');
  const next = anOwner(folder);
  await next.says('begun');
  await delay(300);
  await owner.kill('SIGTERM');
  const taken = await next.says('ready', 'refused');
  expect(taken).toMatchObject({ event: 'ready' });
  expect(taken.pid).not.toBe(ready.pid);
  await next.kill('SIGTERM');
});

test.each([
  ['a process that is gone', '4194303\n'],
  ['an unrelated process that lives', `${process.pid}\n`],
  ['nobody', ''],
])('a stale postmaster.pid that names %s is no obstacle', async (_who, content) => {
  const folder = aFolder();
  await withServer(folder, (server) => write(server, 'kept'));
  writeFileSync(join(folder, 'pg', 'postmaster.pid'), `${content}${join(folder, 'pg')}\n1795255201\n5432\n\n\n`);
  if (content === '') writeFileSync(join(folder, 'pg', 'postmaster.pid'), '');
  await withServer(folder, async (server) => {
    expect(server.adopted).toBe(false);
    expect(await words(server)).toEqual(['kept']);
  });
});

test('a server that was left behind and does not answer is ended and replaced', async () => {
  const folder = aFolder();
  const owner = anOwner(folder);
  const left = await owner.says('ready');
  await write(left, 'kept');
  await owner.kill();
  process.kill(left.pid, 'SIGSTOP');
  const server = await startEmbeddedPostgres({ dataDir: folder, patience: { silent: 500 } });
  expect(server.adopted).toBe(false);
  expect(await words(server)).toEqual(['kept']);
  await server.stop();
  expect(isAlive(left.pid)).toBe(false);
});

test('killed at any moment of its first start, alone or with its server, the next start finds a whole folder', async () => {
  const folder = aNewFolder();
  for (let round = 0; round < 10; round++) {
    const owner = anOwner(folder);
    await owner.says('begun');
    await delay(round * 90);
    await owner.kill();
    const pid = serverPid(folder);
    if (round % 2 === 1 && pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
  const server = await startEmbeddedPostgres({ dataDir: folder });
  await write(server, 'whole');
  expect(await words(server)).toEqual(['whole']);
  await server.stop();
  // An initdb whose owner was killed may have gone on writing beside it: that goes with the next start.
  await withServer(folder, async (again) => expect(await words(again)).toEqual(['whole']));
  expect(readdirSync(folder).sort()).toEqual(['pg', 'postgres.log']);
});

test('Ctrl-C in the terminal of its owner does not reach the server', async () => {
  const folder = aFolder();
  const owner = anOwner(folder);
  const ready = await owner.says('ready');
  process.kill(-owner.pid, 'SIGINT');
  await owner.says('interrupted');
  await write(ready, 'untouched');
  await owner.kill('SIGTERM');
});

test.each([
  ['its server is killed', (server: EmbeddedPostgres) => Promise.resolve(void process.kill(server.pid, 'SIGKILL'))],
  [
    'the connection that holds it is cut',
    async (server: EmbeddedPostgres) => {
      const database = await connectDatabase({ url: server.url, application: 'test', poolSize: 1 });
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'`);
      await database.close();
    },
  ],
])('an owner is told that the lock of its folder is lost when %s', async (_how, lose) => {
  const lost = Promise.withResolvers<Error>();
  const folder = aFolder();
  const server = await startEmbeddedPostgres({ dataDir: folder, onLost: lost.resolve });
  await lose(server);
  expect((await lost.promise).message).toBe(`the lock of the data folder ${folder} is lost`);
  await server.stop();
});

test('stopping is no loss', async () => {
  const onLost = jest.fn();
  const server = await startEmbeddedPostgres({ dataDir: aFolder(), onLost });
  await server.stop();
  expect(onLost).not.toHaveBeenCalled();
});

test('a server that does not end when told so is ended harder', async () => {
  const server = await startEmbeddedPostgres({ dataDir: aFolder(), patience: { fast: 200 } });
  const database = await connectDatabase({ url: server.url, application: 'test', poolSize: 1 });
  // A backend that is stopped cannot take part in a fast shutdown.
  const { rows } = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const backend = rows[0]?.pid ?? NaN;
  process.kill(backend, 'SIGSTOP');
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
  if (isAlive(backend)) process.kill(backend, 'SIGKILL');
  await database.close();
});

test('a path too long for a socket gets its socket under /tmp, for us alone', async () => {
  const folder = join(aNewFolder(), 'a-rather-long-name-of-a-folder'.repeat(3));
  await withServer(folder, async (server) => {
    const socket = new URL(server.url).searchParams.get('host') ?? '';
    expect(socket).toMatch(/^\/tmp\/corral-[0-9a-f]{16}$/);
    folders.push(socket);
    await write(server, 'reached');
  });
  await withServer(folder, async (server) => expect(await words(server)).toEqual(['reached']));
});

test('a folder made by another major version is refused with a sentence', async () => {
  const folder = aNewFolder();
  mkdirSync(join(folder, 'pg'));
  writeFileSync(join(folder, 'pg', 'PG_VERSION'), '17\n');
  await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toThrow(
    'was made by PostgreSQL 17 and this Corral brings 18',
  );
});

test('a start that fails says why, in the words of the server', async () => {
  const folder = aFolder();
  writeFileSync(join(folder, 'pg', 'postgresql.conf'), 'nonsense = on\n');
  await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toThrow(
    /^start PostgreSQL in .*: configuration file .* contains errors \(more in .*postgres.log\)$/,
  );
});

test('a start that is given up leaves no server behind', async () => {
  const folder = aFolder();
  for (const afterMs of [0, 10, 30, 60]) {
    const abort = new AbortController();
    const starting = startEmbeddedPostgres({ dataDir: folder, signal: abort.signal });
    setTimeout(() => abort.abort(new Error('changed my mind')), afterMs);
    const outcome = await starting.catch((error: Error) => error);
    if ('stop' in outcome) await outcome.stop();
    else expect(outcome.message).toBe('changed my mind');
    expect(serverPid(folder)).toBeUndefined();
  }
});

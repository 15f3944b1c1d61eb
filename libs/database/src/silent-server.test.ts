import { connect, createServer, type Server, type Socket } from 'node:net';
import { connectDatabase, isTransient, type Database } from './index';
import { startTestDatabase, type TestDatabase } from './testing';

let postgres: TestDatabase;
let door: Door;
let database: Database;

beforeAll(async () => {
  postgres = await startTestDatabase();
  door = await openDoor(new URL(postgres.url).searchParams.get('host')!);
  database = await connectDatabase({ url: door.url, application: 'patient', poolSize: 2, statementTimeoutMs: 300 });
});
afterAll(async () => {
  door?.speak();
  await database?.close();
  await door?.close();
  await postgres?.stop();
});
afterEach(() => door.speak());

// Its machine is gone, or a firewall forgot the connection: nobody says that it is closed, and TCP goes on hoping for a quarter of an hour.
describe('a server that falls silent', () => {
  test('is given up by a transaction, whose connection is not used again', async () => {
    const began = performance.now();
    const work = database.transaction(async (tx) => {
      await tx.query('SELECT 1');
      door.fallSilent();
      await tx.query('SELECT 2');
    });
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isTransient(error)).toBe(true);
    expect(performance.now() - began).toBeLessThan(3_000);
    door.speak();
    expect((await database.query('SELECT 3 AS n')).rows).toEqual([{ n: 3 }]);
  });

  test('is given up by a single statement', async () => {
    await database.query('SELECT 1');
    door.fallSilent();
    await expect(database.query('SELECT 2')).rejects.toThrow('timeout');
    door.speak();
    expect((await database.query('SELECT 3 AS n')).rows).toEqual([{ n: 3 }]);
  });

  test('keeps nobody from closing', async () => {
    const other = await connectDatabase({ url: door.url, application: 'leaving' });
    door.fallSilent();
    const asked = other.query('SELECT 1').then(
      () => 'answered',
      () => 'refused',
    );
    const began = performance.now();
    await other.close();
    expect(performance.now() - began).toBeLessThan(4_500);
    expect(await asked).toBe('refused');
  });

  test('a statement that the server itself cannot end in time is cancelled there', async () => {
    const slow = database.query('SELECT pg_sleep(20)');
    await expect(slow).rejects.toMatchObject({ code: '57014' });
  });
});

interface Door {
  readonly url: string;
  /** Nothing passes any more, and nobody is told. */
  fallSilent(): void;
  /** New connections pass; the silent ones stay silent. */
  speak(): void;
  close(): Promise<void>;
}

async function openDoor(socketDir: string): Promise<Door> {
  let silent = false;
  const open = new Set<Socket>();
  const server: Server = createServer((inside) => {
    const outside = connect(`${socketDir}/.s.PGSQL.5432`);
    let dead = false;
    for (const [from, to] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      open.add(from);
      from.on('data', (bytes) => {
        dead ||= silent;
        if (!dead) to.write(bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `postgresql://corral@127.0.0.1:${port}/corral?sslmode=disable`,
    fallSilent: () => void (silent = true),
    speak: () => void (silent = false),
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

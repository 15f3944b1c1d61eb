import { setTimeout as delay } from 'node:timers/promises';
import { connectDatabase, isTransient, msToTimestamp } from './index';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
  await server.database.query('CREATE TABLE note (id int8 PRIMARY KEY, at timestamptz(3), word text)');
});
afterAll(() => server.stop());

test('values come as plain data: times in milliseconds, int8 as a number, a date as text', async () => {
  const { rows } = await server.database.query(
    `SELECT 1::int8 AS one, count(*) AS none, sum(2::int8) AS sum, ${msToTimestamp('$1')} AS at, '-infinity'::timestamptz AS ever, '2026-11-21'::date AS day,
            ARRAY[1, NULL]::int8[] AS numbers, ARRAY['2026-11-21'::date] AS days, ARRAY[${msToTimestamp('$1')}, 'infinity'] AS times,
            '{"a": [1]}'::jsonb AS json, '\\x00ff'::bytea AS bytes, ARRAY['x, y', 'z"'] AS words, NULL::timestamptz AS unknown
       FROM (VALUES (1)) AS row (n)`,
    [1_795_255_201_609],
  );
  expect(rows).toEqual([
    {
      one: 1,
      none: 1,
      sum: 2,
      at: 1_795_255_201_609,
      ever: -Infinity,
      day: '2026-11-21',
      numbers: [1, null],
      days: ['2026-11-21'],
      times: [1_795_255_201_609, Infinity],
      json: { a: [1] },
      bytes: Buffer.from([0, 255]),
      words: ['x, y', 'z"'],
      unknown: null,
    },
  ]);
});

test('any millisecond goes in and comes out the same', async () => {
  const times = Array.from({ length: 2_000 }, (_, i) => Math.trunc(1e12 * Math.sin(i) + i * 977));
  const { rows } = await server.database.query<{ at: number }>(
    `SELECT ${msToTimestamp('t.ms')}::timestamptz(3) AS at FROM unnest($1::float8[]) WITH ORDINALITY AS t (ms, place) ORDER BY place`,
    [times],
  );
  expect(rows.map(({ at }) => at)).toEqual(times);
});

describe('a transaction', () => {
  test('is kept as a whole', async () => {
    await server.database.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id) VALUES (1)');
      await tx.query('INSERT INTO note (id) VALUES (2)');
    });
    expect((await server.database.query('SELECT id FROM note WHERE id IN (1, 2)')).rowCount).toBe(2);
  });

  test('is gone as a whole when the work throws, and the error is the work’s own', async () => {
    const work = server.database.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id) VALUES (3)');
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect((await server.database.query('SELECT id FROM note WHERE id = 3')).rowCount).toBe(0);
  });

  test('in which a failed statement was swallowed does not pretend to have committed', async () => {
    const work = server.database.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id) VALUES (4)');
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(work).rejects.toThrow('rolled back');
  });

  test('takes one statement at a time', async () => {
    const work = server.database.transaction((tx) =>
      Promise.all([tx.query('INSERT INTO note (id) VALUES (5)'), tx.query('INSERT INTO note (id) VALUES (6)')]),
    );
    await expect(work).rejects.toThrow(
      'while another one of this transaction is under way: INSERT INTO note (id) VALUES (6)',
    );
    expect((await server.database.query('SELECT id FROM note WHERE id IN (5, 6)')).rowCount).toBe(0);
  });

  test('cannot be used once it is over', async () => {
    let kept: { query(text: string): Promise<unknown> } | undefined;
    await server.database.transaction(async (tx) => {
      kept = tx;
    });
    await expect(kept?.query('SELECT 1')).rejects.toThrow('over');
  });

  test('that is aborted before its COMMIT is rolled back', async () => {
    const abort = new AbortController();
    const work = server.database.transaction(
      async (tx) => {
        await tx.query('INSERT INTO note (id) VALUES (7)');
        abort.abort(new Error('stopping'));
      },
      { signal: abort.signal },
    );
    await expect(work).rejects.toThrow('stopping');
    expect((await server.database.query('SELECT id FROM note WHERE id = 7')).rowCount).toBe(0);
  });

  test('whose connection is cut fails as transient, and the pool goes on', async () => {
    const work = server.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await server.database.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await delay(50);
      await tx.query('INSERT INTO note (id) VALUES (8)');
    });
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isTransient(error)).toBe(true);
    expect((await server.database.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('that waits for a lock gives up after two seconds, as transient', async () => {
    const holding = Promise.withResolvers<void>();
    const enough = Promise.withResolvers<void>();
    const holder = server.database.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id) VALUES (9)');
      holding.resolve();
      await enough.promise;
    });
    await holding.promise;
    const error = await server.database
      .query('INSERT INTO note (id) VALUES (9)')
      .then(() => undefined)
      .catch((thrown: unknown) => thrown);
    enough.resolve();
    await holder;
    expect(isTransient(error)).toBe(true);
  });
});

describe('what is transient', () => {
  test('a wrong statement is not, a deadlock is, and causes are looked through', async () => {
    const wrong = await server.database.query('SELECT nothing').catch((error: unknown) => error);
    expect(isTransient(wrong)).toBe(false);
    expect(
      isTransient(new Error('flush', { cause: Object.assign(new Error('deadlock detected'), { code: '40P01' }) })),
    ).toBe(true);
    expect(isTransient('a string')).toBe(false);
    expect(isTransient(Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' }))).toBe(false);
    const noSocket = connectDatabase({
      url: 'postgresql://corral@localhost/corral?host=/nowhere',
      application: 'test',
    });
    expect(isTransient(await noSocket.catch((error: unknown) => error))).toBe(true);
  });

  test('nobody listening is, and is told where it was looked for, without the password', async () => {
    const connecting = connectDatabase({ url: 'postgresql://corral:hushhush@127.0.0.1:1/corral', application: 'test' });
    const error = await connecting.then(
      () => new Error('connected'),
      (thrown: Error) => thrown,
    );
    expect(isTransient(error)).toBe(true);
    expect(error.message).toBe('connect to PostgreSQL at 127.0.0.1:1/corral');
    expect(`${error.stack} ${String(error.cause)}`).not.toContain('hushhush');
  });
});

describe('a session', () => {
  test('hears what is notified', async () => {
    const session = await server.database.session();
    const heard: string[] = [];
    await session.listen('Log "x"', (payload) => heard.push(payload));
    await server.database.query(`SELECT pg_notify('Log "x"', 'three records')`);
    for (let i = 0; i < 100 && heard.length === 0; i++) await delay(10);
    expect(heard).toEqual(['three records']);
    await session.close();
  });

  test('serves several callers one after another', async () => {
    const session = await server.database.session();
    const answers = await Promise.all([1, 2, 3].map((n) => session.query<{ n: number }>('SELECT $1::int AS n', [n])));
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
    await session.close();
  });

  test('goes on after a statement that failed', async () => {
    const session = await server.database.session();
    await expect(session.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await session.close();
  });

  test('holds a lock until it is lost, says so once, and then refuses statements', async () => {
    const session = await server.database.session();
    const lost: string[] = [];
    session.onLost((error) => lost.push(error.message));
    const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_advisory_lock(7)');
    await server.database.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    for (let i = 0; i < 100 && lost.length === 0; i++) await delay(10);
    expect(lost).toHaveLength(1);
    const error = await session.query('SELECT 1').catch((thrown: unknown) => thrown);
    expect(isTransient(error)).toBe(true);
    await session.close();
  });

  test('that is closed on purpose is not lost', async () => {
    const session = await server.database.session();
    const lost = jest.fn();
    session.onLost(lost);
    await session.close();
    await session.close();
    expect(lost).not.toHaveBeenCalled();
  });
});

test('closing closes sessions too, and may be asked for twice', async () => {
  const database = await connectDatabase({ url: server.url, application: 'to be closed' });
  await database.session();
  await Promise.all([database.close(), database.close()]);
  const left = async () =>
    (await server.database.query(`SELECT FROM pg_stat_activity WHERE application_name = 'to be closed'`)).rowCount;
  for (let i = 0; i < 100 && (await left()) > 0; i++) await delay(10);
  expect(await left()).toBe(0);
});

test('options in the connection string live beside ours', async () => {
  const url = `${server.url}&options=${encodeURIComponent('-c work_mem=5MB')}`;
  const database = await connectDatabase({ url, application: 'test' });
  const { rows } = await database.query(
    `SELECT current_setting('work_mem') AS work, current_setting('TimeZone') AS zone, current_setting('lock_timeout') AS lock,
            current_setting('idle_in_transaction_session_timeout') AS idle`,
  );
  expect(rows).toEqual([{ work: '5MB', zone: 'UTC', lock: '2s', idle: '10s' }]);
  await database.close();
});

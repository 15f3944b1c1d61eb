import { unnestRows } from './index';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
  await server.database.query(`CREATE TABLE sent (id int8 PRIMARY KEY, bytes bytea)`);
});
afterAll(() => server.stop());
beforeEach(() => server.database.query('TRUNCATE sent'));

interface Sample {
  readonly id: number;
  readonly bytes?: Buffer;
}

const insert = (samples: readonly Sample[]) => {
  const given = unnestRows(samples, { id: ['bigint', ({ id }) => id], bytes: ['bytea', ({ bytes }) => bytes] });
  const text = `INSERT INTO sent (${given.columns}) SELECT ${given.select} FROM ${given.from} RETURNING id`;
  return { text, values: given.values };
};
const samplesFrom = (first: number, count: number): readonly Sample[] =>
  Array.from({ length: count }, (_, i) => ({ id: first + i, bytes: i % 7 === 0 ? undefined : Buffer.alloc(i, i) }));

test.each([3, 300, 1_000])('%i rows arrive as they were, and the answer is read', async (count) => {
  const samples = samplesFrom(1, count);
  const { text, values } = insert(samples);
  const answer = await server.database.transaction((tx) => tx.query<{ id: number }>(text, values));
  expect(answer.rowCount).toBe(count);
  expect(answer.rows.map(({ id }) => id).sort((a, b) => a - b)).toEqual(samples.map(({ id }) => id));
  const { rows } = await server.database.query<{ id: number; bytes: Buffer | null }>('SELECT * FROM sent ORDER BY id');
  expect(rows).toEqual(samples.map(({ id, bytes = null }) => ({ id, bytes })));
});

test('what the server refuses is its error, and the connection is good for the next', async () => {
  const twice = insert([...samplesFrom(1, 1_000), ...samplesFrom(1, 1)]);
  const refused = server.database.transaction((tx) => tx.query(twice.text, twice.values));
  await expect(refused).rejects.toMatchObject({ code: '23505' });
  const once = insert(samplesFrom(1, 1_000));
  const noTable = once.text.replace('INTO sent', 'INTO missing');
  const missing = server.database.transaction((tx) => tx.query(noTable, once.values));
  await expect(missing).rejects.toMatchObject({ code: '42P01' });
  const answer = await server.database.transaction((tx) => tx.query(once.text, once.values));
  expect(answer.rowCount).toBe(1_000);
});

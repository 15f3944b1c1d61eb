import { binaryRows } from './binary-array';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
  await server.database.query(
    `CREATE TABLE copied (id int8 PRIMARY KEY, words text[], at timestamptz(3), bytes bytea, sure boolean, share float8, day date, small int, name text)`,
  );
});
afterAll(() => server.stop());

interface Sample {
  readonly id: number;
  readonly words?: readonly string[];
  readonly at?: number;
  readonly bytes?: Buffer;
  readonly sure?: boolean;
  readonly share?: number;
  readonly day?: string;
  readonly small?: number;
  readonly name?: string;
}

const columns = {
  id: ['bigint', ({ id }: Sample) => id],
  words: ['text[]', ({ words }: Sample) => words],
  at: ['timestamptz', ({ at }: Sample) => at],
  bytes: ['bytea', ({ bytes }: Sample) => bytes],
  sure: ['boolean', ({ sure }: Sample) => sure],
  share: ['float8', ({ share }: Sample) => share],
  day: ['date', ({ day }: Sample) => day],
  small: ['int', ({ small }: Sample) => small],
  name: ['text', ({ name }: Sample) => name],
} as const;
const COPY = `COPY copied (${Object.keys(columns).join(', ')}) FROM STDIN (FORMAT binary)`;

test('rows of every kind of column arrive as they were, by COPY', async () => {
  const samples: Sample[] = [
    {
      ...{ id: Number.MAX_SAFE_INTEGER, words: ['a, b', 'quote " and \\ slash', '{}', 'NULL', ''] },
      ...{ at: 1_795_255_201_609, bytes: Buffer.from([0, 1, 254, 255]), sure: true, share: 0.1, day: '2026-11-21' },
      ...{ small: -7, name: 'é 🚲' },
    },
    { id: 0 },
    {
      ...{ id: -1, words: [], at: -Infinity, bytes: Buffer.alloc(0), sure: false, share: -0.0001, day: '1999-12-31' },
      ...{ small: 2 ** 31 - 1, name: '' },
    },
  ];
  expect(await server.database.transaction((tx) => tx.copy(COPY, binaryRows(samples, columns)))).toBe(3);
  const { rows } = await server.database.query('SELECT * FROM copied ORDER BY id DESC');
  const { id: _, ...none } = Object.fromEntries(Object.keys(columns).map((column) => [column, null]));
  expect(rows).toEqual([samples[0], { ...none, id: 0 }, samples[2]]);
});

test('a COPY that is refused says so, and its transaction goes on from the savepoint before it', async () => {
  await server.database.transaction(async (tx) => {
    await tx.query('SAVEPOINT here');
    const twice = [{ id: 7 }, { id: 7 }];
    await expect(tx.copy(COPY, binaryRows(twice, columns))).rejects.toMatchObject({ code: '23505' });
    await tx.query('ROLLBACK TO SAVEPOINT here');
    expect(await tx.copy(COPY, binaryRows([{ id: 8 }], columns))).toBe(1);
  });
  const { rows } = await server.database.query('SELECT id FROM copied WHERE id IN (7, 8)');
  expect(rows).toEqual([{ id: 8 }]);
});

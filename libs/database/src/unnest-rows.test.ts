import { elementsOf, gatherRows, unnestRows, writeDeadLetters, type Columns } from './index';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());

interface Sample {
  readonly id: number;
  readonly words?: readonly string[];
  readonly at?: number;
  readonly data?: unknown;
  readonly bytes?: Buffer;
  readonly sure?: boolean;
  readonly share?: number;
  readonly day?: string;
}

test('rows of every kind of column arrive as they were, in one statement', async () => {
  await server.database.query(
    `CREATE TABLE sample (id int8, words text[], at timestamptz(3), data jsonb, bytes bytea, sure boolean, share float8, day date)`,
  );
  const samples: Sample[] = [
    {
      id: Number.MAX_SAFE_INTEGER,
      words: ['a, b', 'quote " and \\ slash', '{}', 'NULL', ''],
      at: 1_795_255_201_609,
      data: { deep: ['"', '\\', null, 1.5], text: 'é 🚲' },
      bytes: Buffer.from([0, 1, 254, 255]),
      sure: true,
      share: 0.1,
      day: '2026-11-21',
    },
    {
      id: -1,
      words: [],
      at: -Infinity,
      data: [],
      bytes: Buffer.alloc(0),
      sure: false,
      share: -0.0001,
      day: '1999-12-31',
    },
    { id: 0 },
  ];
  const given = unnestRows(
    samples,
    {
      id: ['bigint', ({ id }) => id],
      words: ['text[]', ({ words }) => words],
      at: ['timestamptz', ({ at }) => at],
      data: ['jsonb', ({ data }) => data],
      bytes: ['bytea', ({ bytes }) => bytes],
      sure: ['boolean', ({ sure }) => sure],
      share: ['float8', ({ share }) => share],
      day: ['date', ({ day }) => day],
    },
    2,
  );
  await server.database.query(
    `INSERT INTO sample (${given.columns}) SELECT ${given.select} FROM ${given.from} WHERE $1 ORDER BY 1`,
    [true, ...given.values],
  );
  const { rows } = await server.database.query('SELECT * FROM sample ORDER BY id DESC');
  const none = { words: null, at: null, data: null, bytes: null, sure: null, share: null, day: null };
  expect(rows).toEqual([samples[0], { ...none, id: 0 }, samples[1]]);
});

test('a dead letter keeps the raw bytes, has the same id whoever reads the record again, and is written once', async () => {
  const letter = {
    partition: 2,
    offset: 41,
    key: 'default/bike\u0000-1',
    value: Uint8Array.from([0, 255, 123]),
    timestamp: 1_795_255_201_609,
    reason: 'malformed_json',
  };
  const write = (detail: string) =>
    server.database.transaction((tx) =>
      writeDeadLetters(tx, 'geofence', 'corral.heartbeats.v1', [
        { ...letter, detail },
        { ...letter, offset: 42, key: null, value: null, detail },
      ]),
    );
  await write('first');
  await write('second');
  const { rows } = await server.database.query(
    'SELECT id, consumer, topic, partition, record_offset, key, value, reason, detail, record_timestamp FROM dead_letter ORDER BY record_offset',
  );
  expect(rows).toEqual([
    {
      id: expect.stringMatching(/^dlq_[0-9a-f]{32}$/),
      consumer: 'geofence',
      topic: 'corral.heartbeats.v1',
      partition: 2,
      record_offset: 41,
      key: 'default/bike\uFFFD-1',
      value: Buffer.from([0, 255, 123]),
      reason: 'malformed_json',
      detail: 'first',
      record_timestamp: 1_795_255_201_609,
    },
    expect.objectContaining({ record_offset: 42, key: null, value: null }),
  ]);
});

describe('rows that are gathered one by one', () => {
  const columns: Columns<Sample> = {
    id: ['bigint', ({ id }) => id],
    words: ['text[]', ({ words }) => words],
    data: ['jsonb', ({ data }) => data],
    bytes: ['bytea', ({ bytes }) => bytes],
  };
  const samples = (count: number): Sample[] =>
    Array.from({ length: count }, (_, id) => ({
      id,
      ...(id % 3 === 0 ? {} : { words: ['a', `"${id}"`], data: { id } }),
      bytes: Buffer.alloc((id * 97) % 2_000, id),
    }));

  it('are sent as a list of them is, and the next ones in their room as well', () => {
    const gathered = gatherRows(columns, 4);
    for (const count of [500, 0, 7, 900]) {
      gathered.clear();
      for (const sample of samples(count)) gathered.add(sample);
      expect(gathered.count).toBe(count);
      expect(gathered.unnest()).toEqual(unnestRows(samples(count), columns, 4));
      expect(gathered.unnest()).toEqual(unnestRows(samples(count), columns, 4));
    }
  });

  it('can be read again, column by column', () => {
    const gathered = gatherRows(columns);
    expect([...elementsOf(gathered.unnest().values[3] as Buffer)]).toEqual([]);
    gathered.clear();
    for (const sample of samples(300)) gathered.add(sample);
    expect([...elementsOf(gathered.unnest().values[3] as Buffer)]).toEqual(samples(300).map(({ bytes }) => bytes));
  });
});

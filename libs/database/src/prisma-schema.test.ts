import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestDatabase, type TestDatabase } from './testing';

/** What a Prisma type is in PostgreSQL, as information_schema calls it. */
const postgresTypes: Record<string, string> = {
  String: 'text',
  Int: 'int4',
  BigInt: 'int8',
  Float: 'float8',
  Boolean: 'bool',
  'DateTime @db.Timestamptz(3)': 'timestamptz',
  Json: 'jsonb',
  Bytes: 'bytea',
};

interface Model {
  readonly table: string;
  readonly columns: { column: string; type: string | undefined; nullable: boolean; default: boolean }[];
  /** Columns of the primary key and of each unique constraint. */
  readonly keys: string[];
}

/** As much of the Prisma schema language as our schema uses. */
function readModels(schema: string): Model[] {
  const blocks = [...schema.matchAll(/^model \w+ \{\n(.*?)^\}/gms)].map(([, body = '']) => body);
  return blocks.map((body) => {
    const lines = body.split('\n').map((line) => line.trim());
    const columnOf = new Map<string, string>();
    const columns: Model['columns'] = [];
    const keys: string[][] = [];
    for (const line of lines) {
      const field = /^(\w+)\s+(String|Int|BigInt|Float|Boolean|DateTime|Json|Bytes)(\[\])?(\?)?(?:\s+(.*))?$/.exec(
        line,
      );
      if (field === null) continue;
      const [, name = '', type = '', list, optional, attributes = ''] = field;
      const column = /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? name;
      const native = /@db\.\w+(\(\d+\))?/.exec(attributes)?.[0];
      const known = postgresTypes[native === undefined ? type : `${type} ${native}`];
      columnOf.set(name, column);
      columns.push({
        column,
        type: list === undefined ? known : `_${known}`,
        nullable: optional !== undefined,
        default: /@default\(/.test(attributes),
      });
      if (/@(id|unique)\b/.test(attributes)) keys.push([name]);
    }
    for (const line of lines) {
      const key = /^@@(?:id|unique)\(\[(.*?)\]/.exec(line)?.[1];
      if (key !== undefined) keys.push(key.split(',').map((name) => name.trim()));
    }
    return {
      table: /^\s*@@map\("(\w+)"\)/m.exec(body)?.[1] ?? '',
      columns,
      keys: keys.map((names) => names.map((name) => columnOf.get(name)).join(', ')),
    };
  });
}

const models = readModels(readFileSync(join(__dirname, '..', 'prisma', 'schema.prisma'), 'utf8'));

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());

function sorted<T>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

test('the schema names the tables that gateway and notification use', () => {
  expect(models.map(({ table }) => table)).toEqual(
    expect.arrayContaining(['fleet', 'vehicle', 'zone_set', 'violation', 'alert', 'delivery', 'delivery_attempt']),
  );
});

test.each(models)('columns of $table are those of the migrations', async ({ table, columns }) => {
  const { rows } = await server.database.query(
    `SELECT column_name::text AS column, udt_name::text AS type, is_nullable = 'YES' AS nullable, column_default IS NOT NULL AS default
       FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
    [table],
  );
  expect(sorted(rows)).toEqual(sorted(columns));
});

test.each(models)('keys of $table are those of the migrations', async ({ table, keys }) => {
  const { rows } = await server.database.query<{ columns: string }>(
    `SELECT string_agg(a.attname, ', ' ORDER BY k.place) AS columns
       FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place), pg_attribute a
      WHERE i.indrelid = $1::regclass AND i.indisunique AND a.attrelid = i.indrelid AND a.attnum = k.attnum GROUP BY i.indexrelid`,
    [table],
  );
  expect(sorted(rows.map(({ columns }) => columns))).toEqual(sorted(keys));
});

/** How a column travels to PostgreSQL: the array it is sent in, and the expression that makes the column's value of one element. */
const travel = {
  text: { array: 'text', value: (element: string) => element },
  int: { array: 'int', value: (element: string) => element },
  bigint: { array: 'bigint', value: (element: string) => element },
  float8: { array: 'float8', value: (element: string) => element },
  boolean: { array: 'boolean', value: (element: string) => element },
  bytea: { array: 'bytea', value: (element: string) => element },
  /** 'YYYY-MM-DD' */
  date: { array: 'date', value: (element: string) => element },
  /** Epoch milliseconds; ±Infinity too. */
  timestamptz: { array: 'float8', value: (element: string) => `to_timestamp(${element} / 1000.0)` },
  /** Any plain value; it is sent as JSON text. */
  jsonb: { array: 'text', value: (element: string) => `${element}::jsonb` },
  /** A list of strings: unnest would flatten an array of arrays, so each travels as a literal. */
  'text[]': { array: 'text', value: (element: string) => `${element}::text[]` },
} as const;

/** The column types {@link unnestRows} knows. */
export type ColumnType = keyof typeof travel;

/** Column name → its type and how to read its value from a row (`undefined` and `null` are NULL). */
export type Columns<Row> = Readonly<Record<string, readonly [type: ColumnType, of: (row: Row) => unknown]>>;

/** The parts of `INSERT INTO t (columns) SELECT select FROM from ORDER BY 1 ON CONFLICT …`, and the values that go with it. */
export interface UnnestedRows {
  /** `fleet_id, vehicle_id, …` */
  readonly columns: string;
  /** `r.fleet_id, …, to_timestamp(r.at / 1000.0), …` in the same order. */
  readonly select: string;
  /** `unnest($1::text[], …) AS r (fleet_id, …)` */
  readonly from: string;
  readonly values: unknown[];
}

/**
 * Turns rows into one array per column: one statement of constant text for any number of rows, the fastest way in that pg has. Parameters are
 * numbered from `first` (1 when absent), so that others can stand before.
 */
export function unnestRows<Row>(rows: readonly Row[], columns: Columns<Row>, first = 1): UnnestedRows {
  const named = Object.entries(columns);
  const names = named.map(([name]) => name).join(', ');
  return {
    columns: names,
    select: named.map(([name, [type]]) => travel[type].value(`r.${name}`)).join(', '),
    from: `unnest(${named.map(([, [type]], at) => `$${first + at}::${travel[type].array}[]`).join(', ')}) AS r (${names})`,
    values: named.map(([, [type, of]]) => rows.map((row) => sendable(type, of(row)))),
  };
}

function sendable(type: ColumnType, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (type === 'jsonb') return JSON.stringify(value);
  if (type === 'text[]') return textArrayLiteral(value as readonly string[]);
  return value;
}

/** `{"a","b"}`: PostgreSQL's text form of a list of strings. */
export function textArrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
}

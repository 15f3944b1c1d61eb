import { binaryArray, growingArray, type ElementTypeName } from './binary-array';

const asItIs = (element: string) => element;

/** How a column travels to PostgreSQL: the array it is sent in, and the expression that makes the column's value of one element. */
const travel = {
  text: { array: 'text', value: asItIs },
  int: { array: 'int', value: asItIs },
  bigint: { array: 'bigint', value: asItIs },
  float8: { array: 'float8', value: asItIs },
  boolean: { array: 'boolean', value: asItIs },
  bytea: { array: 'bytea', value: asItIs },
  /** 'YYYY-MM-DD' */
  date: { array: 'date', value: asItIs },
  /** Epoch milliseconds; ±Infinity too. */
  timestamptz: { array: 'timestamptz', value: asItIs },
  /** Any plain value; it is sent as JSON text. */
  jsonb: { array: 'text', value: (element: string) => `${element}::jsonb` },
  /** A list of strings: unnest would flatten an array of arrays, so each travels as a literal. */
  'text[]': { array: 'text', value: (element: string) => `${element}::text[]` },
} as const satisfies Record<string, { array: ElementTypeName; value(element: string): string }>;

/** The column types {@link unnestRows} knows. */
export type ColumnType = keyof typeof travel;

/** Column name → its type and how to read its value from a row (`undefined` and `null` are NULL). */
export type Columns<Row> = Readonly<Record<string, readonly [type: ColumnType, of: (row: Row) => unknown]>>;

/** The parts of `INSERT INTO t (columns) SELECT select FROM from ORDER BY 1 ON CONFLICT …`, and the values that go with it. */
export interface UnnestedRows {
  /** `fleet_id, vehicle_id, …` */
  readonly columns: string;
  /** `r.fleet_id, …, r.zones::text[], …` in the same order. */
  readonly select: string;
  /** `unnest($1::text[], …) AS r (fleet_id, …)` */
  readonly from: string;
  readonly values: unknown[];
}

/**
 * Turns rows into one array per column: one statement of constant text for any number of rows, each array in PostgreSQL's binary form. Parameters are
 * numbered from `first` (1 when absent), so that others can stand before.
 */
export function unnestRows<Row>(rows: readonly Row[], columns: Columns<Row>, first = 1): UnnestedRows {
  const values = Object.values(columns).map(([type, of]) => binaryArray(travel[type].array, rows, sendable(type, of)));
  return { ...partsOf(columns, first), values };
}

/** Rows that come one by one: of each nothing is kept but the bytes that are sent. */
export interface GatheredRows<Row> {
  add(row: Row): void;
  readonly count: number;
  /** Nothing is added after it. Its values are no copies: what is added after {@link clear} is written over them. */
  unnest(): UnnestedRows;
  /** Begins anew, in the room there is, or in less when that was far too large for long. */
  clear(): void;
}

/** None yet; what {@link unnestRows} answers for a list is what this answers in the end. */
export function gatherRows<Row>(columns: Columns<Row>, first = 1): GatheredRows<Row> {
  const arrays = Object.values(columns).map(
    ([type, of]) => [growingArray(travel[type].array), sendable(type, of)] as const,
  );
  const parts = partsOf(columns, first);
  let count = 0;
  return {
    add(row) {
      count += 1;
      for (const [array, of] of arrays) array.add(of(row));
    },
    get count() {
      return count;
    },
    unnest: () => ({ ...parts, values: arrays.map(([array]) => array.end()) }),
    clear() {
      count = 0;
      for (const [array] of arrays) array.clear();
    },
  };
}

function partsOf<Row>(columns: Columns<Row>, first: number): Omit<UnnestedRows, 'values'> {
  const named = Object.entries(columns);
  const names = named.map(([name]) => name).join(', ');
  return {
    columns: names,
    select: named.map(([name, [type]]) => travel[type].value(`r.${name}`)).join(', '),
    from: `unnest(${named.map(([, [type]], at) => `$${first + at}::${travel[type].array}[]`).join(', ')}) AS r (${names})`,
  };
}

function sendable<Row>(type: ColumnType, of: (row: Row) => unknown): (row: Row) => unknown {
  const unlessNull = (make: (value: unknown) => string) => (row: Row) => {
    const value = of(row);
    return value === undefined || value === null ? null : make(value);
  };
  if (type === 'jsonb') return unlessNull(JSON.stringify);
  if (type === 'text[]') return unlessNull((value) => textArrayLiteral(value as readonly string[]));
  return of;
}

/** `{"a","b"}`: PostgreSQL's text form of a list of strings. */
export function textArrayLiteral(values: readonly string[]): string {
  if (values.length === 0) return '{}';
  return `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
}

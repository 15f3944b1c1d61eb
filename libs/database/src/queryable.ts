/** What one statement answered. */
export interface QueryResult<Row> {
  readonly rows: Row[];
  /** Rows returned or touched; 0 where PostgreSQL gives no number. */
  readonly rowCount: number;
}

/**
 * Something that answers SQL: a pool, one transaction, one session. Values go in as plain data (a `jsonb` value as JSON text, a time as
 * milliseconds with {@link msToTimestamp}); what comes out is described at `parseValue` in value-parsers.ts.
 */
export interface Queryable {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<QueryResult<Row>>;
}

/** One transaction: what answers SQL, and takes rows by COPY. */
export interface Transaction extends Queryable {
  /** Sends a `COPY … FROM STDIN` and what it is to read; answers how many rows there were. */
  copy(text: string, bytes: Buffer): Promise<number>;
}

/** SQL that turns a parameter holding epoch milliseconds (±Infinity too) into a timestamptz: `msToTimestamp('$3')`. */
export function msToTimestamp(parameter: string): string {
  return `to_timestamp((${parameter})::float8 / 1000.0)`;
}

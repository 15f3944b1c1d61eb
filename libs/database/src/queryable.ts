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

/** SQL that turns a parameter holding epoch milliseconds (±Infinity too) into a timestamptz: `msToTimestamp('$3')`. */
export function msToTimestamp(parameter: string): string {
  return `to_timestamp((${parameter})::float8 / 1000.0)`;
}

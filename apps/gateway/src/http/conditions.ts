/** The WHERE of a statement while it grows: each `?` of a condition becomes the next parameter. */
export interface Conditions {
  and(condition: string, ...values: readonly unknown[]): void;
  /** Adds a value that stands outside of the WHERE, such as a limit; answers its parameter. */
  value(value: unknown): string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Begins with the fleet: no list is ever read without it. */
export function conditionsOf(fleetColumn: string, fleetId: string): Conditions {
  const values: unknown[] = [];
  const parts: string[] = [];
  const conditions: Conditions = {
    and(condition, ...given) {
      let next = 0;
      parts.push(condition.replaceAll('?', () => conditions.value(given[next++])));
    },
    value: (value) => `$${values.push(value)}`,
    get text() {
      return parts.join(' AND ');
    },
    values,
  };
  conditions.and(`${fleetColumn} = ?`, fleetId);
  return conditions;
}

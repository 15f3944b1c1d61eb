import type { Queryable } from './queryable';

/** Pins a setting at its first use: the value that holds from now on, this one or one that was pinned before. */
export async function pinSetting(database: Queryable, name: string, value: string): Promise<string> {
  await database.query('INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    name,
    value,
  ]);
  return (await readSetting(database, name)) ?? value;
}

/** A pinned setting, if it was pinned. */
export async function readSetting(database: Queryable, name: string): Promise<string | undefined> {
  const { rows } = await database.query<{ value: string }>('SELECT value FROM setting WHERE name = $1', [name]);
  return rows[0]?.value;
}

/** The name under which the number of partitions of every topic is pinned. */
export const PARTITIONS_SETTING = 'partitions';

import { connectDatabase, type Database, type DatabaseOptions } from '@corral/database';

/** Connects to the PostgreSQL that DATABASE_URL names. Rejects with the sentence that says which setting to look at. */
export async function reachDatabase(options: DatabaseOptions): Promise<Database> {
  return connectDatabase(options).catch((error: unknown) => {
    throw new Error('cannot reach PostgreSQL, check DATABASE_URL', { cause: error });
  });
}

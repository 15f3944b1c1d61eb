import { SCOPES } from '@corral/contracts/http';
import type { Database } from '@corral/database';
import { hashOfKey } from './api-key';

/** The first fleet: it exists from the start, and its administrators make the others. */
export const FIRST_FLEET = 'default';

const BOOTSTRAP_KEY_ID = 'bootstrap';

/**
 * The first fleet and, if the operator names one, its known key with all scopes. Another key than last time replaces the former one;
 * none takes it away.
 */
export async function bootstrap(database: Database, key: string | undefined): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query(`INSERT INTO fleet (id, name) VALUES ($1, 'Default') ON CONFLICT (id) DO NOTHING`, [FIRST_FLEET]);
    if (key === undefined) {
      await tx.query(
        'UPDATE api_key SET revoked_at = now() WHERE fleet_id = $1 AND key_id = $2 AND revoked_at IS NULL',
        [FIRST_FLEET, BOOTSTRAP_KEY_ID],
      );
      return;
    }
    await tx.query(
      `INSERT INTO api_key (fleet_id, key_id, hash, name, scopes) VALUES ($1, $2, $3, 'CORRAL_BOOTSTRAP_API_KEY', $4)
       ON CONFLICT (fleet_id, key_id) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes, revoked_at = NULL
        WHERE api_key.hash <> excluded.hash OR api_key.scopes <> excluded.scopes OR api_key.revoked_at IS NOT NULL`,
      [FIRST_FLEET, BOOTSTRAP_KEY_ID, hashOfKey(key), [...SCOPES]],
    );
  });
}

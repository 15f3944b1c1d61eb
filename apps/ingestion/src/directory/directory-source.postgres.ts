import type { Queryable } from '@corral/database';
import type { DeniedTokens } from './deny-list';
import type { KeyEntry } from './directory-snapshot';
import type { DirectorySource } from './directory-source';

/**
 * The directory in PostgreSQL. The connection is asked for with each question, because ingestion starts, and takes heartbeats in on
 * its saved snapshot, while PostgreSQL is away.
 */
export function createPostgresDirectorySource(connect: () => Promise<Queryable>): DirectorySource {
  return {
    async load(signal) {
      const database = await connect();
      signal.throwIfAborted();
      const { rows } = await database.query<{ fleet_id: string; keys: KeyRow[] | null }>(
        `SELECT f.id AS fleet_id, json_agg(json_build_object(
                  'fleet_id', k.fleet_id, 'key_id', k.key_id, 'hash', encode(k.hash, 'hex'), 'scopes', k.scopes,
                  'expires_ms', extract(epoch FROM k.expires_at) * 1000)) FILTER (WHERE k.key_id IS NOT NULL) AS keys
           FROM fleet f
           LEFT JOIN api_key k ON k.fleet_id = f.id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
          GROUP BY f.id ORDER BY f.id`,
      );
      const fleetIds = rows.map((row) => row.fleet_id);
      const keys = rows.flatMap((row) => row.keys ?? []).map(toEntry);
      return { fleetIds, keys, deniedTokens: await loadDenied(database) };
    },
    async find(hash, signal) {
      const database = await connect();
      signal.throwIfAborted();
      const { rows } = await database.query<KeyRow>(
        `SELECT fleet_id, key_id, encode(hash, 'hex') AS hash, scopes, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_ms
           FROM api_key
          WHERE hash = decode($1, 'hex') AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
        [hash],
      );
      return rows[0] && toEntry(rows[0]);
    },
  };
}

async function loadDenied(database: Queryable): Promise<readonly DeniedTokens[]> {
  const { rows } = await database.query<DeniedTokens>(
    `SELECT fleet_id AS "fleetId", vehicle_id AS "vehicleId", number, (extract(epoch FROM dies_at) * 1000)::float8 AS "from"
       FROM device_token WHERE dies_at IS NOT NULL`,
  );
  return rows;
}

interface KeyRow {
  readonly fleet_id: string;
  readonly key_id: string;
  readonly hash: string;
  readonly scopes: string[];
  readonly expires_ms: number | null;
}

function toEntry({ fleet_id, key_id, hash, scopes, expires_ms }: KeyRow): KeyEntry {
  return { fleetId: fleet_id, keyId: key_id, hash, scopes, ...(expires_ms === null ? {} : { expiresAt: expires_ms }) };
}

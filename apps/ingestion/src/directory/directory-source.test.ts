import { startTestDatabase } from '@corral/database/testing';
import { describeDirectorySource } from './directory-source.contract';
import { createMemoryDirectorySource } from './directory-source.memory';
import { createPostgresDirectorySource } from './directory-source.postgres';

describeDirectorySource('memory', async () => {
  const source = createMemoryDirectorySource(Date.now);
  return { ...source, source, stop: async () => undefined };
});

describeDirectorySource('postgres', async () => {
  const { database, stop } = await startTestDatabase();
  return {
    source: createPostgresDirectorySource(async () => database),
    addFleet: async (fleetId) => void (await database.query('INSERT INTO fleet (id, name) VALUES ($1, $1)', [fleetId])),
    addKey: async ({ fleetId, keyId, hash, scopes, expiresAt }) =>
      void (await database.query(
        `INSERT INTO api_key (fleet_id, key_id, hash, scopes, expires_at) VALUES ($1, $2, decode($3, 'hex'), $4, to_timestamp($5::float8 / 1000))`,
        [fleetId, keyId, hash, scopes, expiresAt ?? null],
      )),
    revoke: async (hash) =>
      void (await database.query(`UPDATE api_key SET revoked_at = now() WHERE hash = decode($1, 'hex')`, [hash])),
    deny: async ({ fleetId, vehicleId, number, from }) =>
      void (await database.query(
        `INSERT INTO device_token (fleet_id, vehicle_id, number, dies_at)
         VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000)), ($1, $2, $3 + 1, NULL)`,
        [fleetId, vehicleId, number, from],
      )),
    stop,
  };
});

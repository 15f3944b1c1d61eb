import { connectDatabase, gatewayRole, migrate, withFleet, type Database } from './index';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
  await fill(server.database);
});
afterAll(() => server.stop());

/** One row of each of two fleets in every table that holds rows of a fleet. */
async function fill(database: Database): Promise<void> {
  for (const fleet of ['amber', 'birch']) {
    await database.query(`
      INSERT INTO fleet (id, name) VALUES ('${fleet}', '${fleet}');
      INSERT INTO api_key (fleet_id, key_id, hash, scopes) VALUES ('${fleet}', 'k1', '\\x${Buffer.from(fleet).toString('hex')}', '{admin}');
      INSERT INTO vehicle (fleet_id, id) VALUES ('${fleet}', 'bike-1');
      INSERT INTO device_token (fleet_id, vehicle_id, number) VALUES ('${fleet}', 'bike-1', 1);
      INSERT INTO vehicle_state (fleet_id, vehicle_id, partition, memory) VALUES ('${fleet}', 'bike-1', 0, '');
      INSERT INTO vehicle_look (fleet_id, vehicle_id, partition) VALUES ('${fleet}', 'bike-1', 0);
      INSERT INTO zone_set (fleet_id, version, status, origin, profile, zones, definition) VALUES ('${fleet}', 1, 'published', 'geojson', 'immediate', 0, '{}');
      INSERT INTO station_set (fleet_id, version, stations, definition) VALUES ('${fleet}', 1, 0, '{}');
      INSERT INTO zone_schedule (fleet_id, revision, version, effective_at) VALUES ('${fleet}', 1, 1, '-infinity');
      INSERT INTO audit (id, fleet_id, actor, action, object) VALUES ('audit-${fleet}', '${fleet}', 'key k1', 'publish', 'zone-set 1');
      INSERT INTO webhook_endpoint (fleet_id, id, url, secret) VALUES ('${fleet}', 'we-1', 'https://example.org', 'whsec_x');
      INSERT INTO geofence_event (id, revision, fleet_id, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late, at, detected_at, lng, lat, distance_to_edge_m, confidence)
        VALUES ('event-${fleet}', 1, '${fleet}', 'bike-1', 'z', 1, 'entered', 'moved', 'certain', false, now(), now(), 4, 52, 5, 1);
      INSERT INTO violation (id, revision, fleet_id, vehicle_id, zone_set_version, kind, rule_name, rule_from, status, opened_at, detected_at)
        VALUES ('violation-${fleet}', 1, '${fleet}', 'bike-1', 1, 'speeding', 'maximumSpeedKph', 'global', 'open', now(), now());
      SELECT ensure_day('track', '2026-11-21'), ensure_day('outbox', '2026-11-21');
      INSERT INTO track (day, fleet_id, vehicle_id, measured_at, at, received_at, source) VALUES ('2026-11-21', '${fleet}', 'bike-1', now(), now(), now(), 'device');
      INSERT INTO outbox (consumer, day, partition, seq, fleet_id, vehicle_id, type, id, revision, payload)
        VALUES ('geofence-${fleet}', '2026-11-21', 0, 1, '${fleet}', 'bike-1', 'violation.opened', 'violation-${fleet}', 1, '{}');
      INSERT INTO alert (id, revision, fleet_id, kind, severity, status, title, violation_ids, opened_at, last_at)
        VALUES ('alert-${fleet}', 1, '${fleet}', 'speeding', 'warning', 'open', 'Too fast', '{}', now(), now());
      INSERT INTO alert_history (id, alert_id, fleet_id, revision, action, actor, at) VALUES ('history-${fleet}', 'alert-${fleet}', '${fleet}', 1, 'opened', 'system', now());
      INSERT INTO delivery (id, fleet_id, endpoint_id, webhook_id, type, body, status) VALUES ('delivery-${fleet}', '${fleet}', 'we-1-${fleet}', 'x_r1', 'alert.opened', '{}', 'pending');
      INSERT INTO delivery_attempt (delivery_id, attempt, at, latency_ms) VALUES ('delivery-${fleet}', 1, now(), 12);
    `);
  }
}

const ofFleet = [
  'fleet',
  'api_key',
  'vehicle',
  'device_token',
  'vehicle_state',
  'vehicle_look',
  'zone_set',
  'station_set',
  'zone_schedule',
  'audit',
  'webhook_endpoint',
  'geofence_event',
  'violation',
  'track',
  'outbox',
  'alert',
  'alert_history',
  'delivery',
  'delivery_attempt',
];

/** Every table with a column that names a fleet, `fleet` itself, and what hangs on such a row. */
async function tablesOfAFleet(): Promise<string[]> {
  const { rows } = await server.database.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND (c.relname IN ('fleet', 'delivery_attempt')
          OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'fleet_id' AND NOT a.attisdropped))`,
  );
  return rows.map(({ name }) => name).sort();
}

async function count(tx: { query: Database['query'] }, table: string): Promise<number> {
  const { rows } = await tx.query<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`);
  return rows[0]?.rows ?? NaN;
}

test('no table of a fleet is forgotten here', async () => {
  expect(await tablesOfAFleet()).toEqual([...ofFleet].sort());
});

test.each(ofFleet)('whoever serves a fleet sees its rows in %s and no others', async (table) => {
  expect(await withFleet(server.database, 'amber', (tx) => count(tx, table))).toBe(1);
  expect(await withFleet(server.database, 'birch', (tx) => count(tx, table))).toBe(1);
  expect(await withFleet(server.database, 'cedar', (tx) => count(tx, table))).toBe(0);
});

test.each(ofFleet)('whoever has not said which fleet it serves sees nothing in %s', async (table) => {
  const seen = await server.database.transaction(async (tx) => {
    await tx.query(`SET LOCAL ROLE ${gatewayRole}`);
    return count(tx, table);
  });
  expect(seen).toBe(0);
});

test.each(ofFleet)('row-level security is enabled and forced on %s', async (table) => {
  const { rows } = await server.database.query(
    'SELECT relrowsecurity AS enabled, relforcerowsecurity AS forced FROM pg_class WHERE oid = $1::regclass',
    [table],
  );
  expect(rows).toEqual([{ enabled: true, forced: true }]);
});

test('the row of another fleet cannot be written, changed or removed', async () => {
  const insert = withFleet(server.database, 'amber', (tx) =>
    tx.query(`INSERT INTO vehicle (fleet_id, id) VALUES ('birch', 'bike-2')`),
  );
  await expect(insert).rejects.toThrow('violates row-level security policy');
  const move = withFleet(server.database, 'amber', (tx) => tx.query(`UPDATE vehicle SET fleet_id = 'birch'`));
  await expect(move).rejects.toThrow('violates row-level security policy');
  const attempts = withFleet(server.database, 'amber', async (tx) => [
    (await tx.query(`UPDATE vehicle SET name = 'mine' WHERE fleet_id = 'birch'`)).rowCount,
    (await tx.query(`DELETE FROM vehicle WHERE id = 'bike-1' AND fleet_id = 'birch'`)).rowCount,
    (await tx.query(`UPDATE alert SET status = 'resolved' WHERE id = 'alert-birch'`)).rowCount,
    (await tx.query(`UPDATE vehicle SET name = 'ours' WHERE id = 'bike-1'`)).rowCount,
  ]);
  expect(await attempts).toEqual([0, 0, 0, 1]);
});

test('a fleet cannot be smuggled in: role and fleet are those of the transaction, and end with it', async () => {
  const database = await connectDatabase({ url: server.url, application: 'one connection', poolSize: 1 });
  await withFleet(database, `amber' OR true --`, async (tx) => expect(await count(tx, 'vehicle')).toBe(0));
  await withFleet(database, 'amber', async (tx) => expect(await count(tx, 'vehicle')).toBe(1));
  await withFleet(database, 'amber', (tx) => tx.query('SELECT 1 / 0')).catch(() => undefined);
  const { rows } = await database.query(`SELECT current_user AS who, current_setting('app.fleet_id', true) AS fleet`);
  expect(rows).toEqual([{ who: 'corral', fleet: '' }]);
  expect(await count(database, 'vehicle')).toBe(2);
  await database.close();
});

test('what belongs to nobody’s fleet is out of reach, and so is what only grows', async () => {
  const refused = (statement: string) =>
    expect(withFleet(server.database, 'amber', (tx) => tx.query(statement))).rejects.toThrow('permission denied');
  await refused('SELECT value FROM dead_letter');
  await refused('SELECT value FROM setting');
  await refused('SELECT value FROM log_record');
  await refused('SELECT fleet_id FROM track_20261121');
  await refused(`UPDATE audit SET actor = 'nobody'`);
  await refused('DELETE FROM zone_schedule');
  await refused('UPDATE station_set SET stations = 0');
  await refused('DELETE FROM violation');
  await refused(`UPDATE partition_owner SET epoch = 1`);
});

test('the gateway’s role owns nothing and cannot step around the policies', async () => {
  const { rows } = await server.database.query(
    `SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, (SELECT count(*) FROM pg_class WHERE relowner = r.oid) AS owns
       FROM pg_roles r WHERE rolname = $1`,
    [gatewayRole],
  );
  expect(rows).toEqual([{ rolcanlogin: false, rolsuper: false, rolbypassrls: false, rolcreaterole: false, owns: 0 }]);
});

describe.each([
  ['may make roles', 'CREATEROLE', true],
  ['may not make roles and was not given ours', '', false],
])('when the owner of the tables is no superuser and %s', (_who, may, hasRole) => {
  const owner = hasRole ? 'maker' : 'plain_owner';
  let database: Database;
  beforeAll(async () => {
    await server.database.query(`CREATE ROLE ${owner} LOGIN ${may}`);
    await server.database.query(`CREATE DATABASE of_${owner} OWNER ${owner}`);
    if (hasRole) await server.database.query(`GRANT ${gatewayRole} TO ${owner} WITH ADMIN OPTION`);
    const url = server.url.replace('//corral@', `//${owner}@`).replace('/corral?', `/of_${owner}?`);
    await migrate({ url });
    database = await connectDatabase({ url, application: 'test' });
    await fill(database);
  });
  afterAll(() => database.close());

  test('it works across fleets', async () => {
    for (const table of ofFleet) expect([table, await count(database, table)]).toEqual([table, 2]);
  });

  test('withFleet keeps fleets apart', async () => {
    for (const table of ofFleet) {
      expect([table, await withFleet(database, 'amber', (tx) => count(tx, table))]).toEqual([table, 1]);
    }
    const who = await withFleet(database, 'amber', (tx) => tx.query('SELECT current_user::text AS who'));
    expect(who.rows).toEqual([{ who: hasRole ? gatewayRole : owner }]);
    const insert = withFleet(database, 'amber', (tx) =>
      tx.query(`INSERT INTO vehicle (fleet_id, id) VALUES ('birch', 'bike-2')`),
    );
    await expect(insert).rejects.toThrow('violates row-level security policy');
  });
});

test('a user whom no policy binds, without the role that they bind, serves nobody', async () => {
  await server.database.query('CREATE DATABASE without_grants');
  const database = await connectDatabase({
    url: server.url.replace('/corral?', '/without_grants?'),
    application: 'test',
  });
  await database.query('CREATE TABLE fleet (id text)');
  await expect(withFleet(database, 'amber', (tx) => count(tx, 'fleet'))).rejects.toThrow(
    'nothing keeps fleets apart here',
  );
  await database.close();
});

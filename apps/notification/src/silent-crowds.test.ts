import type { Database } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import type { Violation } from '@corral/domain';
import { setStage, type Stage } from './testing/notification-stage';
import { aViolation, closed } from './testing/some-facts';

const TEN = Date.parse('2026-11-21T10:00:00Z');

describe('silences of many', () => {
  let server: TestDatabase;
  let database: Database;
  let stage: Stage;
  beforeAll(async () => {
    server = await startTestDatabase();
    database = server.database;
  });
  beforeEach(async () => {
    stage = await setStage(database);
    await database.query('TRUNCATE violation, vehicle_state');
  });
  afterEach(() => stage.clear());
  afterAll(() => server?.stop());

  const silence = (number: number, afterMs = 0): Violation =>
    aViolation({
      id: `vio_silent${number}`,
      kind: 'silent',
      vehicleId: `bike-${number}`,
      openedAt: TEN + afterMs,
      rule: { name: 'silenceLimits', from: 'global' },
      limit: 60,
      position: [4.9 + number / 10, 52.37],
    });
  const fleet = (count: number) =>
    database.query(
      `INSERT INTO vehicle_state (fleet_id, vehicle_id, partition, memory, cell, last_contact)
       SELECT 'f1', 'bike-' || n, 0, '', n, to_timestamp(${TEN / 1_000}) FROM generate_series(0, $1::int - 1) n`,
      [count],
    );
  /** As geofence commits them, before it tells. */
  async function happen(...violations: Violation[]): Promise<void> {
    for (const { id, revision, fleetId, vehicleId, status, openedAt, position, closedAt } of violations)
      await database.query(
        `INSERT INTO violation (id, revision, fleet_id, vehicle_id, zone_set_version, kind, rule_name, rule_from, status, opened_at, closed_at,
           detected_at, lng, lat)
         VALUES ($1, $2, $3, $4, 1, 'silent', 'silenceLimits', 'global', $5, to_timestamp($6::float8 / 1000), to_timestamp($7::float8 / 1000),
           now(), $8, $9)
         ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, status = excluded.status, closed_at = excluded.closed_at`,
        [id, revision, fleetId, vehicleId, status, openedAt, closedAt ?? null, position![0], position![1]],
      );
    await stage.happen(...violations);
    await stage.settled();
  }
  const alerts = async () =>
    (
      await database.query<{ what: string }>(
        `SELECT kind || ' ' || status || ' ' || count AS what FROM alert ORDER BY kind, status, opened_at, id`,
      )
    ).rows.map(({ what }) => what);

  it('a third of a fleet silent at once is one alert, told once, and over when all are back', async () => {
    await fleet(90);
    await stage.endpoint('http://127.0.0.1:9/', { types: ['alert.opened', 'alert.resolved'] });
    const { stop } = await stage.notification();
    const silent = Array.from({ length: 30 }, (_, i) => silence(i, i * 500));
    await happen(...silent);
    expect(await alerts()).toEqual(['mass_silence open 30']);
    expect(await stage.deliveries()).toHaveLength(1);
    await happen(...silent.slice(0, 29).map(closed));
    expect(await alerts()).toEqual(['mass_silence open 30']);
    await happen(closed(silent[29]!));
    expect(await alerts()).toEqual(['mass_silence resolved 30']);
    await stop();
  });

  it('those that were alone when the mass began lose their alerts before anybody is told; those that follow join it', async () => {
    await fleet(90);
    await stage.endpoint('http://127.0.0.1:9/', { types: ['alert.opened', 'alert.resolved'] });
    await stage.notification();
    const silent = Array.from({ length: 40 }, (_, i) => silence(i, i * 500));
    await happen(...silent.slice(0, 5));
    expect(await alerts()).toEqual(Array.from({ length: 5 }, () => 'silent open 1'));
    await happen(...silent.slice(5, 25));
    expect(await alerts()).toEqual(['mass_silence open 25', ...Array.from({ length: 5 }, () => 'silent resolved 1')]);
    await happen(...silent.slice(25));
    expect((await alerts())[0]).toBe('mass_silence open 40');
    const told = (await stage.deliveries()).filter(({ status }) => status !== 'dropped');
    expect(told).toHaveLength(1);
    expect((await stage.deliveries()).filter(({ status }) => status === 'dropped')).toHaveLength(5);
  });

  it('a few of a large fleet, and all of a small one, are alerts of their own', async () => {
    await fleet(300);
    await stage.notification();
    await happen(...Array.from({ length: 30 }, (_, i) => silence(i, i * 500)));
    expect(await alerts()).toEqual(Array.from({ length: 30 }, () => 'silent open 1'));
  });
});

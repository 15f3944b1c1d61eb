import { kafkaSuite } from './support/kafka-suite';
import { publishedInOrder } from './support/published-in-order';
import { PARTITIONS, startServices, type ServicesDeployment } from './support/services';
import { until } from './support/until';

const VEHICLES = 9_000;
/** One transaction of a sweep takes so many of a partition. */
const CHUNK = 500;
/** Quick where the machine is ours alone; other programs may hold it up. */
const patiently = { withinMs: 60_000 };
/** The process is killed when so many have been told. */
const KILLED_AT = [1, 0.5 * VEHICLES];

/** Where a third of the bikes stands, and what the new zones mean for it. */
const CORNERS = [
  { lng: 4.85, zone: 'goes', told: 'exited goes' },
  { lng: 4.9, zone: 'comes', told: 'entered comes' },
  { lng: 4.95, zone: 'grows', told: 'entered grows' },
] as const;

kafkaSuite('kill -9 of geofence while thousands of parked bikes are being told of new zones', () => {
  let corral: ServicesDeployment;
  beforeAll(async () => {
    corral = await startServices();
  }, 180_000);
  afterAll(() => corral?.stop(), 60_000);

  it('leaves none of them untold, and tells none of them twice', async () => {
    const { database } = corral.database;
    const publish = async (...features: object[]) => {
      const set = { type: 'FeatureCollection', quiet: { profile: 'immediate' }, features };
      expect((await corral.gateway.post('/v1/zone-sets?publish=true', set)).status).toBe(201);
    };
    await publish(square('stays', 4.8, 5), square('goes', 4.84, 4.86), square('grows', 4.98, 4.99));
    const measuredAt = new Date().toISOString();
    for (let from = 0; from < VEHICLES; from += 1_000) {
      const heartbeats = Array.from({ length: 1_000 }, (_, i) => {
        const { lng } = CORNERS[(from + i) % CORNERS.length]!;
        return { vehicleId: `bike-${from + i}`, measuredAt, lat: 52.37, lng, state: 'available' };
      });
      expect((await corral.ingestion.post('/v1/heartbeats', { heartbeats })).status).toBe(202);
    }
    const known = () => database.query<{ count: number }>('SELECT count(*)::int AS count FROM vehicle_state');
    await until('all bikes are known', async () => (await known()).rows[0]!.count === VEHICLES || undefined, patiently);
    const { rows: shares } = await database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM vehicle_state GROUP BY partition',
    );
    expect(shares).toHaveLength(PARTITIONS);
    for (const { count } of shares) expect(count).toBeGreaterThan(2 * CHUNK);

    await publish(square('stays', 4.8, 5), square('comes', 4.89, 4.91), square('grows', 4.94, 4.99));
    const told = async () =>
      (
        await database.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM geofence_event WHERE cause = 'zone_changed'`,
        )
      ).rows[0]!.count;
    const leftBehind: number[] = [];
    for (const enough of KILLED_AT) {
      const geofence = corral.programs().get('geofence')!;
      await until('some more are told', async () => (await told()) >= enough || undefined, {
        ...patiently,
        everyMs: 3,
      });
      await geofence.end('SIGKILL');
      leftBehind.push(await told());
      await corral.start('geofence');
    }
    // Each kill found the sweep under way: some were told, and some were not.
    for (const [i, count] of leftBehind.entries()) {
      expect(count).toBeGreaterThanOrEqual(KILLED_AT[i]!);
      expect(count).toBeLessThan(VEHICLES);
    }
    await until('all are told', async () => (await told()) >= VEHICLES || undefined, patiently);

    const { rows } = await database.query<{ fact: string; count: number; bikes: number }>(
      `SELECT kind || ' ' || zone_id || ' ' || revision || CASE WHEN retracted THEN ' not' ELSE '' END AS fact,
              count(*)::int AS count, count(DISTINCT vehicle_id)::int AS bikes
         FROM geofence_event WHERE cause = 'zone_changed' GROUP BY 1 ORDER BY 1`,
    );
    const third = VEHICLES / CORNERS.length;
    expect(rows).toEqual(
      CORNERS.map((corner) => ({ fact: `${corner.told} 1`, count: third, bikes: third })).sort((a, b) =>
        a.fact < b.fact ? -1 : 1,
      ),
    );

    const perBike = await until('all of it is published', async () => {
      const { distinct } = await publishedInOrder(corral);
      const heard = distinct.filter(({ data }) => data.cause === 'zone_changed').map(({ data }) => data);
      return heard.length >= VEHICLES ? heard : undefined;
    });
    const heard = perBike.map(({ vehicleId, kind, zoneId }) => `${vehicleId} ${kind} ${zoneId}`).sort();
    const wanted = Array.from({ length: VEHICLES }, (_, i) => `bike-${i} ${CORNERS[i % CORNERS.length]!.told}`).sort();
    expect(heard).toEqual(wanted);
    console.info(`${VEHICLES} bikes told once each; killed when ${leftBehind.join(', ')} were told`);
  }, 120_000);
});

function square(id: string, west: number, east: number): object {
  const ring = [
    [west, 52.36],
    [east, 52.36],
    [east, 52.38],
    [west, 52.38],
    [west, 52.36],
  ];
  return { type: 'Feature', id, properties: { name: id }, geometry: { type: 'Polygon', coordinates: [ring] } };
}

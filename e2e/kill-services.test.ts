import type { Deployment } from './support/deployment';
import { factsOfEvaluate, factsOfServer } from './support/facts';
import { kafkaSuite } from './support/kafka-suite';
import { SERVICE_NAMES, startServices } from './support/services';
import { swingingRide, SWING_ZONES, type RiddenHeartbeat } from './support/track-crossing';
import { until } from './support/until';

const CONNECTIONS = 8;
const VEHICLES_PER_CONNECTION = 5;
const HEARTBEATS_PER_VEHICLE = 500;
const BATCH = 10;
const TOTAL = CONNECTIONS * VEHICLES_PER_CONNECTION * HEARTBEATS_PER_VEHICLE;

kafkaSuite('kill -9 of every service under load', () => {
  let corral: Deployment;
  beforeAll(async () => {
    corral = await startServices();
  }, 180_000);
  afterAll(() => corral?.stop(), 60_000);

  it(`keeps each of ${TOTAL} acknowledged heartbeats, and decides what corral evaluate decides`, async () => {
    expect((await corral.gateway.post('/v1/zone-sets?publish=true', SWING_ZONES)).status).toBe(201);
    const startsAt = Date.now() - HEARTBEATS_PER_VEHICLE * 1_000;
    const counts = { acknowledged: 0, resends: 0, kills: 0 };

    /** Sends one vehicle's ride in order, one request in flight, each until it is acknowledged. */
    async function sendRide(ride: readonly RiddenHeartbeat[]): Promise<void> {
      for (let from = 0; from < ride.length; from += BATCH) {
        const heartbeats = ride.slice(from, from + BATCH);
        for (;;) {
          const answer = await corral.ingestion.post('/v1/heartbeats', { heartbeats });
          if (answer.status === 202) {
            expect(answer.body).toEqual({ accepted: heartbeats.length, rejected: [] });
            counts.acknowledged += heartbeats.length;
            break;
          }
          expect([0, 503]).toContain(answer.status);
          counts.resends += 1;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    }

    const rides = Array.from({ length: CONNECTIONS * VEHICLES_PER_CONNECTION }, (_, number) =>
      swingingRide(`bike-${number}`, number, HEARTBEATS_PER_VEHICLE, startsAt),
    );
    const load = Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, connection) => {
        for (let turn = 0; turn < VEHICLES_PER_CONNECTION; turn += 1)
          await sendRide(rides[connection * VEHICLES_PER_CONNECTION + turn]!);
      }),
    );
    const kills = (async () => {
      for (const share of [0.2, 0.4, 0.6, 0.8]) {
        await until(`${share * 100} % are acknowledged`, () => counts.acknowledged >= share * TOTAL || undefined, {
          withinMs: 120_000,
        });
        await Promise.all(
          SERVICE_NAMES.map(async (service) => {
            counts.kills += 1;
            await corral.killAndRestart(service);
          }),
        );
      }
    })();
    await Promise.all([load, kills]);
    console.info(`${counts.acknowledged} acknowledged, ${counts.kills} kills, ${counts.resends} requests sent again`);
    expect(counts).toMatchObject({ acknowledged: TOTAL, kills: 20 });

    for (const ride of rides) {
      const wanted = ride.map((heartbeat) => heartbeat.measuredAt).reverse();
      const track = await until(
        `the track of ${ride[0]!.vehicleId} is complete`,
        async () => {
          const path = `/v1/vehicles/${ride[0]!.vehicleId}/telemetry`;
          // Geofence, killed as often as it was, may have to catch up before the vehicle is known at all.
          if ((await corral.gateway.get(`${path}?limit=1`)).status === 404) return undefined;
          const items = await corral.gateway.all(path);
          return items.length >= wanted.length ? items : undefined;
        },
        { withinMs: 60_000, everyMs: 500 },
      );
      expect(track.map((point) => point.measuredAt)).toEqual(wanted);
    }

    const decided = factsOfEvaluate(SWING_ZONES, rides.flat());
    expect(decided.length).toBeGreaterThan(5_000);
    await until(
      'geofence has decided everything',
      async () => ((await factsOfServer(corral.gateway)).length >= decided.length ? true : undefined),
      { withinMs: 60_000, everyMs: 1_000 },
    );
    expect(await factsOfServer(corral.gateway)).toEqual(decided);
    console.info(`${decided.length} facts, equal to corral evaluate's`);
  }, 400_000);
});

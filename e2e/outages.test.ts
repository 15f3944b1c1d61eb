import { setTimeout as pause } from 'node:timers/promises';
import { expectKeptAndDecided } from './support/expect-kept-and-decided';
import { kafkaSuite } from './support/kafka-suite';
import { SERVICE_NAMES, startServices, type ServicesDeployment } from './support/services';
import { startSwingingLoad } from './support/swinging-load';
import { SWING_ZONES } from './support/track-crossing';
import { until } from './support/until';

/** As long as every session of ours lasts, and more. */
const AWAY_MS = 15_000;

kafkaSuite('PostgreSQL and Kafka go away under load, one after the other', () => {
  let corral: ServicesDeployment;
  beforeAll(async () => {
    corral = await startServices();
  }, 180_000);
  afterAll(() => corral?.stop(), 60_000);

  it('takes heartbeats without PostgreSQL, refuses them without Kafka, and comes back from both by itself, with nothing lost or invented', async () => {
    expect((await corral.gateway.post('/v1/zone-sets?publish=true', SWING_ZONES)).status).toBe(201);
    const pids = () => [...corral.programs().values()].map(({ name, pid, ended }) => ({ name, pid, ended: ended() }));
    const before = pids();
    const load = startSwingingLoad(corral.ingestion, 12, 25);
    const acknowledgeMore = async (count: number, withinMs: number) => {
      const from = load.acknowledged();
      await until(`${count} more are acknowledged`, () => load.acknowledged() >= from + count || undefined, {
        withinMs,
        onTimeout: () => [...load.answers],
      });
    };
    const expectAlive = async () => {
      for (const service of SERVICE_NAMES) {
        const { status, body } = await corral.management(service).get('/livez');
        expect({ service, status, body }).toMatchObject({ status: 200 });
      }
    };
    await acknowledgeMore(500, 10_000);

    await corral.database.kill();
    await pause(AWAY_MS);
    await expectAlive();
    expect([...load.answers.keys()]).toEqual([202]);
    const slowestWithoutDatabase = load.slowestMs();
    expect(slowestWithoutDatabase).toBeLessThan(2_000);
    await corral.database.restart();
    await acknowledgeMore(500, 10_000);

    await corral.broker.kill();
    await pause(AWAY_MS);
    await expectAlive();
    expect((await corral.management('ingestion').get('/readyz')).status).toBe(503);
    const began = performance.now();
    const refused = await corral.ingestion.post('/v1/heartbeats', {
      vehicleId: 'never-taken',
      measuredAt: new Date().toISOString(),
      state: 'available',
    });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(15);
    expect(performance.now() - began).toBeLessThan(2_000);
    await corral.broker.restart();
    await acknowledgeMore(500, 20_000);

    const rides = await load.stop();
    const facts = await expectKeptAndDecided(corral, rides);
    expect(facts).toBeGreaterThan(1_000);
    expect(pids()).toEqual(before);
    console.info(
      `${load.acknowledged()} acknowledged, ${facts} facts, equal to corral evaluate's; slowest answer ${slowestWithoutDatabase} ms without PostgreSQL, ${load.slowestMs()} ms without Kafka`,
    );
  }, 120_000);
});

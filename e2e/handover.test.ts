import { setTimeout as pause } from 'node:timers/promises';
import { expectKeptAndDecided } from './support/expect-kept-and-decided';
import { kafkaSuite } from './support/kafka-suite';
import { publishedInOrder } from './support/published-in-order';
import { SERVICE_NAMES, startServices, type ServicesDeployment } from './support/services';
import { startSwingingLoad } from './support/swinging-load';
import { SWING_ZONES } from './support/track-crossing';
import { until } from './support/until';

kafkaSuite('processes that come, go, sleep and die under load', () => {
  let corral: ServicesDeployment;
  beforeAll(async () => {
    corral = await startServices();
  }, 180_000);
  afterAll(() => corral?.stop(), 60_000);

  it('hand their partitions over with nothing lost, invented or out of order', async () => {
    expect((await corral.gateway.post('/v1/zone-sets?publish=true', SWING_ZONES)).status).toBe(201);
    const load = startSwingingLoad(corral.ingestion, 12, 25);
    const flow = async () => {
      const from = load.acknowledged();
      await until('300 more are acknowledged', () => load.acknowledged() >= from + 300 || undefined);
    };
    await flow();

    // Asleep for longer than its session: the other one takes all its partitions, and then it wakes up in the middle of its work.
    const sleeper = corral.programs().get('geofence')!;
    const other = await corral.start('geofence', 'geofence-2');
    await flow();
    process.kill(sleeper.pid, 'SIGSTOP');
    await pause(8_000);
    process.kill(sleeper.pid, 'SIGCONT');
    await flow();
    await other.end('SIGKILL');
    await flow();

    for (const service of SERVICE_NAMES) {
      const began = performance.now();
      const ended = await corral.programs().get(service)!.end('SIGTERM');
      expect({ service, ...ended }).toEqual({ service, code: 0, signal: null });
      expect(performance.now() - began).toBeLessThan(25_000);
      await corral.start(service);
    }
    await flow();

    const facts = await expectKeptAndDecided(corral, await load.stop());
    const published = await publishedInOrder(corral);
    expect(published.distinct.length).toBeGreaterThanOrEqual(facts);
    console.info(
      `${load.acknowledged()} acknowledged, ${facts} facts, equal to corral evaluate's; ${published.distinct.length} messages, ${published.repeated} of them repeated`,
    );
  }, 180_000);
});

import { EVENTS_TOPIC, HEARTBEATS_TOPIC } from '@corral/contracts';
import { createHealth, createMetrics } from '@corral/runtime';
import { observeConsumption } from './observe-consumption';
import { eventually } from './testing/eventually';
import { numbered, stageFencedConsumer } from './testing/fenced-stage';

const stage = stageFencedConsumer();
const RECEIPT_OF_THE_FIRST = 1_795_000_000_000;

function observing(topic: string) {
  const metrics = createMetrics();
  const health = createHealth();
  const observed = observeConsumption({
    consumer: 'geofence',
    topic,
    metrics,
    health,
    clock: () => RECEIPT_OF_THE_FIRST + 9_004,
  });
  const metric = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(metrics.render())?.[1];
  return { metrics, health, observed, metric };
}

describe('how a consumer is seen from outside', () => {
  it('counts what was read, set aside and published, and shows how old the oldest partition is', async () => {
    const { observed, metric } = observing(HEARTBEATS_TOPIC);
    await stage.append(0, numbered(5));
    await stage.append(1, numbered(3));
    const consumption = await stage.consume({
      publishTo: EVENTS_TOPIC,
      observer: observed.observer,
      async write(flush) {
        await stage.writeAndPublish(flush);
        for (const { records, deadLetter } of flush.partitions)
          for (const record of records) if (record.offset === 4) deadLetter(record, 'wrong_schema');
      },
    });
    observed.watch(consumption);
    await eventually('all are published', () => metric('corral_outbox_published_total{consumer="geofence"}') === '8');
    expect(metric('corral_consumer_records_total{consumer="geofence"}')).toBe('8');
    expect(metric('corral_dead_letters_total{consumer="geofence",reason="wrong_schema"}')).toBe('1');
    expect(metric('corral_outbox_unpublished{consumer="geofence"}')).toBe('0');
    expect(metric('corral_consumer_parked{consumer="geofence"}')).toBe('0');
    expect(Number(metric('corral_consumer_flush_seconds_count{consumer="geofence"}'))).toBeGreaterThanOrEqual(1);
    // The last of partition 1 was received 2 ms after the first, that of partition 0 4 ms.
    expect(metric('corral_watermark_age_seconds{consumer="geofence"}')).toBe('9.002');
  });

  it('is ready until a partition is parked, and then says which and why', async () => {
    const { observed, health, metric } = observing(HEARTBEATS_TOPIC);
    const consumption = await stage.consume({ observer: observed.observer });
    observed.watch(consumption);
    await eventually('all are claimed', async () => (await stage.places()).length === 4);
    expect(health.isReady()).toBe(true);
    consumption.park(2, 'a hundred dead letters in a row');
    expect(JSON.parse(health.answer('/readyz')!.body).checks.geofence).toBe(
      'partition 2 is parked: a hundred dead letters in a row',
    );
    expect(metric('corral_consumer_parked{consumer="geofence"}')).toBe('1');
  });

  it('says nothing of the age of events: without ticks an old one means that nothing happened', async () => {
    const { observed, metrics } = observing(EVENTS_TOPIC);
    await stage.append(0, numbered(1));
    const consumption = await stage.consume({ observer: observed.observer });
    observed.watch(consumption);
    await eventually('it is read', async () => (await stage.effects()).length === 1);
    expect(metrics.render()).not.toMatch(/^corral_watermark_age_seconds/m);
  });
});

import { HEARTBEATS_TOPIC } from '@corral/contracts';
import type { Health, Metrics } from '@corral/runtime';
import type { FencedConsumption, FencedObserver } from './fenced-consumer';

/** What {@link observeConsumption} needs. */
export interface ObserveConsumptionOptions {
  readonly consumer: string;
  readonly topic: string;
  readonly metrics: Metrics;
  readonly health: Health;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** Shows a fenced consumer to those who run it. */
export interface ObservedConsumption {
  /** For `consumeFenced`. */
  readonly observer: FencedObserver;
  /** From now on the gauges and the readiness show this consumption. */
  watch(consumption: FencedConsumption): void;
}

/** The metrics and the readiness of a fenced consumer, the same for all of them. A partition that is parked turns readiness red, with its reason. */
export function observeConsumption(options: ObserveConsumptionOptions): ObservedConsumption {
  const { consumer, topic, metrics, health, clock } = options;
  const of = { consumer };
  const records = metrics.counter('corral_consumer_records_total');
  const seconds = metrics.histogram('corral_consumer_flush_seconds');
  const claims = metrics.counter('corral_consumer_claims_total');
  const partitions = metrics.gauge('corral_consumer_partitions');
  const fenced = metrics.counter('corral_consumer_fenced_total');
  const deadLetters = metrics.counter('corral_dead_letters_total');
  const published = metrics.counter('corral_outbox_published_total');
  const unpublished = metrics.gauge('corral_outbox_unpublished');
  const parked = metrics.gauge('corral_consumer_parked');
  const setAside = metrics.gauge('corral_consumer_vehicles_set_aside');
  const watermarkAge = metrics.gauge('corral_watermark_age_seconds');

  return {
    observer: {
      flushed(flush) {
        records.inc(of, flush.records);
        if (flush.records > 0) seconds.observe(flush.seconds, of, flush.traceparent);
      },
      claimed: () => claims.inc(of),
      fenced: () => fenced.inc(of),
      deadLettered: (reason) => deadLetters.inc({ consumer, reason }),
      published: (messages) => published.inc(of, messages),
    },
    watch(consumption) {
      unpublished.onRead(() => unpublished.set(consumption.unpublished(), of));
      partitions.onRead(() => partitions.set(consumption.assigned().length, of));
      parked.onRead(() => parked.set(consumption.parked().length, of));
      setAside.onRead(() => setAside.set(consumption.setAside().length, of));
      // Only heartbeats have ticks: elsewhere an old watermark says no more than that nothing happened.
      if (topic === HEARTBEATS_TOPIC)
        watermarkAge.onRead(() => {
          const known = consumption.progress().flatMap(({ watermark }) => watermark ?? []);
          if (known.length > 0) watermarkAge.set((clock() - Math.min(...known)) / 1000, of);
          else watermarkAge.remove(of);
        });
      health.ready(consumer, () => parkedReason(consumption));
    },
  };
}

function parkedReason(consumption: FencedConsumption): string | undefined {
  const parked = consumption.parked();
  if (parked.length === 0) return undefined;
  return parked.map(({ partition, reason }) => `partition ${partition} is parked: ${reason}`).join('; ');
}

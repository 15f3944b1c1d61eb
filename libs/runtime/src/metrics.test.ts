import { createMetrics } from './metrics';

test('counters, gauges and histograms are written as Prometheus reads them', () => {
  const metrics = createMetrics();
  const rejected = metrics.counter('corral_heartbeats_rejected_total', 'Refused heartbeats.', ['code']);
  rejected.inc({ code: 'null_island' });
  rejected.inc({ code: 'null_island' }, 2);
  rejected.inc({ code: 'a "quoted"\\\n code' });
  const inFlight = metrics.gauge('corral_ingestion_inflight_items', 'Items in flight.');
  inFlight.onRead(() => inFlight.set(7));
  const seconds = metrics.histogram('corral_log_append_seconds', 'Append.', [], [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 5]) seconds.observe(value);
  const lines = metrics.render().split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE corral_heartbeats_rejected_total counter',
      'corral_heartbeats_rejected_total{code="null_island"} 3',
      'corral_heartbeats_rejected_total{code="a \\"quoted\\"\\\\\\n code"} 1',
      'corral_ingestion_inflight_items 7',
      'corral_log_append_seconds_bucket{le="0.1"} 2',
      'corral_log_append_seconds_bucket{le="1"} 3',
      'corral_log_append_seconds_bucket{le="+Inf"} 4',
      'corral_log_append_seconds_sum 5.65',
      'corral_log_append_seconds_count 4',
    ]),
  );
});

test('asking for a metric again gives the same one, and a name has one type', () => {
  const metrics = createMetrics();
  metrics.counter('corral_ticks_total', 'Ticks.').inc();
  metrics.counter('corral_ticks_total', 'Ticks.').inc();
  expect(metrics.render()).toContain('corral_ticks_total 2');
  expect(() => metrics.gauge('corral_ticks_total', 'Ticks.')).toThrow(
    'metric corral_ticks_total is a counter, not a gauge',
  );
});

test('a process says its memory and its event-loop delay', () => {
  expect(createMetrics().render()).toMatch(/process_resident_memory_bytes \d+/);
  expect(createMetrics().render()).toMatch(/nodejs_eventloop_delay_seconds\{quantile="0.99"\} /);
});

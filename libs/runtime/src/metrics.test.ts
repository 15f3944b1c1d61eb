import { METRICS } from './metric-catalogue';
import { createMetrics } from './metrics';
import { formatFor } from './render-metrics';

test('counters, gauges and histograms are written as Prometheus reads them', () => {
  const metrics = createMetrics();
  const rejected = metrics.counter('corral_heartbeats_rejected_total');
  rejected.inc({ code: 'null_island' });
  rejected.inc({ code: 'null_island' }, 2);
  rejected.inc({ code: 'a "quoted"\\\n code' });
  const inFlight = metrics.gauge('corral_ingestion_inflight_items');
  inFlight.onRead(() => inFlight.set(7));
  const seconds = metrics.histogram('corral_log_append_seconds', [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 5]) seconds.observe(value, { topic: 't' });
  const lines = metrics.render().split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE corral_heartbeats_rejected_total counter',
      'corral_heartbeats_rejected_total{code="null_island"} 3',
      'corral_heartbeats_rejected_total{code="a \\"quoted\\"\\\\\\n code"} 1',
      'corral_ingestion_inflight_items 7',
      'corral_log_append_seconds_bucket{topic="t",le="0.1"} 2',
      'corral_log_append_seconds_bucket{topic="t",le="1.0"} 3',
      'corral_log_append_seconds_bucket{topic="t",le="+Inf"} 4',
      'corral_log_append_seconds_sum{topic="t"} 5.65',
      'corral_log_append_seconds_count{topic="t"} 4',
    ]),
  );
});

test('asking for a metric again gives the same one, and a name has one type', () => {
  const metrics = createMetrics();
  metrics.counter('corral_ticks_total').inc();
  metrics.counter('corral_ticks_total').inc();
  expect(metrics.render()).toContain('corral_ticks_total 2');
  expect(() => metrics.gauge('corral_ticks_total' as 'corral_live_clients')).toThrow(
    'metric corral_ticks_total is a counter, not a gauge',
  );
});

test('Prometheus may ask for OpenMetrics, where a slow bucket names the trace of one that was slow', () => {
  expect(formatFor('application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5')).toBe('openmetrics');
  expect(formatFor('application/openmetrics-text; version=1.0.0; charset=utf-8')).toBe('openmetrics');
  expect(formatFor('text/plain')).toBe('prometheus');
  expect(formatFor(undefined)).toBe('prometheus');
  const metrics = createMetrics();
  const seconds = metrics.histogram('corral_alert_latency_seconds', [1]);
  seconds.observe(0.5);
  seconds.observe(2, undefined, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  metrics.counter('corral_ticks_total').inc(undefined, 3);
  const text = metrics.render('openmetrics');
  expect(text).toMatch(
    /^corral_alert_latency_seconds_bucket\{le="\+Inf"\} 2 # \{trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"\} 2 \d+\.?\d*$/m,
  );
  expect(text).toContain('corral_alert_latency_seconds_bucket{le="1.0"} 1\n');
  expect(text).toContain('# TYPE corral_ticks counter\ncorral_ticks_total 3\n');
  expect(text).toMatch(/# EOF\n$/);
  expect(metrics.render()).not.toMatch(/# \{|EOF/);
});

test('what others count is looked up when somebody reads', () => {
  const metrics = createMetrics();
  let exported = 1;
  metrics.counter('corral_spans_total').onRead(() => exported, { outcome: 'exported' });
  exported = 5;
  expect(metrics.render()).toContain('corral_spans_total{outcome="exported"} 5');
});

test('every metric says what it is, a counter ends in _total, and what is measured names its unit', () => {
  for (const [name, { type, help }] of Object.entries(METRICS)) {
    expect(help).toMatch(/\.$/);
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  }
});

test('a process says its memory and its event-loop delay', () => {
  expect(createMetrics().render()).toMatch(/process_resident_memory_bytes \d+/);
  expect(createMetrics().render()).toMatch(/nodejs_eventloop_delay_seconds\{quantile="0.99"\} /);
});

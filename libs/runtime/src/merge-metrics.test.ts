import { mergeMetrics } from './merge-metrics';
import { createMetrics } from './metrics';
import { renderMetrics } from './render-metrics';

test('the metrics of two processes are one family each, with a series for each of them', () => {
  const [first, second] = [createMetrics(), createMetrics()];
  first.counter('corral_heartbeats_rejected_total').inc({ code: 'null_island' }, 3);
  second.counter('corral_heartbeats_rejected_total').inc({ code: 'null_island' });
  second.histogram('corral_log_append_seconds', [1]).observe(0.5, { topic: 't' });
  const lines = renderMetrics(
    mergeMetrics(
      'worker',
      new Map([
        ['1', first.read()],
        ['2', second.read()],
      ]),
    ),
  ).split('\n');
  expect(lines.filter((line) => line === '# TYPE corral_heartbeats_rejected_total counter')).toHaveLength(1);
  expect(lines).toEqual(
    expect.arrayContaining([
      'corral_heartbeats_rejected_total{worker="1",code="null_island"} 3',
      'corral_heartbeats_rejected_total{worker="2",code="null_island"} 1',
      'corral_log_append_seconds_bucket{worker="2",topic="t",le="1.0"} 1',
    ]),
  );
  expect(lines.filter((line) => line.startsWith('process_start_time_seconds{'))).toHaveLength(2);
});

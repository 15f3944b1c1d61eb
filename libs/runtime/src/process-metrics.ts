import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics';

/** Adds what every process says about itself, under the names Prometheus' own clients use. */
export function addProcessMetrics(metrics: Metrics): void {
  // Its timer does not keep the process alive.
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const start = metrics.gauge('process_start_time_seconds');
  start.set(Math.round(Date.now() / 1000 - process.uptime()));
  metrics.counter('process_cpu_seconds_total').onRead(() => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  const memory = metrics.gauge('process_resident_memory_bytes');
  memory.onRead(() => memory.set(process.memoryUsage.rss()));
  const heap = metrics.gauge('nodejs_heap_used_bytes');
  heap.onRead(() => heap.set(process.memoryUsage().heapUsed));
  const lag = metrics.gauge('nodejs_eventloop_delay_seconds');
  lag.onRead(() => {
    for (const quantile of [50, 99]) lag.set(delay.percentile(quantile) / 1e9, { quantile: quantile / 100 });
    delay.reset();
  });
}

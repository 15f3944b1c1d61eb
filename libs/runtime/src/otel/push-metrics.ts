import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api';
import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  PeriodicExportingMetricReader,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Environment } from '../config';
import type { MetricSnapshot, SeriesSnapshot } from '../metric-snapshot';
import type { Metrics } from '../metrics';
import { protocolOf } from './export-spans';

/** Pushes our metrics to OTLP every OTEL_METRIC_EXPORT_INTERVAL ms (60,000), as they would be scraped. */
export function pushMetrics(env: Environment, metrics: Metrics): PeriodicExportingMetricReader {
  const protocol = protocolOf(env, 'METRICS');
  const Exporter = protocol === 'grpc' ? GrpcExporter : protocol === 'http/json' ? JsonExporter : ProtobufExporter;
  const intervalMs = Number(env.OTEL_METRIC_EXPORT_INTERVAL) || 60_000;
  return new PeriodicExportingMetricReader({
    exporter: new Exporter(),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(30_000, intervalMs),
    metricProducers: [producerOf(metrics)],
  });
}

/** Our registry as the SDK reads one: all counts since the start of the process. */
function producerOf(metrics: Metrics): MetricProducer {
  const startTime = hrTime(performance.timeOrigin);
  return {
    collect: () => {
      const endTime = hrTime(Date.now());
      const data = metrics.read().map((snapshot) => metricData(snapshot, { startTime, endTime }));
      const scopeMetrics = [{ scope: { name: 'corral' }, metrics: data }];
      return Promise.resolve({ resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] });
    },
  };
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function metricData({ name, type, help, series }: MetricSnapshot, times: Times): MetricData {
  const common = {
    descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const point = <T>({ labels }: SeriesSnapshot, value: T) => ({
    ...times,
    attributes: Object.fromEntries(labels) as Attributes,
    value,
  });
  if (type === 'histogram')
    return {
      ...common,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: series.flatMap((each) => (each.histogram ? [point(each, histogramOf(each, each.histogram))] : [])),
    };
  const dataPoints = series.map((each) => point(each, each.value));
  return type === 'gauge'
    ? { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
    : { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

function histogramOf({ value: sum }: SeriesSnapshot, found: NonNullable<SeriesSnapshot['histogram']>) {
  const { buckets, counts, count } = found;
  const within = counts.reduce((all, each) => all + each, 0);
  return { buckets: { boundaries: [...buckets], counts: [...counts, count - within] }, sum, count };
}

function hrTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}

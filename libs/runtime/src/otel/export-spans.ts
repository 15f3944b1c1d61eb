import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { ConfigError, type Environment } from '../config';
import type { Metrics } from '../metrics';

const DEFAULT_QUEUE = 2_048;

/** Spans in batches to OTLP, as OTEL_EXPORTER_OTLP_* and OTEL_BSP_* say; what becomes of each is counted, because a full queue drops them. */
export function exportSpans(env: Environment, metrics: Metrics): SpanProcessor {
  const most = numberIn(env, 'OTEL_BSP_MAX_QUEUE_SIZE') ?? DEFAULT_QUEUE;
  const counts = { exported: 0, failed: 0, dropped: 0 };
  const total = metrics.counter('corral_spans_total');
  for (const outcome of Object.keys(counts) as (keyof typeof counts)[])
    total.onRead(() => counts[outcome], { outcome });
  let waiting = 0;

  const exporter = exporterFor(protocolOf(env, 'TRACES'));
  const counting: SpanExporter = {
    export(spans, done) {
      exporter.export(spans, (result) => {
        waiting -= spans.length;
        counts[result.code === 0 ? 'exported' : 'failed'] += spans.length;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
  const batches = new BatchSpanProcessor({
    exporter: counting,
    // Ours is the limit: theirs would drop without telling.
    maxQueueSize: most + 1,
    scheduledDelayMillis: numberIn(env, 'OTEL_BSP_SCHEDULE_DELAY'),
    exportTimeoutMillis: numberIn(env, 'OTEL_BSP_EXPORT_TIMEOUT'),
    maxExportBatchSize: numberIn(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? Math.min(512, most),
  });
  return {
    onStart: (span, context) => batches.onStart(span, context),
    onEnd(span: ReadableSpan) {
      if (waiting >= most) {
        counts.dropped += 1;
        return;
      }
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}

/** How OTLP is spoken for a signal. */
export function protocolOf(env: Environment, signal: 'TRACES' | 'METRICS'): 'grpc' | 'http/json' | 'http/protobuf' {
  const name = `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`;
  const given = env[name] || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf';
  if (given === 'grpc' || given === 'http/json' || given === 'http/protobuf') return given;
  const named = env[name] ? name : 'OTEL_EXPORTER_OTLP_PROTOCOL';
  throw new ConfigError([`${named} must be one of grpc, http/protobuf, http/json, not ${JSON.stringify(given)}`]);
}

function exporterFor(protocol: ReturnType<typeof protocolOf>): SpanExporter {
  if (protocol === 'grpc') return new GrpcExporter();
  return protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
}

function numberIn(env: Environment, name: string): number | undefined {
  const given = Number(env[name] || NaN);
  return given > 0 ? given : undefined;
}

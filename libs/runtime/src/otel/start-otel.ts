import { hostname } from 'node:os';
import {
  context,
  diag,
  DiagLogLevel,
  metrics as metricsApi,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
} from '@opentelemetry/api';
import { serviceInstanceIdDetector, serviceNameEnvDetector } from '@opentelemetry/resources';
import { startNodeSdk } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
import type { Environment } from '../config';
import type { Logger } from '../logger';
import type { Metrics } from '../metrics';
import type { WantedSignals } from '../observability';
import type { SpanStart } from '../span';
import { ATTRIBUTES } from '../span-names';
import { idsOf, traceparentOf } from '../trace-parent';
import type { StartSpan } from '../tracer';
import { pushMetrics } from './push-metrics';
import { exportSpans } from './export-spans';

/** What {@link startOtel} needs. */
export interface OtelOptions {
  readonly env: Environment;
  readonly service: string;
  readonly wanted: WantedSignals;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** OpenTelemetry at work. */
export interface Otel {
  readonly startSpan: StartSpan;
  /** Sends what is unsent, for a moment. */
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 3_000;
const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/**
 * Starts the SDK: spans that were sampled by us go to OTLP in batches, metrics are read from our registry. No instrumentation patches
 * anything; see docs/adr/0019-observability.md.
 */
export function startOtel({ env, service, wanted, logger, metrics }: OtelOptions): Otel {
  const sdk = startNodeSdk({
    logLevel: 'none',
    instrumentations: [],
    // Explicit: the detectors of processes would publish the command line.
    resourceDetectors: [serviceInstanceIdDetector, serviceNameEnvDetector],
    resourceAttributes: {
      'service.name': env.OTEL_SERVICE_NAME || serviceNameIn(env.OTEL_RESOURCE_ATTRIBUTES) || service,
      'host.name': hostname(),
    },
    // What comes here was sampled already.
    sampler: new AlwaysOnSampler(),
    spanProcessors: wanted.traces ? [exportSpans(env, metrics)] : [],
    metricReaders: wanted.metrics ? [pushMetrics(env, metrics)] : [],
    logRecordProcessors: [],
  });
  // After the SDK has set its own, which writes prose to the console.
  diag.setLogger(diagnosticsTo(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const tracer = trace.getTracer('corral');

  const startSpan: StartSpan = (name, start) => {
    const span = tracer.startSpan(name, optionsOf(start), contextOf(start.parent));
    const traceparent = traceparentOf(span.spanContext());
    let ended = false;
    return {
      traceparent,
      rename: (other) => void span.updateName(other),
      set: (attributes) => void span.setAttributes(attributes as Attributes),
      end(failure) {
        if (ended) return;
        ended = true;
        if (failure !== undefined) {
          span.setAttribute(ATTRIBUTES.error, failure);
          span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
        }
        span.end();
      },
    };
  };

  return {
    startSpan,
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, STOP_WITHIN_MS, 'late')));
      // Nobody who listens for spans is a reason to fail a stop. What comes after we gave up is nobody's business any more.
      const failure = await Promise.race([
        sdk.shutdown().then(
          () => undefined,
          (error: unknown) => error,
        ),
        enough,
      ]);
      clearTimeout(timer);
      if (failure === 'late') logger.warn(`the last spans could not be sent within ${STOP_WITHIN_MS / 1_000} s`);
      else if (failure !== undefined) logger.warn({ err: failure }, 'the last spans could not be sent');
      // The SDK sets them for the whole process and never takes them back.
      for (const global of [trace, metricsApi, context, propagation, diag]) global.disable();
    },
  };
}

function optionsOf({ kind = 'internal', links, attributes, startedAt }: SpanStart) {
  return {
    kind: KINDS[kind],
    ...(links ? { links: links.map((link) => ({ context: spanContextOf(link) })) } : {}),
    ...(attributes ? { attributes: attributes as Attributes } : {}),
    ...(startedAt === undefined ? {} : { startTime: startedAt }),
  };
}

function contextOf(parent: string | undefined) {
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent));
}

function spanContextOf(traceparent: string) {
  return { ...idsOf(traceparent), traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

function serviceNameIn(attributes: string | undefined): string | undefined {
  return /(?:^|,)\s*service\.name=([^,]+)/.exec(attributes ?? '')?.[1];
}

function diagnosticsTo(logger: Logger) {
  const say =
    (level: 'warn' | 'error' | 'debug') =>
    (message: string, ...more: unknown[]) =>
      logger[level]({ detail: more.map(String) }, `OpenTelemetry: ${message}`);
  // What it calls an error is no reason to wake anybody: our work goes on without it.
  return { error: say('warn'), warn: say('warn'), info: say('debug'), debug: say('debug'), verbose: say('debug') };
}

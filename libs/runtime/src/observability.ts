import type { Closers } from './closers';
import { ConfigError, type Environment } from './config';
import type { Logger } from './logger';
import type { Metrics } from './metrics';
import { readSampling } from './sampling';
import { traceWith } from './tracer';

/** What {@link startObservability} needs. */
export interface ObservabilityOptions {
  readonly env: Environment;
  /** What this program is called in traces unless OTEL_SERVICE_NAME says otherwise, such as `corral-ingestion`. */
  readonly service: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly closers: Closers;
}

/** Which signals the environment asks to be sent somewhere. */
export interface WantedSignals {
  readonly traces: boolean;
  /** Metrics are always there to be scraped; this is about pushing them as well. */
  readonly metrics: boolean;
}

/** What the environment asks for: traces as soon as it says where to or how; metrics when OTEL_METRICS_EXPORTER says so. */
export function wantedSignals(env: Environment): WantedSignals {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return { traces: false, metrics: false };
  const somewhere = env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_CONFIG_FILE;
  const exporter = env.OTEL_TRACES_EXPORTER || (somewhere ? 'otlp' : 'none');
  const metrics = env.OTEL_METRICS_EXPORTER || 'none';
  for (const [name, value] of Object.entries({ OTEL_TRACES_EXPORTER: exporter, OTEL_METRICS_EXPORTER: metrics }))
    if (value !== 'otlp' && value !== 'none')
      throw new ConfigError([`${name} must be one of otlp, none, not ${JSON.stringify(value)}`]);
  return { traces: exporter === 'otlp', metrics: metrics === 'otlp' };
}

/** Loads OpenTelemetry if the environment asks for any of it, and not a byte of it otherwise. What is still unsent is sent when closing. */
export async function startObservability(options: ObservabilityOptions): Promise<void> {
  const wanted = wantedSignals(options.env);
  if (!wanted.traces && !wanted.metrics) return;
  const sampling = readSampling(options.env);
  const { startOtel } = await import('@corral/runtime/otel');
  const otel = startOtel({ ...options, wanted });
  if (wanted.traces) traceWith({ startSpan: otel.startSpan, sampling });
  options.closers.add('observability', async () => {
    traceWith(undefined);
    await otel.stop();
  });
}

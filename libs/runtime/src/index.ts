export { retryForever, sleep, type RetryOptions } from './backoff';
export { Closers } from './closers';
export {
  ConfigError,
  defineConfig,
  describeConfig,
  readConfig,
  type ConfigOf,
  type ConfigRule,
  type ConfigSpec,
  type Environment,
  type SettingDescription,
} from './config';
export { formatDuration, parseDuration } from './duration';
export { explain } from './explain';
export { createHealth, type Health, type HealthAnswer, type HealthCheck } from './health';
export { newId, sha256Hex, uuidv7 } from './ids';
export { listen, type ConnectionTaker, type Listening, type ListenOptions } from './listen';
export { createLogger, LOG_LEVELS, type Logger, type LoggerOptions, type LogLevel, type LogMethod } from './logger';
export { makeFolder } from './make-folder';
export { MANAGEMENT_PATHS, managementHandler, serveManagement, type RenderedMetrics } from './management-handler';
export { maskPasswords } from './mask-passwords';
export { mergeMetrics } from './merge-metrics';
export {
  METRIC_NAMES,
  METRICS,
  type LabelOf,
  type MetricDescription,
  type MetricName,
  type NameOf,
} from './metric-catalogue';
export { type Exemplar, type MetricSnapshot, type SeriesSnapshot } from './metric-snapshot';
export {
  createMetrics,
  SECONDS_BUCKETS,
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type Metrics,
} from './metrics';
export { Problem, sendProblem, type ProblemOptions } from './problem';
export { notFound, problemHandler, toProblem } from './problem-handler';
export { formatFor, METRIC_FORMATS, renderMetrics, type MetricFormat } from './render-metrics';
export { routeByPrefix, type PrefixRoute } from './route-by-prefix';
export { EXIT_WITHIN_MS, runProgram, type ProgramOptions, type Role, type RoleContext } from './run-program';
export {
  bootstrapKeySettings,
  deployedBootstrapKey,
  deployedTokenSecret,
  isKnownSecret,
  tokenSecretSettings,
} from './secret-settings';
export {
  databaseSettings,
  eventLogSettings,
  KAFKA_WITHOUT_DATABASE,
  kafkaSettings,
  processSettings,
} from './service-settings';
export {
  cidrList,
  duration,
  flag,
  integer,
  list,
  port,
  secret,
  text,
  url,
  type Parsed,
  type Setting,
  type SettingOptions,
} from './setting';
export type { Span, SpanAttributes, SpanKind, SpanStart } from './span';
export { ATTRIBUTES, SPANS } from './span-names';
export { traceBatch, type TracedBatch } from './trace-batch';
export { readTraceparent } from './trace-parent';
export { tracer, type Tracer } from './tracer';
export { waitAtStart, type WaitAtStartOptions } from './wait-at-start';

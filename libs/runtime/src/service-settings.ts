import { defineConfig } from './config';
import { LOG_LEVELS } from './logger';
import { SAMPLERS } from './sampling';
import { duration, flag, integer, list, port, secret, text, url } from './setting';

/**
 * What is sent to OpenTelemetry; the SDK itself reads these, and its others (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
 */
const otelSettings = defineConfig({
  OTEL_EXPORTER_OTLP_ENDPOINT: url({
    protocols: ['http:', 'https:'],
    example: 'http://collector:4318',
    description: 'Where traces are sent, such as http://collector:4318; without it nothing is traced.',
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: text({
    oneOf: ['http/protobuf', 'http/json', 'grpc'],
    description: 'How: http/protobuf, http/json or grpc; http/protobuf when not set.',
  }),
  OTEL_TRACES_SAMPLER: text({
    oneOf: SAMPLERS,
    description: `Which requests are traced: ${SAMPLERS.join(', ')}; parentbased_traceidratio when not set.`,
  }),
  OTEL_TRACES_SAMPLER_ARG: text({ description: 'The share of them, from 0 to 1; 0.01 when not set.' }),
  OTEL_METRICS_EXPORTER: text({
    oneOf: ['none', 'otlp'],
    description: 'otlp: metrics are sent there as well; they can be scraped in any case.',
  }),
  OTEL_SERVICE_NAME: text({ description: 'What the program is called in traces; corral- and its name when not set.' }),
});

/** What every long-running program reads about itself. */
export const processSettings = defineConfig({
  MANAGEMENT_PORT: port({
    default: 9090,
    description: 'Where /livez, /readyz and /metrics are served; 0 lets the system choose.',
  }),
  HOST: text({ default: '0.0.0.0', description: 'The address to listen on.' }),
  LOG_LEVEL: text({ oneOf: LOG_LEVELS, default: 'info', description: `How much is logged: ${LOG_LEVELS.join(', ')}.` }),
  DRAIN_MS: integer({
    default: 5_000,
    max: 20_000,
    description: 'Milliseconds between "not ready" and closing when told to stop.',
  }),
  ...otelSettings,
  CORRAL_WAIT_AT_START: duration({
    default: 0,
    description:
      'How long a service that starts waits, alive and not ready, for a PostgreSQL or Kafka that does not answer; PT0S: it exits with 1 at once.',
  }),
});

/** How to reach Kafka; without KAFKA_BROKERS the log is in PostgreSQL and the rest of these does not count. */
export const kafkaSettings = defineConfig({
  KAFKA_BROKERS: list({
    description: 'Brokers of the event log, as host:port separated by commas; without it the log is in PostgreSQL.',
    each: (broker) =>
      /^(\[[^\]\s]+\]|[^\s:/]+):\d{1,5}$/.test(broker) ? undefined : 'brokers as host:port, separated by commas',
  }),
  KAFKA_SASL_MECHANISM: text({
    oneOf: ['plain', 'scram-sha-256', 'scram-sha-512'],
    description: 'How to log in at the brokers: plain, scram-sha-256 or scram-sha-512; without it nobody logs in.',
  }),
  KAFKA_SASL_USERNAME: text({ description: 'The user at the brokers.' }),
  KAFKA_SASL_PASSWORD: secret({ description: "The user's password at the brokers." }),
  KAFKA_TLS: flag({
    default: false,
    description: 'Whether to speak TLS with the brokers: on or off; on as soon as one of KAFKA_TLS_* is given.',
  }),
  KAFKA_TLS_CA: text({
    description: 'PEM of the authority that signed the brokers; usually given as KAFKA_TLS_CA_FILE.',
  }),
  KAFKA_TLS_CERT: text({
    description: 'PEM of our certificate, for brokers that ask for one; usually given as KAFKA_TLS_CERT_FILE.',
  }),
  KAFKA_TLS_KEY: secret({ description: 'PEM of its key; usually given as KAFKA_TLS_KEY_FILE.' }),
  CORRAL_FAST_KAFKA: flag({
    default: true,
    description:
      'Whether one request carries all partitions of a broker, in our own encoding, and what is fetched is read by us; off: both through kafkajs, one partition each.',
  }),
  KAFKA_SESSION_TIMEOUT: duration({
    default: 10_000,
    minMs: 500,
    maxMs: 300_000,
    description: 'How long a consumer that fell silent keeps its partitions.',
  }),
});

/** Where everything but the log lives. */
export const databaseSettings = defineConfig({
  DATABASE_URL: url({
    required: true,
    protocols: ['postgres:', 'postgresql:'],
    example: 'postgres://corral:password@db:5432/corral',
    description: 'Where PostgreSQL is, such as postgres://corral:password@db:5432/corral.',
    missing: (isSet) =>
      isSet('KAFKA_BROKERS')
        ? KAFKA_WITHOUT_DATABASE
        : 'DATABASE_URL must be set (or DATABASE_URL_FILE): where PostgreSQL is, such as postgres://corral:password@db:5432/corral',
  }),
});

/** Kafka alone is refused, by every program, with this sentence. */
export const KAFKA_WITHOUT_DATABASE =
  'KAFKA_BROKERS is set without DATABASE_URL: Kafka carries only the log, all else lives in PostgreSQL; set DATABASE_URL as well, or unset KAFKA_BROKERS';

/** What a service of the deployed mode reads to reach the database and the event log. */
export const eventLogSettings = defineConfig({
  ...databaseSettings,
  ...kafkaSettings,
  CORRAL_PARTITIONS: integer({
    min: 1,
    max: 1_000,
    description:
      'How many partitions every topic has; pinned at the first migration (deployed 48, embedded 4), checked afterwards.',
  }),
});

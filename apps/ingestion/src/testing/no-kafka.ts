import type { EventLogConfig } from '@corral/messaging';

/** The settings of an environment without Kafka. */
export const NO_KAFKA: EventLogConfig = {
  KAFKA_BROKERS: undefined,
  KAFKA_SASL_MECHANISM: undefined,
  KAFKA_SASL_USERNAME: undefined,
  KAFKA_SASL_PASSWORD: undefined,
  KAFKA_TLS: false,
  KAFKA_TLS_CA: undefined,
  KAFKA_TLS_CERT: undefined,
  KAFKA_TLS_KEY: undefined,
  CORRAL_FAST_KAFKA: true,
  KAFKA_SESSION_TIMEOUT: 10_000,
};

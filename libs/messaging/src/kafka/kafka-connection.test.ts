import { kafkaSettings, readConfig } from '@corral/runtime';
import { kafkaConnectionFrom } from './kafka-connection';

describe('how to reach Kafka, from the environment', () => {
  it.each([
    ['nothing is set', {}, undefined],
    ['brokers alone', { KAFKA_BROKERS: 'a:9092, b:9092' }, { brokers: ['a:9092', 'b:9092'], clientId: 'geofence' }],
    [
      'TLS is on',
      { KAFKA_BROKERS: 'a:9092', KAFKA_TLS: 'on' },
      { brokers: ['a:9092'], clientId: 'geofence', ssl: true },
    ],
    [
      'an authority is given, which turns TLS on',
      { KAFKA_BROKERS: 'a:9092', KAFKA_TLS_CA: 'PEM' },
      { brokers: ['a:9092'], clientId: 'geofence', ssl: { ca: 'PEM', cert: undefined, key: undefined } },
    ],
    [
      'a login',
      {
        KAFKA_BROKERS: 'a:9092',
        KAFKA_SASL_MECHANISM: 'scram-sha-512',
        KAFKA_SASL_USERNAME: 'corral',
        KAFKA_SASL_PASSWORD: 'x',
      },
      {
        brokers: ['a:9092'],
        clientId: 'geofence',
        sasl: { mechanism: 'scram-sha-512', username: 'corral', password: 'x' },
      },
    ],
  ])('%s', (_what, environment, connection) => {
    expect(kafkaConnectionFrom(readConfig(kafkaSettings, environment), 'geofence')).toEqual(connection);
  });
});

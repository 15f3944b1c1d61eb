import { kafkaAvailable } from '@corral/messaging/testing';

/** A suite that needs a real broker: left out, and said aloud, where none can be started; in CI that is a failure. */
export function kafkaSuite(name: string, body: () => void): void {
  const available = kafkaAvailable();
  if (available) return describe(name, body);
  if (process.env.CI)
    return void it(`${name} needs Kafka: Java and Maven, KAFKA_HOME or KAFKA_BROKERS`, () =>
      expect(available).toBe(true));
  console.warn(`left out, for want of Kafka (Java 17 and Maven, KAFKA_HOME or KAFKA_BROKERS): ${name}`);
  describe.skip(name, body);
}

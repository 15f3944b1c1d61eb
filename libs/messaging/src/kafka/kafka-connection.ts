import type { ConnectionOptions } from 'node:tls';
import type { ConfigOf, kafkaSettings } from '@corral/runtime';
import type { Admin, Kafka, KafkaConfig } from 'kafkajs';
import { loadKafkaJs, type KafkaJs } from './load-kafkajs';

/** Who to log in as at the brokers. */
export interface KafkaLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** How to reach Kafka. */
export interface KafkaConnection {
  /** `host:port`, any of the cluster's brokers. */
  readonly brokers: readonly string[];
  /** Who we say we are, in the brokers' logs and quotas. */
  readonly clientId: string;
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: KafkaLogin;
}

/** What `KAFKA_BROKERS`, `KAFKA_SASL_*` and `KAFKA_TLS_*` say; undefined when KAFKA_BROKERS is not set. */
export function kafkaConnectionFrom(
  config: ConfigOf<typeof kafkaSettings>,
  clientId: string,
): KafkaConnection | undefined {
  if (config.KAFKA_BROKERS === undefined) return undefined;
  const { KAFKA_TLS: tls, KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key } = config;
  const certificates = ca !== undefined || cert !== undefined || key !== undefined;
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  return {
    brokers: config.KAFKA_BROKERS,
    clientId,
    ...(tls || certificates ? { ssl: certificates ? { ca, cert, key } : true } : {}),
    ...(mechanism === undefined ? {} : { sasl: { mechanism, username: username ?? '', password: password ?? '' } }),
  };
}

/** No broker answers just now; the message names the setting to look at. */
export class KafkaAway extends Error {
  override readonly name = 'KafkaAway';
}

/** A kafkajs client. Its own pauses between tries are short and few: whoever uses it knows how long to go on. */
export async function openKafka(
  connection: KafkaConnection,
  over: Pick<KafkaConfig, 'requestTimeout' | 'connectionTimeout' | 'retry'> = {},
): Promise<{ kafkajs: KafkaJs; kafka: Kafka }> {
  const kafkajs = await loadKafkaJs();
  const kafka = new kafkajs.Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: connection.sasl as KafkaConfig['sasl'] }),
    connectionTimeout: 2_000,
    authenticationTimeout: 4_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 400, factor: 0.2, multiplier: 2, retries: 2 },
    // What it has to say we say ourselves, once and in our words: it logs an error for every try.
    logLevel: kafkajs.logLevel.NOTHING,
    ...over,
  });
  return { kafkajs, kafka };
}

/** Does something with an admin client that is opened for it alone; for things done once. */
export async function withAdmin<T>(connection: KafkaConnection, work: (admin: Admin) => Promise<T>): Promise<T> {
  const { kafka } = await openKafka(connection, { requestTimeout: 4_000 });
  const admin = kafka.admin();
  const reaching = reach(connection, admin);
  try {
    await within(
      4_000,
      reaching,
      () => new KafkaAway(cannotReach(connection), { cause: new Error('no answer in 4 s') }),
    );
    return await work(admin);
  } finally {
    await within(1_000, admin.disconnect(), () => new Error('no answer')).catch(() => undefined);
    // What goes on unseen may have connected after all.
    void reaching.finally(() => admin.disconnect()).catch(() => undefined);
  }
}

/** Connects, or rejects with the sentence that names the setting to look at. */
async function reach(connection: KafkaConnection, admin: Admin): Promise<void> {
  try {
    await admin.connect();
    // A port that takes connections and says nothing is found out only by asking something.
    await admin.describeCluster();
  } catch (error) {
    const { type, name, message } = error as { type?: string; name?: string; message?: string };
    const refused = /SASL|AUTHENTICATION/i.test(`${type} ${name} ${message}`);
    const where = connection.brokers.join(',');
    const login = connection.sasl ? 'check KAFKA_SASL_*' : 'KAFKA_SASL_* are not set';
    if (refused) throw new Error(`Kafka at ${where} refused the login: ${login}`, { cause: error });
    throw new KafkaAway(cannotReach(connection), { cause: error });
  }
}

function cannotReach(connection: KafkaConnection): string {
  return `cannot reach Kafka at ${connection.brokers.join(',')}: check KAFKA_BROKERS`;
}

/** The promise's outcome, or a rejection when it takes longer; the work itself goes on unseen. */
export function within<T>(limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

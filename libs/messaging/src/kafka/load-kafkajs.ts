/** The package, as its import has it. */
export type KafkaJs = typeof import('kafkajs');

import type { EncodedProduce } from './encode-produce';

/** What we use of the inside of kafkajs, which has no types; 2.2.4 is pinned exactly. */
export interface KafkaInside {
  /** The cluster a producer of this client would work with. */
  createCluster(
    kafka: InstanceType<KafkaJs['Kafka']>,
    options: { maxInFlightRequests: number; metadataMaxAge: number },
  ): Cluster;
  /** A Produce request of the newest version both sides know; its answer is the error code of each partition. */
  produceRequest(broker: ClusterBroker, encode: () => EncodedProduce): ProduceRequest;
  /** The error of a code, with `type` and `retriable`. */
  errorOf(code: number): Error;
  isStaleMetadata(error: unknown): boolean;
  isClosedConnection(error: unknown): error is { readonly host: string; readonly port: number };
}

/** kafkajs' view of a cluster. */
export interface Cluster {
  readonly targetTopics: Set<string>;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  removeBroker(address: { readonly host: string; readonly port: number }): void;
  findTopicPartitionMetadata(
    topic: string,
  ): readonly { readonly partitionId: number; readonly leader: number | null }[];
  findBroker(of: { readonly nodeId: string }): Promise<ClusterBroker>;
}

/** One broker of it. */
export interface ClusterBroker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { send(request: ProduceRequest): Promise<Map<number, number>> };
  disconnect(): Promise<void>;
}

/** As kafkajs' connections take it. */
export interface ProduceRequest {
  readonly request: object;
  readonly response: object;
}

interface RequestQueue {
  pending: readonly unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

interface Encoder {
  buf: Buffer;
  offset: number;
  /** Of a body with room before it: the buffer it stands in, and where. */
  framed?: { readonly buffer: Buffer; readonly from: number };
  writeEncoder(body: Encoder): Encoder;
}

type EncoderClass = (new (size: number) => Encoder) & { readonly prototype: Encoder };

interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): unknown;
  readString(): string;
  forward(bytes: number): void;
}

interface BrokerInside {
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  apiVersions(): Promise<object>;
}

let loaded: Promise<KafkaJs> | undefined;
let loadedInside: Promise<KafkaInside> | undefined;

/** kafkajs, loaded when it is first needed (it costs 30 ms of a cold start), without its timer that never rests, and patient with a silent broker. */
export function loadKafkaJs(): Promise<KafkaJs> {
  loaded ??= (async () => {
    // @ts-expect-error: the inside of kafkajs has no types; 2.2.4 is pinned exactly.
    const inside = (await import('kafkajs/src/network/requestQueue')) as { default: { prototype: RequestQueue } };
    calmRequestQueue(inside.default.prototype);
    // @ts-expect-error: no types.
    const broker = (await import('kafkajs/src/broker')) as { default: { prototype: BrokerInside } };
    connectedOnceGreeted(broker.default.prototype);
    return await import('kafkajs');
  })();
  return loaded;
}

/**
 * kafkajs arms a timer of 1 ms for ever on each connection (5 % of a core when idle; Node warns of its negative time). Here it is armed
 * only while requests wait, or the broker asked for a pause. Never for less than 10 ms, and always while something waits: a queue that
 * is not looked at again is a consumer that stands still (its pull request #1532).
 */
function calmRequestQueue(prototype: RequestQueue): void {
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    const throttledMs = this.throttledUntil - Date.now();
    if (this.throttleCheckTimeoutId || (this.pending.length === 0 && throttledMs <= 0)) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(throttledMs, 10),
    );
  };
}

/**
 * kafkajs takes a broker for connected as soon as its port took the connection, before the broker said which versions it speaks. One that starts or is
 * stopped just then says nothing for longer than a request waits, and from then on each request throws a plain `Broker not connected`, which kafkajs
 * takes for a mistake in the program: the consumer would end for good. Here a broker is connected once its `connect()` has succeeded, and a connection
 * on which that question was not answered is closed: the next one may find a broker that answers.
 */
function connectedOnceGreeted(prototype: BrokerInside): void {
  const { isConnected, connect, apiVersions } = prototype;
  const greeted = new WeakSet<BrokerInside>();
  prototype.isConnected = function (this: BrokerInside) {
    return greeted.has(this) && isConnected.call(this);
  };
  prototype.connect = async function (this: BrokerInside) {
    await connect.call(this);
    greeted.add(this);
  };
  // Not in `connect`: whoever waited in vain for another one's must leave it its connection.
  prototype.apiVersions = async function (this: BrokerInside) {
    try {
      return await apiVersions.call(this);
    } catch (error) {
      await this.disconnect();
      throw error;
    }
  };
}

const PRODUCE = 0;
/** Kafka 4 takes 3 to 13; kafkajs knows up to 7, whose answers are those of 5 and later. */
const NEWEST_PRODUCE = 7;

/** The inside of kafkajs, for the producing side of ours. */
export function loadKafkaInside(): Promise<KafkaInside> {
  loadedInside ??= (async () => {
    await loadKafkaJs();
    // @ts-expect-error: no types.
    const errors = (await import('kafkajs/src/protocol/error')).default as {
      createErrorFromCode(code: number): Error;
      staleMetadata(error: unknown): boolean;
    };
    // @ts-expect-error: no types.
    const encoder = (await import('kafkajs/src/protocol/encoder')).default as EncoderClass;
    frameInPlace(encoder.prototype);
    // @ts-expect-error: no types.
    const decoder = (await import('kafkajs/src/protocol/decoder')).default as new (bytes: Buffer) => Decoder;
    return {
      createCluster(kafka, options) {
        const create = Object.getOwnPropertySymbols(kafka).find(
          (it) => it.description === 'private:Kafka:createCluster',
        );
        if (!create) throw new Error('kafkajs is not the version it must be, 2.2.4');
        return (kafka as unknown as Record<symbol, (of: object) => Cluster>)[create]!({
          ...options,
          allowAutoTopicCreation: false,
        });
      },
      produceRequest(broker, encode) {
        const apiVersion = Math.min(NEWEST_PRODUCE, broker.versions[PRODUCE]?.maxVersion ?? NEWEST_PRODUCE);
        if (apiVersion < 3) throw new Error('a broker older than Kafka 0.11 cannot be written to');
        return {
          request: {
            apiKey: PRODUCE,
            apiVersion,
            apiName: 'Produce',
            expectResponse: () => true,
            encode: async () => {
              const { buffer, from, end } = encode();
              return Object.assign(new encoder(0), {
                buf: buffer.subarray(from, end),
                offset: end - from,
                framed: { buffer, from },
              });
            },
          },
          response: {
            decode: async (bytes: Buffer) => readProduceAnswer(new decoder(bytes), apiVersion),
            parse: async ({ errors: found }: { errors: Map<number, number> }) => found,
          },
        };
      },
      errorOf: errors.createErrorFromCode,
      isStaleMetadata: errors.staleMetadata,
      isClosedConnection: (error): error is { host: string; port: number } =>
        error instanceof Error && error.name === 'KafkaJSConnectionClosedError',
    };
  })();
  return loadedInside;
}

/**
 * kafkajs copies a request twice, each time into a buffer of zeros up to twice as large, to put its head before it. A body of ours has room
 * for the head where it stands.
 */
function frameInPlace(prototype: Encoder): void {
  const { writeEncoder } = prototype;
  prototype.writeEncoder = function (this: Encoder, body) {
    const { framed } = body;
    if (framed === undefined || framed.from < this.offset) return writeEncoder.call(this, body);
    const from = framed.from - this.offset;
    this.buf.copy(framed.buffer, from, 0, this.offset);
    this.buf = framed.buffer.subarray(from, framed.from + body.offset);
    this.offset = this.buf.length;
    this.framed = { buffer: framed.buffer, from };
    return this;
  };
}

/** Of an answer about one topic: the error code of each partition, and how long the broker asks us to pause. */
function readProduceAnswer(
  decoder: Decoder,
  version: number,
): { errors: Map<number, number>; clientSideThrottleTime: number } {
  const errors = new Map<number, number>();
  for (let topics = decoder.readInt32(); topics > 0; topics--) {
    decoder.readString();
    for (let partitions = decoder.readInt32(); partitions > 0; partitions--) {
      errors.set(decoder.readInt32(), decoder.readInt16());
      // Base offset and time of appending, and from version 5 on where the log starts.
      decoder.forward(version >= 5 ? 24 : 16);
    }
  }
  return { errors, clientSideThrottleTime: version >= 6 ? decoder.readInt32() : 0 };
}

import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What a proxy may do to a request or an answer instead of passing it on. `lose`: it never arrives and its connection ends, as when a
 * network breaks. `swallow`: it never arrives and the connection stays, so that only a time-out tells.
 */
export type FrameFate = 'pass' | 'lose' | 'swallow';

/** A request as the proxy sees it. */
export interface ProxiedRequest {
  /** Kafka's number of the call: 0 is Produce, 1 Fetch, 12 Heartbeat. */
  readonly apiKey: number;
}

/** Stands between clients and one broker, and knows where a request begins and ends. */
export interface KafkaProxy {
  readonly port: number;
  /** Says what becomes of each request, before the broker sees it. */
  onRequest(decide: (request: ProxiedRequest) => FrameFate): void;
  /** Says what becomes of each answer: the broker has done what it was asked by then. */
  onAnswer(decide: (request: ProxiedRequest) => FrameFate): void;
  /** From now on every answer is passed on so many milliseconds later, in order. */
  delayAnswers(ms: number): void;
  /** From now on bytes go nowhere, connections stay: a network that swallows. */
  swallow(on: boolean): void;
  close(): Promise<void>;
}

export const PRODUCE = 0;

/** Starts a proxy; `startKafkaBroker({ advertise })` asks for its port once it knows the broker's. */
export async function startKafkaProxy(): Promise<KafkaProxy & { advertise(brokerPort: number): number }> {
  const always = (): FrameFate => 'pass';
  let target = 0;
  let ofRequest: (request: ProxiedRequest) => FrameFate = always;
  let ofAnswer: (request: ProxiedRequest) => FrameFate = always;
  let delayMs = 0;
  let swallowing = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = connect({ host: '127.0.0.1', port: target });
    const calls = new Map<number, number>();
    let dueAt = 0;
    const hangUp = () => [client, broker].forEach((socket) => socket.destroy());
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', hangUp);
      socket.on('close', () => {
        sockets.delete(socket);
        hangUp();
      });
    }
    client.on(
      'data',
      byFrame((frame) => {
        if (client.destroyed) return;
        const apiKey = frame.readInt16BE(4);
        const fate = swallowing ? 'swallow' : ofRequest({ apiKey });
        if (fate === 'lose') return hangUp();
        if (fate === 'swallow') return;
        calls.set(frame.readInt32BE(8), apiKey);
        broker.write(frame);
      }),
    );
    broker.on(
      'data',
      byFrame((frame) => {
        if (client.destroyed) return;
        const correlationId = frame.readInt32BE(4);
        const apiKey = calls.get(correlationId) ?? -1;
        calls.delete(correlationId);
        const fate = swallowing ? 'swallow' : ofAnswer({ apiKey });
        if (fate === 'lose') return hangUp();
        if (fate === 'swallow') return;
        dueAt = Math.max(dueAt, performance.now() + delayMs);
        if (dueAt <= performance.now()) client.write(frame);
        else setTimeout(() => client.write(frame), dueAt - performance.now());
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    advertise(brokerPort) {
      target = brokerPort;
      return port;
    },
    onRequest: (it) => (ofRequest = it),
    onAnswer: (it) => (ofAnswer = it),
    delayAnswers: (ms) => (delayMs = ms),
    swallow: (on) => (swallowing = on),
    close: () => closeAll(server, sockets),
  };
}

/** Cuts a stream into Kafka's frames: four bytes of length, then as many bytes. */
function byFrame(handle: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const length = 4 + rest.readInt32BE(0);
      const frame = rest.subarray(0, length);
      rest = rest.subarray(length);
      handle(frame);
    }
  };
}

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}

import { createGatheringSender } from './gathering-sender';
import type { Cluster, KafkaInside, ProduceRequest } from './load-kafkajs';
import { aBatch } from '../testing/a-batch';
import { eventually } from '../testing/eventually';
import type { PartitionSource } from './partition-source';

const LEADER_NOT_AVAILABLE = 5;

describe('sending to Kafka, all partitions of a broker at once', () => {
  it('what is offered in one turn goes in one request of each broker', async () => {
    const { sender, requests } = await aSender({ 0: 1, 1: 2, 2: 1 });
    const sources = [0, 1, 2].map((partition) => aSource(partition));
    sources.forEach((source) => sender.offer(source));
    await turn();
    expect(requests.map(({ nodeId, partitions }) => [nodeId, partitions])).toEqual([
      [1, [0, 2]],
      [2, [1]],
    ]);
    requests.forEach((request) => request.answer({}));
    await turn();
    expect(sources.map(({ outcomes }) => outcomes)).toEqual([['durable'], ['durable'], ['durable']]);
  });

  it('only what the answer names without an error is durable', async () => {
    const { sender, requests } = await aSender({ 0: 1, 1: 1, 2: 1 });
    const sources = [0, 1, 2].map((partition) => aSource(partition));
    sources.forEach((source) => sender.offer(source));
    await turn();
    requests[0]!.answer({ 1: LEADER_NOT_AVAILABLE, 2: undefined });
    await turn();
    expect(sources.map(({ outcomes }) => outcomes)).toEqual([
      ['durable'],
      ['error 5'],
      ["Kafka's answer does not name partition 2 of t"],
    ]);
  });

  it('a moved leader is looked for, and what comes next goes there', async () => {
    const { sender, requests, moveTo } = await aSender({ 0: 1 });
    sender.offer(aSource(0));
    await turn();
    moveTo({ 0: 2 });
    requests[0]!.answer({ 0: LEADER_NOT_AVAILABLE });
    await turn();
    sender.offer(aSource(0));
    await turn();
    expect(requests[1]!.nodeId).toBe(2);
  });

  it('when one broker does not answer, what the other said still counts', async () => {
    const { sender, requests } = await aSender({ 0: 1, 1: 2 });
    const [first, second] = [aSource(0), aSource(1)];
    sender.offer(first);
    sender.offer(second);
    await turn();
    requests.find(({ nodeId }) => nodeId === 1)!.fail(new Error('timed out'));
    requests.find(({ nodeId }) => nodeId === 2)!.answer({});
    await turn();
    expect([first.outcomes, second.outcomes]).toEqual([['timed out'], ['durable']]);
  });

  it('a broker that is busy with a request collects for the next', async () => {
    const { sender, requests } = await aSender({ 0: 1, 1: 1, 2: 1, 3: 1 });
    for (const partition of [0, 2, 3]) {
      sender.offer(aSource(partition));
      await turn();
    }
    expect(requests).toHaveLength(1);
    requests[0]!.answer({});
    await turn();
    expect(requests.slice(1).map(({ partitions }) => partitions)).toEqual([[2, 3]]);
  });

  describe('small requests begin no more often than so', () => {
    const PACE_MS = 40;
    const leaders = Object.fromEntries(Array.from({ length: 10 }, (_, partition) => [partition, 1]));

    it('one after a rest goes at once, the next collects until it may go', async () => {
      const { sender, requests } = await aSender(leaders, PACE_MS);
      sender.offer(aSource(0));
      await turn();
      expect(requests).toHaveLength(1);
      const began = performance.now();
      requests[0]!.answer({});
      sender.offer(aSource(1));
      await turn();
      sender.offer(aSource(2));
      await turn();
      expect(requests).toHaveLength(1);
      await eventually('the second request', () => requests.length === 2);
      expect(performance.now() - began).toBeGreaterThan(PACE_MS / 2);
      expect(requests[1]!.partitions).toEqual([1, 2]);
    });

    it('one with eight partitions on board waits for nobody', async () => {
      const { sender, requests } = await aSender(leaders, 1e9);
      sender.offer(aSource(9));
      await turn();
      requests[0]!.answer({});
      sender.offer(aSource(0));
      await turn();
      expect(requests).toHaveLength(1);
      for (const partition of [1, 2, 3, 4, 5, 6, 7]) sender.offer(aSource(partition));
      await turn();
      expect(requests[1]!.partitions).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    });
  });

  it('topics do not share a request', async () => {
    const { sender, requests } = await aSender({ 0: 1 });
    sender.offer(aSource(0, 'a'));
    sender.offer(aSource(0, 'b'));
    await turn();
    requests[0]!.answer({});
    await turn();
    expect(requests.map(({ topic }) => topic)).toEqual(['a', 'b']);
  });

  it('a partition without a leader is told so, and may try again', async () => {
    const { sender, requests, moveTo } = await aSender({ 0: -1 });
    const source = aSource(0);
    sender.offer(source);
    await turn();
    expect(source.outcomes).toEqual(['partition 0 of t has no leader']);
    moveTo({ 0: 1 });
    sender.offer(source);
    await turn();
    requests[0]!.answer({});
    await turn();
    expect(source.outcomes.at(-1)).toBe('durable');
  });
});

interface Request {
  readonly nodeId: number;
  readonly topic: string;
  readonly partitions: readonly number[];
  /** Error codes by partition, 0 where nothing is said; undefined leaves a partition out. */
  answer(codes: Readonly<Record<number, number | undefined>>): void;
  fail(error: Error): void;
}

/** A sender over a cluster that writes down what it is asked; leaders by partition. */
async function aSender(initial: Readonly<Record<number, number>>, paceMs = 0) {
  let leaders = initial;
  const requests: Request[] = [];
  const cluster: Cluster = {
    targetTopics: new Set(),
    isConnected: () => true,
    connect: async () => undefined,
    disconnect: async () => undefined,
    refreshMetadata: async () => undefined,
    removeBroker: () => undefined,
    findTopicPartitionMetadata: () =>
      Object.entries(leaders).map(([partition, leader]) => ({ partitionId: Number(partition), leader })),
    findBroker: async ({ nodeId }) => ({
      versions: {},
      disconnect: async () => undefined,
      connectionPool: {
        send: (request: ProduceRequest) =>
          new Promise((resolve, reject) => {
            const { topic, partitions } = read((request.request as { bytes: Buffer }).bytes);
            requests.push({
              nodeId: Number(nodeId),
              topic,
              partitions,
              answer: (codes) =>
                resolve(
                  new Map(
                    partitions
                      .filter((partition) => !(partition in codes) || codes[partition] !== undefined)
                      .map((partition) => [partition, codes[partition] ?? 0]),
                  ),
                ),
              fail: reject,
            });
          }),
      },
    }),
  };
  const inside: KafkaInside = {
    createCluster: () => cluster,
    produceRequest: (_broker, encode) => {
      const { buffer, from, end } = encode();
      return { request: { bytes: Buffer.from(buffer.subarray(from, end)) }, response: {} };
    },
    errorOf: (code) => new Error(`error ${code}`),
    isStaleMetadata: (error) => (error as Error).message === `error ${LEADER_NOT_AVAILABLE}`,
    isClosedConnection: (error): error is { host: string; port: number } => false && error !== undefined,
  };
  const sender = createGatheringSender({ inside, cluster, timeoutMs: 2_500, paceMs });
  return { sender, requests, moveTo: (to: Readonly<Record<number, number>>) => (leaders = to) };
}

/** The topic and the partitions of an encoded request. */
function read(bytes: Buffer): { topic: string; partitions: number[] } {
  const name = bytes.readInt16BE(12);
  const topic = bytes.toString('utf8', 14, 14 + name);
  const partitions: number[] = [];
  for (let at = 14 + name + 4; at < bytes.length;) {
    partitions.push(bytes.readInt32BE(at));
    at += 8 + bytes.readInt32BE(at + 4);
  }
  return { topic, partitions };
}

function aSource(partition: number, topic = 't'): PartitionSource & { readonly outcomes: string[] } {
  const outcomes: string[] = [];
  const batch = aBatch([{ key: 'k', value: Buffer.from('v'), timestamp: 1_795_000_000_000 }]);
  return {
    topic,
    partition,
    outcomes,
    take: () => batch,
    settled: (error) => void outcomes.push(error?.message ?? 'durable'),
  };
}

/** Until what was begun in this turn has been sent or told. */
async function turn(): Promise<void> {
  for (let at = 0; at < 5; at++) await new Promise(setImmediate);
}

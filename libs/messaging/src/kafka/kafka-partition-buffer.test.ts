import type { StoredRecord } from '../event-log';
import { createPartitionBuffer } from './kafka-partition-buffer';

const never = new AbortController().signal;

describe('what was fetched of a partition', () => {
  it('is not taken in before the partition was claimed', async () => {
    const { buffer, startedAt } = aBuffer();
    expect(buffer.offer(records(0, 3))).toBe(false);
    expect(await buffer.read(10, 100, never)).toEqual([]);
    expect(startedAt).toEqual([10]);
  });

  it('is given in order, at most as much as asked for', async () => {
    const { buffer } = await aStartedBuffer(10);
    expect(buffer.offer(records(10, 5))).toBe(true);
    expect(buffer.offer(records(15, 5))).toBe(true);
    expect(offsets(await buffer.read(10, 7, never))).toEqual([10, 11, 12, 13, 14, 15, 16]);
    expect(offsets(await buffer.read(17, 7, never))).toEqual([17, 18, 19]);
    expect(await buffer.read(20, 7, never)).toEqual([]);
  });

  it('is cut at a gap, so that its reader sees the gap at the beginning of a batch', async () => {
    const { buffer } = await aStartedBuffer(0);
    buffer.offer(records(0, 2));
    buffer.offer(records(5, 2));
    expect(offsets(await buffer.read(0, 100, never))).toEqual([0, 1]);
    expect(offsets(await buffer.read(2, 100, never))).toEqual([5, 6]);
  });

  it('leaves out what was there already', async () => {
    const { buffer } = await aStartedBuffer(3);
    buffer.offer(records(0, 5));
    buffer.offer(records(2, 5));
    expect(offsets(await buffer.read(3, 100, never))).toEqual([3, 4, 5, 6]);
  });

  it('is asked for again when only old records come, and shows the first of them when the log ends before its place', async () => {
    const { buffer, startedAt, waked } = await aStartedBuffer(100, { start: 0, end: 40 });
    expect(buffer.offer(records(0, 5))).toBe(false);
    expect(startedAt).toEqual([100, 100]);
    expect(buffer.offer(records(0, 5))).toBe(false);
    await waked();
    expect(offsets(await buffer.read(100, 10, never))).toEqual([4]);
  });

  it('is asked for again and again while old records come although the log goes on', async () => {
    const { buffer, startedAt } = await aStartedBuffer(100, { start: 0, end: 140 });
    buffer.offer(records(0, 5));
    buffer.offer(records(0, 5));
    await new Promise(setImmediate);
    expect(startedAt).toEqual([100, 100, 100]);
    expect(await buffer.read(100, 10, never)).toEqual([]);
  });

  it('stops fetching when much is waiting, and goes on when little is left', async () => {
    const { buffer, flow } = await aStartedBuffer(0);
    buffer.offer(records(0, 100, 4_000));
    expect(flow).toEqual(['pause']);
    await buffer.read(0, 50, never);
    expect(flow).toEqual(['pause']);
    await buffer.read(50, 40, never);
    expect(flow).toEqual(['pause', 'resume']);
  });

  it('is forgotten when its reader begins at another place', async () => {
    const { buffer, startedAt } = await aStartedBuffer(0);
    buffer.offer(records(0, 5));
    expect(await buffer.read(3, 10, never)).toEqual([]);
    expect(startedAt).toEqual([0, 3]);
    buffer.offer(records(3, 2));
    expect(offsets(await buffer.read(3, 10, never))).toEqual([3, 4]);
  });
});

function aBuffer(bounds = { start: 0, end: 1_000 }) {
  const startedAt: number[] = [];
  const flow: string[] = [];
  let wake: () => void = () => undefined;
  const waked = new Promise<void>((resolve) => (wake = resolve));
  const fetching = {
    bounds: async () => ({ ...bounds, clusterId: 'c' }),
    startAt: (offset: number) => void startedAt.push(offset),
    pause: () => void flow.push('pause'),
    resume: () => void flow.push('resume'),
  };
  return { buffer: createPartitionBuffer(fetching, () => wake()), startedAt, flow, waked: () => waked };
}

async function aStartedBuffer(from: number, bounds?: { start: number; end: number }) {
  const started = aBuffer(bounds);
  await started.buffer.read(from, 1, never);
  return started;
}

function records(from: number, count: number, bytes = 1): StoredRecord[] {
  return Array.from({ length: count }, (_, at) => ({
    partition: 0,
    offset: from + at,
    key: null,
    value: Buffer.alloc(bytes),
    timestamp: 1_795_000_000_000,
  }));
}

function offsets(records: readonly { readonly offset: number }[]): number[] {
  return records.map(({ offset }) => offset);
}

import { recordingLogger, silentLogger } from '@corral/runtime/testing';
import { eventually } from '../testing/eventually';
import { createAppendBatcher, type AppendBatcher, type AppendBatcherOptions } from './append-batcher';
import type { PlacedRecords } from './append-records';

const never = new AbortController().signal;
const gone = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const batchers: AppendBatcher[] = [];

afterEach(async () => {
  await Promise.all(batchers.splice(0).map((batcher) => batcher.close()));
});

describe('appends that arrive together', () => {
  it('share one commit, and what arrives while it runs shares the next', async () => {
    const { batcher, writes } = aBatcher();
    const first = Promise.all([1, 2, 3].map((count) => batcher.append(some(count), never)));
    await eventually('the first commit runs', () => writes.length === 1);
    const second = Promise.all([4, 5].map((count) => batcher.append(some(count), never)));
    writes[0]!.commit();
    await first;
    await eventually('the second commit runs', () => writes.length === 2);
    writes[1]!.commit();
    await second;
    expect(writes.map(({ sizes }) => sizes)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('are cut into commits of 5,000 records, but never within one append', async () => {
    const { batcher, writes } = aBatcher();
    const all = Promise.all([3_000, 1_500, 1_000, 9_000].map((count) => batcher.append(some(count), never)));
    for (let turn = 0; turn < 3; turn++) {
      await eventually('a commit runs', () => writes.length === turn + 1);
      writes[turn]!.commit();
    }
    await all;
    expect(writes.map(({ sizes }) => sizes)).toEqual([[3_000, 1_500], [1_000], [9_000]]);
  });

  it('do not sink each other: the one at fault is refused alone', async () => {
    const { batcher } = aBatcher({
      async write(appends) {
        if (appends.some(({ topic }) => topic === 'unknown')) throw new Error('there is no topic unknown');
      },
    });
    const [good, bad, fine] = await Promise.allSettled([
      batcher.append(some(1), never),
      batcher.append({ ...some(1), topic: 'unknown' }, never),
      batcher.append(some(2), never),
    ]);
    expect([good.status, fine.status]).toEqual(['fulfilled', 'fulfilled']);
    expect((bad as PromiseRejectedResult).reason.cause.message).toBe('there is no topic unknown');
    expect(batcher.reachable()).toBe(true);
  });
});

describe('an append', () => {
  it('is refused at once when 20,000 records are waiting, and taken again when they are through', async () => {
    const { batcher, writes } = aBatcher();
    const first = batcher.append(some(20_000), never);
    await expect(batcher.append(some(1), never)).rejects.toThrow('20000 records are waiting already');
    await eventually('a commit runs', () => writes.length === 1);
    writes[0]!.commit();
    await first;
    const next = batcher.append(some(1), never);
    await eventually('a commit runs', () => writes.length === 2);
    writes[1]!.commit();
    await next;
  });

  it('is answered within the deadline when the database hangs, and the next ones are not held up by it', async () => {
    let hanging = true;
    const { batcher } = aBatcher({ deadlineMs: 50, write: async () => (hanging ? new Promise(() => {}) : undefined) });
    await expect(batcher.append(some(1), never)).rejects.toThrow('append 1 records to corral.heartbeats.v1');
    expect(batcher.reachable()).toBe(false);
    hanging = false;
    await batcher.append(some(1), never);
  });

  it('that nobody waits for any more is not written', async () => {
    const { batcher, writes } = aBatcher();
    const running = batcher.append(some(1), never);
    await eventually('a commit runs', () => writes.length === 1);
    const impatient = new AbortController();
    const waiting = batcher.append(some(2), impatient.signal);
    impatient.abort(new Error('the client went away'));
    await expect(waiting).rejects.toThrow('append 2 records to corral.heartbeats.v1');
    const next = batcher.append(some(3), never);
    writes[0]!.commit();
    await running;
    await eventually('the next commit runs', () => writes.length === 2);
    expect(writes[1]!.sizes).toEqual([3]);
    writes[1]!.commit();
    await next;
  });

  it('fails at once while the database is away; a probe finds out that it is back', async () => {
    let away = true;
    const { logger, lines } = recordingLogger();
    const { batcher } = aBatcher({
      logger,
      write: async () => {
        if (away) throw gone;
      },
      probe: async () => {
        if (away) throw gone;
      },
    });
    await expect(batcher.append(some(1), never)).rejects.toThrow();
    await expect(batcher.append(some(1), never)).rejects.toThrow();
    expect(batcher.reachable()).toBe(false);
    away = false;
    await eventually('it is reachable again', () => batcher.reachable());
    expect(lines.map(({ level }) => level)).toEqual(['error', 'warn']);
  });

  it('is finished before the batcher is closed, and refused afterwards', async () => {
    const { batcher, writes } = aBatcher();
    const last = batcher.append(some(1), never);
    await eventually('a commit runs', () => writes.length === 1);
    const closed = batcher.close();
    writes[0]!.commit();
    await Promise.all([last, closed]);
    await expect(batcher.append(some(1), never)).rejects.toThrow('the log is closed');
  });
});

interface Write {
  readonly sizes: number[];
  commit(): void;
}

/** A batcher whose commits wait for the test, unless it brings its own `write`. */
function aBatcher(over: Partial<AppendBatcherOptions> = {}): { batcher: AppendBatcher; writes: Write[] } {
  const writes: Write[] = [];
  const batcher = createAppendBatcher({
    write: (appends) =>
      new Promise((resolve) => {
        writes.push({ sizes: appends.map(({ records }) => records.length), commit: resolve });
      }),
    probe: async () => {},
    deadlineMs: 2_000,
    logger: silentLogger,
    ...over,
  });
  batchers.push(batcher);
  return { batcher, writes };
}

function some(count: number): PlacedRecords {
  const record = { key: 'almere/bike-1', value: Buffer.from('x'), timestamp: 0, partition: 0 };
  return { topic: 'corral.heartbeats.v1', records: Array.from({ length: count }, () => record) };
}

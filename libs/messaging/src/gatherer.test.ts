import type { Database } from '@corral/database';
import { silentLogger } from '@corral/runtime/testing';
import type { StoredRecord } from './event-log';
import type { FencedConsumerOptions } from './fenced-consumer';
import { createGatherer } from './gatherer';
import type { OwnedPartition } from './owned-partition';
import { aGate } from './testing/a-gate';
import { eventually } from './testing/eventually';

test('a batch that comes while progress without records is on its way keeps its place when that flush is too slow', async () => {
  const began = aGate();
  const slow = aGate();
  let tries = 0;
  const database = {
    async transaction() {
      tries += 1;
      began.open();
      await slow.opened;
      throw Object.assign(new Error('connection reset by peer'), { code: 'ECONNRESET' });
    },
  } as unknown as Database;
  const options = { database, consumer: 'c', topic: 't', logger: silentLogger, slowMs: 0 } as FencedConsumerOptions;
  const gatherer = createGatherer(options, { flowing: () => 2, unpublished: () => 0 });
  const [first, second] = [owned(0), owned(1)];

  const ofFirst = gatherer.deliver(first, [record]);
  gatherer.touch(second);
  await began.opened;
  const ofSecond = gatherer.deliver(second, [record]);
  slow.open();
  await eventually('it is tried again', () => tries > 1);
  first.over.abort();
  second.over.abort();

  // Each is told what became of it; before, the second waited for ever.
  await expect(ofFirst).rejects.toThrow('partition 0 is not ours');
  await expect(ofSecond).rejects.toThrow('partition 1 is not ours');
});

test('what comes during a flush waits for its end, and much of it is written beside it', async () => {
  const ends: (() => void)[] = [];
  const database = {
    transaction: () => new Promise<void>((resolve) => ends.push(resolve)),
  } as unknown as Database;
  const options = { database, consumer: 'c', topic: 't', logger: silentLogger } as FencedConsumerOptions;
  const gatherer = createGatherer(options, { flowing: () => 4, unpublished: () => 0 });
  const many = Array.from({ length: 999 }, () => record);
  const begun = (count: number) => eventually(`${count} began`, () => ends.length === count);

  const delivered = [gatherer.deliver(owned(0), [record])];
  await begun(1);
  delivered.push(gatherer.deliver(owned(1), many));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(ends).toHaveLength(1);
  delivered.push(gatherer.deliver(owned(2), [record]));
  await begun(2);
  // Never a third.
  delivered.push(gatherer.deliver(owned(3), [...many, record]));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(ends).toHaveLength(2);
  ends[0]!();
  await begun(3);
  for (const end of ends) end();
  await Promise.all(delivered);
});

const record = { offset: 0, key: 'k', value: Buffer.from('v'), timestamp: 0 } as StoredRecord;

function owned(partition: number): OwnedPartition {
  return { partition, over: new AbortController(), flows: true, busy: false } as OwnedPartition;
}

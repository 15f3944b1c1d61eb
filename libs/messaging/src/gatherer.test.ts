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

const record = { offset: 0, key: 'k', value: Buffer.from('v'), timestamp: 0 } as StoredRecord;

function owned(partition: number): OwnedPartition {
  return { partition, over: new AbortController(), flows: true, busy: false } as OwnedPartition;
}

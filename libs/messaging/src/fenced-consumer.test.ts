import { EVENTS_TOPIC, HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import { movePlace, readPlaces } from '@corral/database';
import { createMemoryStore } from './event-log.memory';
import { aGate } from './testing/a-gate';
import { eventually } from './testing/eventually';
import { expectOnce, numbered, stageFencedConsumer, toRecords } from './testing/fenced-stage';

const stage = stageFencedConsumer();

describe('a fenced consumer', () => {
  it('writes every record once, and knows where it is', async () => {
    await stage.append(0, numbered(30));
    await stage.append(1, numbered(20));
    const consumption = await stage.consume();
    await eventually('all are written', async () => (await stage.effects()).length === 50);
    expectOnce(await stage.effects(), { 0: 30, 1: 20 });
    await eventually('the places are known', () => consumption.progress().length === 4);
    expect(consumption.progress()).toMatchObject([
      { partition: 0, nextOffset: 30, watermark: 1_795_000_000_029 },
      { partition: 1, nextOffset: 20, watermark: 1_795_000_000_019 },
      { partition: 2, nextOffset: 0, watermark: undefined },
      { partition: 3, nextOffset: 0, watermark: undefined },
    ]);
    expect(await stage.places()).toMatchObject([
      { partition: 0, next_offset: 30, watermark: 1_795_000_000_029 },
      { partition: 1, next_offset: 20, watermark: 1_795_000_000_019 },
      { partition: 2, next_offset: 0, watermark: null },
      { partition: 3, next_offset: 0, watermark: null },
    ]);
  });

  it('starts the first time ever where the log starts, and later where it was', async () => {
    await stage.append(0, numbered(10));
    stage.log.forget(HEARTBEATS_TOPIC, 0, 4);
    const first = await stage.consume();
    await eventually('the kept ones are written', async () => (await stage.effects()).length === 6);
    await first.stop();
    await stage.append(0, numbered(5));
    await stage.consume();
    await eventually('the new ones are written', async () => (await stage.effects()).length === 11);
    expect((await stage.effects()).map(({ record_offset }) => record_offset)).toEqual([
      4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    ]);
  });

  it('publishes what it committed: in order, in the partition of its source, numbered without gaps', async () => {
    await stage.append(0, numbered(40));
    await stage.append(3, numbered(10));
    await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish });
    await eventually(
      'all are published',
      async () => (await stage.published(0)).length === 40 && (await stage.published(3)).length === 10,
    );
    for (const partition of [0, 3]) {
      const events = await stage.published(partition);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
      expect(events.map(({ data }) => data)).toEqual(events.map((_, at) => ({ value: `${at}` })));
      expect(events[0]).toMatchObject({ type: 'violation.opened', fleetId: 'almere', partition });
    }
    const [first] = await stage.read(EVENTS_TOPIC, 0);
    expect(first!.key).toBe(vehicleKey('almere', 'bike-0'));
    const [row] = await stage.outbox();
    expect(row!.payload).toBe(first!.value!.toString());
  });

  it('moves published_seq after a second of idleness', async () => {
    await stage.append(0, numbered(3));
    await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish });
    await eventually('it is written down', async () => (await stage.places())[0]?.published_seq === 3);
    expect((await stage.places())[0]).toMatchObject({ next_seq: 4, next_offset: 3 });
  });

  it('gathers the batches of all partitions into few transactions', async () => {
    const flushes: number[] = [];
    const observer = { flushed: ({ partitions }: { partitions: number }) => void flushes.push(partitions) };
    await stage.consume({ observer, maxBatch: 5 });
    for (let partition = 0; partition < 4; partition++) await stage.append(partition, numbered(100));
    await eventually('all are written', async () => (await stage.effects()).length === 400);
    expectOnce(await stage.effects(), { 0: 100, 1: 100, 2: 100, 3: 100 });
    // 80 batches of 5.
    expect(flushes.length).toBeLessThan(40);
    expect(Math.max(...flushes)).toBe(4);
  });

  it('tells after each commit what was committed', async () => {
    const told: string[] = [];
    await stage.append(0, numbered(5));
    await stage.consume({
      committed: (flush) => {
        for (const { partition, records } of flush.partitions)
          told.push(...records.map(({ offset }) => `${partition}/${offset}`));
      },
    });
    await eventually('it was told', () => told.length === 5);
    expect(told).toEqual(['0/0', '0/1', '0/2', '0/3', '0/4']);
  });
});

describe('parking', () => {
  it('parks a partition whose records are gone and says which; it stays parked for the next owner', async () => {
    await stage.append(0, numbered(10));
    const first = await stage.consume();
    await eventually('all are written', async () => (await stage.effects()).length === 10);
    await first.stop();
    await stage.append(0, numbered(10, 10));
    stage.log.forget(HEARTBEATS_TOPIC, 0, 15);
    const second = await stage.consume();
    await eventually('it is parked', () => second.parked().length === 1);
    const reason = 'records 10 to 14 are gone: retention passed this consumer';
    expect(second.parked()).toEqual([{ partition: 0, reason }]);
    await stage.append(1, numbered(5));
    await eventually('the others flow', async () => (await stage.effects()).length === 15);
    await eventually('it is written down', async () => (await stage.places())[0]?.parked_reason === reason);
    await second.stop();
    const third = await stage.consume();
    await eventually('it is still parked', () => third.parked().length === 1);
    expect(third.parked()).toEqual([{ partition: 0, reason }]);
    expect(await stage.effects()).toHaveLength(15);
  });

  it('writes down that a partition stands still also when the log finds out while it is read, and lets it flow when an operator says so', async () => {
    await stage.append(0, numbered(10));
    const first = await stage.consume();
    await eventually('all are written', async () => (await stage.effects()).length === 10);
    stage.log.forget(HEARTBEATS_TOPIC, 0, 15);
    await stage.append(0, numbered(3, 15));
    const reason = 'records 10 to 14 are gone: retention passed this consumer';
    await eventually('it is written down', async () => (await stage.places())[0]?.parked_reason === reason);
    expect(first.parked()).toEqual([{ partition: 0, reason }]);
    await first.reassign();
    await eventually('it is parked again', () => first.parked().length === 1);
    const [seen] = (await readPlaces(stage.database)).filter(({ consumer }) => consumer === stage.consumer);
    // Whoever holds it by then: an operator decides about what stands still, not about its owner.
    await first.reassign();
    await eventually('it is parked once more', () => first.parked().length === 1);
    expect(await movePlace(stage.database, seen!, { nextOffset: 15, clusterId: seen!.clusterId })).toBe(true);
    await eventually('it flows', async () => (await stage.effects()).length === 13);
    expect((await stage.places())[0]).toMatchObject({ parked_reason: null, next_offset: 18 });
  });

  it.each([
    ['another cluster', () => ({ ...stage.store, clusterId: 'another' }), 'the log is another one'],
    [
      'a log that lost its tail',
      () => ({ ...createMemoryStore(4), clusterId: stage.store.clusterId }),
      'the log ends at 0, before the saved offset 10',
    ],
  ])('parks at %s, but only once it is sure', async (_what, other, reason) => {
    await stage.append(0, numbered(10));
    const first = await stage.consume();
    await eventually('all are written', async () => (await stage.effects()).length === 10);
    await first.stop();
    const second = await stage.consume({ doubtMs: 300 }, stage.openLog({ ...other(), groups: new Map() }));
    expect(second.parked()).toEqual([]);
    await eventually('it is parked', () => second.parked().some(({ partition }) => partition === 0));
    expect(second.parked()[0]!.reason).toContain(reason);
  });

  it('parks where the log was recreated and has grown past the saved offset, and goes on there when an operator says so', async () => {
    await stage.append(0, numbered(10));
    const first = await stage.consume();
    await eventually('all are written', async () => (await stage.effects()).length === 10);
    await first.stop();
    const anew = stage.openLog({ ...createMemoryStore(4), clusterId: stage.store.clusterId });
    await anew.append(HEARTBEATS_TOPIC, toRecords(0, numbered(15, 100), 60_000), AbortSignal.timeout(5_000));
    const second = await stage.consume({}, anew);
    await eventually('it is written down', async () => (await stage.places())[0]?.parked_reason != null);
    await second.stop();
    expect((await stage.places())[0]).toMatchObject({
      next_offset: 10,
      parked_reason: expect.stringMatching(/^record 9 was received at .* the log was recreated/),
    });
    expect(await stage.effects()).toHaveLength(10);
    const [seen] = (await readPlaces(stage.database)).filter(({ consumer }) => consumer === stage.consumer);
    expect(await movePlace(stage.database, seen!, { nextOffset: 10, clusterId: seen!.clusterId })).toBe(true);
    await stage.consume({}, anew);
    await eventually('it flows', async () => (await stage.effects()).length === 15);
  });

  it('parks on demand, for good', async () => {
    const first = await stage.consume();
    await eventually('all are claimed', async () => (await stage.places()).length === 4);
    first.park(2, 'a hundred dead letters in a row');
    await stage.append(2, numbered(5));
    await stage.append(1, numbered(5));
    await eventually('the others flow', async () => (await stage.effects()).length === 5);
    await eventually(
      'it is written down',
      async () => (await stage.places())[2]?.parked_reason === 'a hundred dead letters in a row',
    );
    await first.reassign();
    await eventually('it is parked again', () => first.parked().length === 1);
    expect(await stage.effects()).toHaveLength(5);
    await stage.database.query('UPDATE partition_owner SET parked_reason = NULL WHERE consumer = $1', [stage.consumer]);
    await first.reassign();
    await eventually('it flows once the operator decided', async () => (await stage.effects()).length === 10);
  });
});

describe('stopping a fenced consumer', () => {
  it('finishes the flush that is under way and publishes it; the next one finds nothing to do', async () => {
    const gate = aGate();
    await stage.append(0, numbered(5));
    const consumption = await stage.consume({
      publishTo: EVENTS_TOPIC,
      async write(flush) {
        await stage.writeAndPublish(flush);
        await gate.opened;
      },
    });
    await stage.inTransaction();
    const stopped = consumption.stop();
    gate.open();
    await stopped;
    await consumption.stop();
    expectOnce(await stage.effects(), { 0: 5 });
    await stage.expectPublishedOnce(0, 5);
    expect((await stage.places())[0]).toMatchObject({ next_offset: 5, published_seq: 5 });
    expect(consumption.progress()).toEqual([]);
  });

  it('comes to an end although the log takes no messages', async () => {
    await stage.append(0, numbered(5));
    stage.log.failAppends(new Error('the broker is away'));
    const consumption = await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish });
    await eventually('they are committed', async () => (await stage.outbox()).length === 5);
    const began = Date.now();
    await consumption.stop();
    expect(Date.now() - began).toBeLessThan(8_000);
    expect((await stage.places())[0]).toMatchObject({ next_offset: 5, next_seq: 6, published_seq: 0 });
  });
});

import { partitionOf } from '../murmur2';
import { packRecords } from '../packed-records';
import { eventually } from '../testing/eventually';
import { recordingHandler } from '../testing/recording-handler';
import type { EventLogPlay } from './play';
import { aRecord, someRecords, texts, never } from './cast';

/** Appending and reading: what is durable, in what order, and when no is said. */
export function describeAppending(play: EventLogPlay): void {
  describe('appending and reading', () => {
    it('keeps the records of one vehicle in the order they were appended', async () => {
      const keys = ['almere/bike-1', 'almere/bike-2', 'utrecht/bike-1'];
      for (let round = 0; round < 5; round++)
        await play.log.append(
          play.topic,
          keys.flatMap((key) => [aRecord(`${round}a`, { key }), aRecord(`${round}b`, { key })]),
          never,
        );
      for (const key of keys) {
        const records = await play.readAll(play.log, partitionOf(key, play.log.partitions));
        expect(texts(records.filter((record) => record.key === key))).toEqual(
          [0, 1, 2, 3, 4].flatMap((round) => [`${round}a`, `${round}b`]),
        );
      }
    });

    it('counts offsets from 0 without gaps, also when many append at once', async () => {
      const other = await play.open();
      await Promise.all(
        Array.from({ length: 40 }, (_, turn) =>
          (turn % 2 ? play.log : other).append(
            play.topic,
            someRecords(7, { partition: turn % play.log.partitions }),
            never,
          ),
        ),
      );
      let total = 0;
      for (let partition = 0; partition < play.log.partitions; partition++) {
        const records = await play.readAll(play.log, partition);
        expect(records.map(({ offset }) => offset)).toEqual(records.map((_, at) => at));
        total += records.length;
      }
      expect(total).toBe(280);
      expect((await play.log.bounds(play.topic, never)).reduce((sum, { end }) => sum + end, 0)).toBe(280);
    });

    it('gives back key, value and time of receipt as they came', async () => {
      const value = Buffer.from([0, 255, 10, 92, 39, 120, 0]);
      await play.log.append(
        play.topic,
        [{ key: 'Zürich/自転車🚲', value, timestamp: 1_795_000_123_456, partition: 2 }],
        never,
      );
      await play.log.append(play.topic, [{ key: null, value, timestamp: 1_795_000_123_457, partition: 2 }], never);
      expect(await play.readAll(play.log, 2)).toEqual([
        { partition: 2, offset: 0, key: 'Zürich/自転車🚲', value, timestamp: 1_795_000_123_456 },
        { partition: 2, offset: 1, key: null, value, timestamp: 1_795_000_123_457 },
      ]);
    });

    it('gives back the trace of a record that has one, beside others that have none', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await play.log.append(
        play.topic,
        [aRecord('traced', { partition: 0, traceparent }), aRecord('not', { partition: 0 })],
        never,
      );
      await play.log.append(play.topic, [aRecord('nor this', { partition: 0 })], never);
      const records = await play.readAll(play.log, 0);
      expect(records.map((record) => record.traceparent)).toEqual([traceparent, undefined, undefined]);
      expect(records[1]).not.toHaveProperty('traceparent');
    });

    it('takes records packed in one buffer as it takes them one by one', async () => {
      const timestamp = 1_795_000_123_456;
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const keys = ['almere/bike-1', 'Zürich/自転車🚲', 'utrecht/bike-7', 'almere/bike-1', ''];
      const records = keys.map((key, at) => ({ key, value: Buffer.from(`${at}`.repeat(at)), timestamp, traceparent }));
      const [packed, ...more] = packRecords(records);
      expect(more).toEqual([]);
      await play.log.append(play.topic, packed!, never);
      for (let partition = 0; partition < play.log.partitions; partition++)
        expect(await play.readAll(play.log, partition)).toEqual(
          records
            .filter(({ key }) => partitionOf(key, play.log.partitions) === partition)
            .map((record, offset) => ({ partition, offset, ...record })),
        );
    });

    it('carries tombstones, empty values and values of 1 MB', async () => {
      const big = Buffer.alloc(1_000_000, 'corral ');
      await play.log.append(
        play.topic,
        [aRecord('', { partition: 1 }), { ...aRecord('', { partition: 1 }), value: big }],
        never,
      );
      await play.stage.appendTombstone(play.topic, 1, 'almere/bike-1');
      const handler = recordingHandler();
      await play.consume(play.log, handler);
      const records = await eventually(
        'all three arrived',
        () => handler.handled(1).length === 3 && handler.handled(1),
      );
      for (const [empty, large, tombstone] of [records, await play.readAll(play.log, 1)]) {
        expect(empty!.value).toEqual(Buffer.alloc(0));
        expect(large!.value!.equals(big)).toBe(true);
        expect(tombstone).toMatchObject({ key: 'almere/bike-1', value: null, offset: 2 });
      }
    });

    it('has what it said was durable after it was closed and opened again', async () => {
      await play.log.append(play.topic, someRecords(10, { partition: 0 }), never);
      await play.log.close();
      const again = await play.open();
      expect(texts(await play.readAll(again, 0))).toEqual(texts(someRecords(10, { partition: 0 })));
      await again.append(play.topic, [aRecord('more', { partition: 0 })], never);
      expect((await play.readAll(again, 0, 9)).map(({ offset }) => offset)).toEqual([9, 10]);
    });

    it('names its bounds, and the same cluster from every process', async () => {
      await play.log.append(play.topic, someRecords(5, { partition: 3 }), never);
      await play.stage.forget(play.topic, 3, 2);
      const [mine, theirs] = await Promise.all([
        play.log.bounds(play.topic, never),
        (await play.open()).bounds(play.topic, never),
      ]);
      expect(mine).toHaveLength(play.log.partitions);
      expect(mine[0]).toMatchObject({ start: 0, end: 0 });
      expect(mine[3]).toMatchObject({ start: 2, end: 5 });
      expect(theirs).toEqual(mine);
      expect(new Set(mine.map(({ clusterId }) => clusterId)).size).toBe(1);
    });

    it('reads from an offset on, up to the end', async () => {
      await play.log.append(play.topic, someRecords(10, { partition: 0 }), never);
      expect((await play.readAll(play.log, 0, 7)).map(({ offset }) => offset)).toEqual([7, 8, 9]);
      expect(await play.readAll(play.log, 0, 10)).toEqual([]);
    });

    it('refuses a topic that was never made', async () => {
      await expect(play.log.append(`${play.topic}-unknown`, [aRecord('x')], never)).rejects.toThrow();
      await play.log.append(play.topic, [aRecord('x')], never);
    });

    it('gives up appending when told to', async () => {
      await expect(
        play.log.append(play.topic, [aRecord('x')], AbortSignal.abort(new Error('enough'))),
      ).rejects.toThrow();
    });

    it('says no within its deadline when the store is unreachable', async () => {
      const unreachable = await play.stage.openUnreachable();
      play.closeLater(unreachable);
      const began = Date.now();
      await expect(unreachable.append(play.topic, [aRecord('x')], never)).rejects.toThrow();
      expect(Date.now() - began).toBeLessThan(9_500);
      expect(unreachable.reachable()).toBe(false);
      expect(play.log.reachable()).toBe(true);
    });
  });
}

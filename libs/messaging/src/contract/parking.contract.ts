import { eventually } from '../testing/eventually';
import { recordingHandler, type RecordingHandler } from '../testing/recording-handler';
import type { EventLogPlay } from './play';
import { someRecords, never } from './cast';

/** Partitions that stand still, while the others flow. */
export function describeParking(play: EventLogPlay): void {
  describe('when records are gone, or a handler fails', () => {
    it('parks the partition whose handler says so; the others flow', async () => {
      const handler = recordingHandler({
        assigned: async (partition) =>
          partition === 0 ? { kind: 'park', reason: 'an operator must decide' } : undefined,
      });
      const consumption = await play.consume(play.log, handler);
      await play.log.append(play.topic, someRecords(5, { partition: 0 }), never);
      await play.log.append(play.topic, someRecords(5, { partition: 1 }), never);
      await eventually('the other one flows', () => handler.handled(1).length === 5);
      await play.allAssigned([handler]);
      await eventually('it is parked', () => consumption.parked().length === 1);
      expect(consumption.parked()).toEqual([{ partition: 0, reason: 'an operator must decide' }]);
      expect(consumption.assigned()).toContain(0);
      await tellsOnce(handler, 'an operator must decide');
      expect(handler.handled(0)).toEqual([]);
    });

    it('never jumps over records that retention took before they were read: it parks, the others flow', async () => {
      await play.log.append(play.topic, someRecords(10, { partition: 0 }), never);
      await play.stage.forget(play.topic, 0, 6);
      // A handler that does not look at the bounds: the log itself must notice.
      const handler = recordingHandler({}, new Map([[0, 3]]));
      const consumption = await play.consume(play.log, handler);
      await play.log.append(play.topic, someRecords(5, { partition: 1 }), never);
      await eventually('the other one flows', () => handler.handled(1).length === 5);
      await eventually('it is parked', () => consumption.parked().length === 1);
      expect(consumption.parked()[0]).toMatchObject({
        partition: 0,
        reason: expect.stringContaining('records 3 to 5 are gone'),
      });
      await tellsOnce(handler, 'records 3 to 5 are gone: retention passed this consumer');
      expect(handler.handled(0)).toEqual([]);
    });

    it('reads on behind the record that was read last, and parks where another one stands in its place', async () => {
      const [same, other] = [someRecords(10, { partition: 0 }), someRecords(10, { partition: 1 })];
      await play.log.append(play.topic, same, never);
      await play.log.append(play.topic, other, never);
      const after = [same[4]!.timestamp, other[4]!.timestamp + 1];
      const handler = recordingHandler({
        assigned: async (partition) => (partition < 2 ? { kind: 'read', from: 5, after: after[partition] } : undefined),
      });
      const consumption = await play.consume(play.log, handler);
      await eventually('what is behind it comes', () => handler.handled(0).length === 5);
      expect(handler.handled(0).map(({ offset }) => offset)).toEqual([5, 6, 7, 8, 9]);
      await eventually('the other one is parked', () => consumption.parked().length === 1);
      const [found, read] = [other[4]!.timestamp, after[1]!].map((time) => new Date(time).toISOString());
      await tellsOnce(
        handler,
        `record 4 was received at ${found}, and the one read there at ${read}: the log was recreated, and has grown past the saved offset`,
        1,
      );
      await play.log.append(play.topic, someRecords(1, { partition: 1 }), never);
      await play.log.append(play.topic, someRecords(1, { partition: 0 }), never);
      await eventually('the first one flows', () => handler.handled(0).length === 6);
      expect(handler.handled(1)).toEqual([]);
    });

    it('parks on demand; a reassignment takes the partition up again', async () => {
      const handler = recordingHandler();
      const consumption = await play.consume(play.log, handler);
      await play.allAssigned([handler]);
      await eventually('all are ours', () => consumption.assigned().length === play.log.partitions);
      consumption.park(0, 'too many dead letters');
      expect(consumption.parked()).toEqual([{ partition: 0, reason: 'too many dead letters' }]);
      await tellsOnce(handler, 'too many dead letters');
      await play.log.append(play.topic, someRecords(5, { partition: 0 }), never);
      await play.log.append(play.topic, someRecords(5, { partition: 1 }), never);
      await eventually('the other one flows', () => handler.handled(1).length === 5);
      expect(handler.handled(0)).toEqual([]);
      await consumption.reassign();
      await eventually('it flows again', () => handler.handled(0).length === 5);
      expect(consumption.parked()).toEqual([]);
    });

    it('parks the partition whose handler has a bug; the others flow', async () => {
      const handler = recordingHandler({
        batch: async (partition) => {
          if (partition === 0) throw new Error('undefined is not a bike');
        },
      });
      const consumption = await play.consume(play.log, handler);
      await play.log.append(play.topic, someRecords(5, { partition: 0 }), never);
      await play.log.append(play.topic, someRecords(5, { partition: 1 }), never);
      await eventually('it is parked', () => consumption.parked().length === 1);
      expect(consumption.parked()[0]).toMatchObject({
        partition: 0,
        reason: expect.stringContaining('undefined is not a bike'),
      });
      await tellsOnce(handler, 'the handler failed: undefined is not a bike');
      await eventually('the other one flows', () => handler.handled(1).length === 5);
    });
  });
}

/** Whoever writes down where the consumer is must learn that a partition stands still, whoever found out. */
async function tellsOnce(handler: RecordingHandler, reason: string, partition = 0): Promise<void> {
  const told = () => handler.events.filter(({ kind }) => kind === 'parked');
  await eventually('the handler is told', () => told().length > 0);
  expect(told()).toEqual([{ kind: 'parked', partition, reason }]);
}

import { aGate } from '../testing/a-gate';
import { eventually } from '../testing/eventually';
import { recordingHandler } from '../testing/recording-handler';
import type { EventLogPlay } from './play';
import { aRecord, countDistinct, someRecords, texts, never } from './cast';

/** Handing out partitions and their records. */
export function describeConsuming(play: EventLogPlay): void {
  describe('consuming', () => {
    it('assigns each partition before it gives its records, and tells its bounds', async () => {
      await play.log.append(play.topic, someRecords(3, { partition: 1 }), never);
      const handler = recordingHandler();
      const consumption = await play.consume(play.log, handler);
      await eventually('the records arrived', () => handler.handled(1).length === 3);
      await play.allAssigned([handler]);
      const ofOne = handler.events.filter(({ partition }) => partition === 1);
      expect(ofOne[0]).toMatchObject({ kind: 'assigned', bounds: { start: 0, end: 3 } });
      expect(ofOne.slice(1).every(({ kind }) => kind === 'batch' || kind === 'done')).toBe(true);
      await eventually('all are ours', () => consumption.assigned().length === play.log.partitions);
      expect(consumption.assigned()).toEqual(Array.from({ length: play.log.partitions }, (_, partition) => partition));
    });

    it('reads from where the handler says, without gaps, in batches no larger than asked', async () => {
      await play.log.append(play.topic, someRecords(50, { partition: 0 }), never);
      const handler = recordingHandler({}, new Map([[0, 20]]));
      await play.consume(play.log, handler, 8);
      await eventually('the records arrived', () => handler.handled(0).length === 30);
      expect(handler.handled(0).map(({ offset }) => offset)).toEqual(Array.from({ length: 30 }, (_, at) => 20 + at));
      for (const event of handler.events)
        if (event.kind === 'batch') expect(event.records.length).toBeLessThanOrEqual(8);
    });

    it('gives records appended while it runs', async () => {
      const handler = recordingHandler();
      await play.consume(play.log, handler);
      await play.allAssigned([handler]);
      for (let turn = 0; turn < 5; turn++) {
        await play.log.append(play.topic, [aRecord(`${turn}`, { partition: 2 })], never);
        await eventually('it arrived', () => handler.handled(2).length === turn + 1);
      }
      expect(texts(handler.handled(2))).toEqual(['0', '1', '2', '3', '4']);
    });

    it('waits for a batch before it gives the next of that partition, while others flow', async () => {
      const gate = aGate();
      const handler = recordingHandler({ batch: async (partition) => (partition === 0 ? gate.opened : undefined) });
      await play.consume(play.log, handler, 5);
      await play.log.append(play.topic, someRecords(20, { partition: 0 }), never);
      await play.log.append(play.topic, someRecords(20, { partition: 1 }), never);
      await eventually('the other partition flows', () => handler.handled(1).length === 20);
      expect(handler.events.filter(({ kind, partition }) => kind === 'batch' && partition === 0).length).toBeLessThan(
        2,
      );
      gate.open();
      await eventually('the held one flows', () => handler.handled(0).length === 20);
      let inside = 0;
      for (const { kind, partition } of handler.events) {
        if (partition !== 0) continue;
        if (kind === 'batch') expect(++inside).toBe(1);
        if (kind === 'done') inside--;
      }
    });

    it('tries again to assign a partition whose claim failed', async () => {
      let refusals = 2;
      const handler = recordingHandler({
        assigned: async (partition) => {
          if (partition === 0 && refusals-- > 0) throw new Error('the database is away');
          return undefined;
        },
      });
      await play.log.append(play.topic, someRecords(4, { partition: 0 }), never);
      await play.consume(play.log, handler);
      await eventually('the records arrived', () => handler.handled(0).length === 4);
      expect(handler.events.filter(({ kind, partition }) => kind === 'assigned' && partition === 0)).toHaveLength(3);
    });

    it('lets two consumers share the partitions, and every record is handled', async () => {
      const places = new Map<number, number>();
      const [one, two] = [recordingHandler({}, places), recordingHandler({}, places)];
      const first = await play.consume(play.log, one);
      await play.allAssigned([one]);
      const second = await play.consume(await play.open(), two);
      await eventually('both have partitions', () => first.assigned().length > 0 && second.assigned().length > 0);
      await eventually('no partition is left over or doubled', () => {
        const all = [...first.assigned(), ...second.assigned()].sort((a, b) => a - b);
        return all.length === play.log.partitions && new Set(all).size === play.log.partitions;
      });
      for (let partition = 0; partition < play.log.partitions; partition++)
        await play.log.append(play.topic, someRecords(10, { partition }), never);
      await eventually('every record is handled', () => countDistinct([one, two]) === 10 * play.log.partitions);

      await second.stop();
      await eventually('the first has all again', () => first.assigned().length === play.log.partitions);
      for (let partition = 0; partition < play.log.partitions; partition++)
        await play.log.append(play.topic, someRecords(10, { partition }), never);
      await eventually('every record is handled', () => countDistinct([one, two]) === 20 * play.log.partitions);
    });

    it('keeps two consumers of different names apart: each gets every record', async () => {
      await play.log.append(play.topic, someRecords(10, { partition: 0 }), never);
      const [one, two] = [recordingHandler(), recordingHandler()];
      await play.consume(play.log, one);
      play.stopLater(await play.log.consume({ consumer: `another-of-${play.topic}`, topic: play.topic, handler: two }));
      await eventually('both got them', () => one.handled(0).length === 10 && two.handled(0).length === 10);
    });
  });
}

import { aGate } from '../testing/a-gate';
import { eventually } from '../testing/eventually';
import { recordingHandler } from '../testing/recording-handler';
import type { EventLogPlay } from './play';
import { aStuckHandler, someRecords, never } from './cast';

/** How a consumption ends. */
export function describeStopping(play: EventLogPlay): void {
  describe('stopping', () => {
    it('finishes the batch in flight, hands back all partitions, and gives nothing more', async () => {
      const gate = aGate();
      const handler = recordingHandler({ batch: () => gate.opened });
      const consumption = await play.consume(play.log, handler, 5);
      await play.log.append(play.topic, someRecords(20, { partition: 0 }), never);
      await eventually('the handler is in its batch', () => handler.events.some(({ kind }) => kind === 'batch'));
      const stopped = consumption.stop();
      gate.open();
      await stopped;
      await consumption.stop();
      const offsets = handler.handled(0).map(({ offset }) => offset);
      expect(offsets.length).toBeGreaterThan(0);
      expect(offsets.length).toBeLessThan(20);
      expect(offsets).toEqual(offsets.map((_, at) => at));
      expect(handler.events.at(-1)).toMatchObject({ kind: 'revoked' });
      expect(consumption.assigned()).toEqual([]);
      const seen = handler.events.length;
      await play.log.append(play.topic, someRecords(5, { partition: 0 }), never);

      const next = recordingHandler({}, handler.next);
      await play.consume(play.log, next);
      await eventually('the next one goes on', () => next.handled(0).length === 25 - offsets.length);
      expect(handler.events).toHaveLength(seen);
    });

    it('stops in good time although a handler hangs', async () => {
      const stuck = aStuckHandler(new Error('gave up'));
      const consumption = await play.consume(play.log, recordingHandler(stuck.hooks));
      await play.log.append(play.topic, someRecords(1, { partition: 0 }), never);
      await eventually('the handler is in its batch', () => stuck.entered());
      const began = Date.now();
      await consumption.stop();
      expect(Date.now() - began).toBeLessThan(12_000);
      expect(stuck.aborted()).toBe(true);
    });
  });
}

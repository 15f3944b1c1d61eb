import { OwnershipLost } from '../event-log';
import { aGate } from '../testing/a-gate';
import { eventually } from '../testing/eventually';
import { recordingHandler } from '../testing/recording-handler';
import type { EventLogPlay } from './play';
import { aStuckHandler, someRecords, never } from './cast';

/** What happens to a partition that is taken away from its handler. */
export function describeHandover(play: EventLogPlay): void {
  describe('when a partition is taken away', () => {
    it('goes on from the saved place after it was reassigned, revoking before it assigns', async () => {
      const handler = recordingHandler();
      const consumption = await play.consume(play.log, handler);
      await play.log.append(play.topic, someRecords(10, { partition: 0 }), never);
      await eventually('the first ten arrived', () => handler.handled(0).length === 10);
      await play.allAssigned([handler]);
      await consumption.reassign();
      await play.log.append(play.topic, someRecords(10, { partition: 0 }), never);
      await eventually('the next ten arrived', () => handler.handled(0).length === 20);
      expect(handler.handled(0).map(({ offset }) => offset)).toEqual(Array.from({ length: 20 }, (_, at) => at));
      const life = handler.events.filter(
        ({ kind, partition }) => partition === 0 && (kind === 'assigned' || kind === 'revoked'),
      );
      expect(life.slice(0, 3).map(({ kind }) => kind)).toEqual(['assigned', 'revoked', 'assigned']);
    });

    it('aborts a handler that is still in its batch, and gives the records again', async () => {
      const stuck = aStuckHandler(new OwnershipLost('fenced'));
      const handler = recordingHandler(stuck.hooks);
      const consumption = await play.consume(play.log, handler);
      await play.log.append(play.topic, someRecords(3, { partition: 0 }), never);
      await eventually('the handler is in its batch', () => stuck.entered());
      await Promise.all([consumption.reassign(), eventually('its signal aborts', () => stuck.aborted())]);
      await eventually('the records came again', () => handler.handled(0).length === 3);
      expect(consumption.parked()).toEqual([]);
    });

    it('does not count a batch whose handler was aborted as a bug', async () => {
      const stuck = aStuckHandler(new Error('the connection was closed'));
      const handler = recordingHandler(stuck.hooks);
      const consumption = await play.consume(play.log, handler);
      await play.log.append(play.topic, someRecords(3, { partition: 0 }), never);
      await eventually('the handler is in its batch', () => stuck.entered());
      await consumption.reassign();
      await eventually('the records came again', () => handler.handled(0).length === 3);
      expect(consumption.parked()).toEqual([]);
    });

    it('lets a batch that is nearly done finish first, unaborted: nothing is given twice', async () => {
      const gate = aGate();
      const aborted: boolean[] = [];
      const handler = recordingHandler({
        batch: async (partition, _records, signal) => {
          if (partition !== 0) return;
          await gate.opened;
          aborted.push(signal.aborted);
        },
      });
      const consumption = await play.consume(play.log, handler, 5);
      await play.log.append(play.topic, someRecords(10, { partition: 0 }), never);
      await eventually('the handler is in its batch', () => handler.events.some(({ kind }) => kind === 'batch'));
      const reassigned = consumption.reassign();
      // The reassignment has begun before the handler goes on.
      await new Promise(setImmediate);
      gate.open();
      await reassigned;
      await eventually('all arrived', () => handler.handled(0).length >= 10);
      expect(aborted).not.toContain(true);
      expect(handler.handled(0).map(({ offset }) => offset)).toEqual(Array.from({ length: 10 }, (_, at) => at));
    });

    it('assigns a partition anew when its handler says that somebody else has it', async () => {
      let losses = 1;
      const handler = recordingHandler({
        batch: async (partition) => {
          if (partition === 0 && losses-- > 0) throw new OwnershipLost('fenced');
        },
      });
      const consumption = await play.consume(play.log, handler);
      await play.log.append(play.topic, someRecords(3, { partition: 0 }), never);
      await eventually('the records came again', () => handler.handled(0).length === 3);
      const life = handler.events.filter(({ partition }) => partition === 0).map(({ kind }) => kind);
      expect(life.filter((kind) => kind === 'assigned').length).toBeGreaterThanOrEqual(2);
      expect(life.indexOf('revoked')).toBeLessThan(life.lastIndexOf('assigned'));
      expect(consumption.parked()).toEqual([]);
    });

    it('never hands records of a partition to two places at once in a storm of reassignments', async () => {
      const handler = recordingHandler();
      const consumption = await play.consume(play.log, handler, 10);
      await play.allAssigned([handler]);
      for (let storm = 0; storm < 3; storm++) {
        await play.log.append(play.topic, someRecords(40, { partition: storm % 2 }), never);
        await consumption.reassign();
      }
      await eventually('all arrived', () => handler.handled().length >= 120);
      for (const partition of [0, 1]) {
        const offsets = handler.handled(partition).map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.map((_, at) => at));
      }
    });
  });
}

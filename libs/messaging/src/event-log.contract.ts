import { describeAppending } from './contract/appending.contract';
import { describeConsuming } from './contract/consuming.contract';
import { describeHandover } from './contract/handover.contract';
import { describeParking } from './contract/parking.contract';
import { stagePlay, type EventLogStage } from './contract/play';
import { describeStopping } from './contract/stopping.contract';

export type { EventLogStage } from './contract/play';

/** What every event log promises. A batch whose partition is given up may drain for at most about 10 s before it is aborted. */
export function describeEventLog(name: string, start: () => Promise<EventLogStage>): void {
  describe(`the event log (${name})`, () => {
    const play = stagePlay(start);
    describeAppending(play);
    describeConsuming(play);
    describeHandover(play);
    describeParking(play);
    describeStopping(play);
  });
}

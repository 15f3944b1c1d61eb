import { NO_FAULTS, type FaultCounts } from '../proxy/faults';
import type { RelFolder } from '../rel-folder';
import { expectZeros } from './expect-zeros';
import { startLoad } from './load';
import { slowestMs } from './observed-answers';
import { playScenario, type ScenarioOptions } from './scenario';

/** How `rel lost-replies` was called. */
export interface LostRepliesOptions extends ScenarioOptions {
  /** Requests of one heartbeat each. */
  readonly n: number;
  /** In flight at once. */
  readonly conc: number;
  /** Of the broker's answers to appends, lost on the way. */
  readonly drop: number;
}

/** Of the lost answers, so many leave their connection standing: then only a time-out of 3 s tells, and nothing else goes to that partition meanwhile. */
const SILENT = 0.05;

/**
 * The broker appends and its answer is lost: what a client of Kafka that numbers its messages was seen to lose for good. Single heartbeats, many in
 * parallel; whatever was acknowledged must be there.
 */
export function lostReplies(folder: RelFolder, options: LostRepliesOptions): Promise<boolean> {
  const { n, conc, drop, seed } = options;
  return playScenario(folder, { proxied: true }, options, async (stage) => {
    const { verdict, order } = stage;
    const faults = { ...NO_FAULTS, dropReplies: drop * (1 - SILENT), swallowReplies: drop * SILENT };
    await order({ do: 'faults', faults, seed });
    const load = startLoad(stage, { n, conc, rate: 0, batch: 1 });
    const report = await load.done;
    const counts = (await order({ do: 'faults', faults: NO_FAULTS })).faulted!;
    const lost = counts.repliesDropped + counts.repliesSwallowed;
    verdict.fact(
      `${counts.requests} appends reached the broker; of its answers ${counts.repliesDropped} were lost with their connection, ${counts.repliesSwallowed} without a word`,
    );
    const refused = load.answers.filter(({ status }) => status === 503).length;
    verdict.fact(
      `${n} requests of one heartbeat, ${conc} in parallel: ${report.seconds} s, ${report.ratePerSecond}/s; ${refused} answered 503 and sent again, ${sum(report.resent) - refused} sent again for another reason, the slowest took ${Math.round(slowestMs(load.answers))} ms`,
    );
    verdict.that('all of the load was acknowledged', report.acknowledged === n, `${report.acknowledged} of ${n}`);
    verdict.that('answers were lost on the way', lost > 0 && isAbout(lost, drop, counts), `${lost}`);
    await expectZeros(stage, [report]);
  });
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}

/** Whether the faults came as often as asked for, within what chance allows (4 standard deviations). */
function isAbout(lost: number, share: number, { requests }: FaultCounts): boolean {
  return Math.abs(lost - share * requests) <= 4 * Math.sqrt(share * requests) + 1;
}

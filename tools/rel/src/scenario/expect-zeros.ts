import { check, USUAL_CHECKS } from '../check/check';
import type { GenReport } from '../gen/gen';
import type { Stage } from './scenario';

/** After the load: nothing acknowledged is lost, no fact is missing, doubled or invented. */
export async function expectZeros(stage: Stage, loads: readonly GenReport[], waitMs = 120_000): Promise<void> {
  const { folder, verdict, say, abort } = stage;
  const unexpected = loads.flatMap((load) => Object.keys(load.unexpected));
  verdict.that('no answer but 202, 503 and 429', unexpected.length === 0, unexpected.join(', ') || 'none');
  const { behind, lost, facts, waitedMs } = await check(folder, {
    names: USUAL_CHECKS,
    waitMs,
    signal: abort,
    progress: say,
  });
  verdict.that('all consumers come to the end of the log', behind.length === 0, behind[0] ?? `${waitedMs} ms`);
  const acknowledged = loads.reduce((sum, load) => sum + load.acknowledged, 0);
  verdict.that(
    'every acknowledgement was written down',
    lost?.acknowledged === acknowledged && acknowledged > 0,
    `${lost?.acknowledged} of ${acknowledged}`,
  );
  verdict.that(
    'lost 0',
    lost?.lost.length === 0,
    `${lost?.lost.length} of ${acknowledged} acknowledged${lost?.lost[0] ? `; ${lost.lost[0].where}` : ''}; ${lost?.copies} harmless copies in the log`,
  );
  const problems = new Map<string, number>();
  for (const { problem } of facts?.problems ?? []) problems.set(problem, (problems.get(problem) ?? 0) + 1);
  const judged = (facts?.vehicles ?? 0) - (facts?.notJudged ?? 0);
  verdict.that(
    'no fact missing, doubled or invented',
    problems.size === 0 && judged > 0,
    problems.size === 0
      ? `${facts?.expected} facts of ${judged} vehicles`
      : [...problems].map(([problem, count]) => `${count} ${problem}`).join(', '),
  );
}

import type { Judgement } from '../judgement';
import type { CheckReport } from './check';

/** What a check says of each promise. Only that which it looked at is judged. */
export function judgeCheck(report: CheckReport): Judgement[] {
  const { behind, waitedMs, lost, facts, deliveries } = report;
  const none = (promise: string, count: number, of: string): Judgement => ({
    promise,
    kept: count === 0,
    seen: `${count} ${of}`,
  });
  const judgements = [
    none('everybody came to the end of the log', behind.length, `behind after ${(waitedMs / 1_000).toFixed(1)} s`),
  ];
  if (lost !== undefined)
    judgements.push(
      none('nothing acknowledged is lost', lost.lost.length, `of ${lost.acknowledged}, in the log and in the track`),
    );
  if (facts !== undefined) {
    const count = (...problems: string[]) => facts.problems.filter(({ problem }) => problems.includes(problem)).length;
    judgements.push(
      none(
        'every vehicle is judged',
        facts.notJudged,
        `of ${facts.vehicles} vehicles are not; ${facts.late} late reports`,
      ),
      none('no fact is missing', count('missing', 'different'), `of ${facts.expected}`),
      none('no fact is invented or doubled', count('extra', 'invented'), `among ${facts.stored}`),
      none('what was told is what is stored', count('untold', 'disordered'), `of ${facts.told} tellings`),
    );
  }
  if (deliveries !== undefined) {
    const count = (...problems: string[]) =>
      deliveries.problems.filter(({ problem }) => problems.includes(problem)).length;
    judgements.push(
      none('no delivery is missing', count('undelivered'), `of ${deliveries.due} due`),
      none('nothing else was delivered, and all of it signed', count('unfounded', 'forged'), `of ${deliveries.hits}`),
      none('every repeat has the id of its original', count('other_id'), `other ids, ${deliveries.repeats} repeats`),
    );
  }
  return judgements;
}

/** Whether a check that was given {@link plantedFaults} named each of them: one that finds nothing because it looks at nothing is no check. */
export function judgePlanted({ lost, facts, deliveries }: CheckReport): Judgement[] {
  const named = (promise: string, faults: readonly { readonly what: string }[]): Judgement => ({
    promise: `the check names ${promise}`,
    kept: faults.length > 0,
    seen: faults[0]?.what.slice(0, 160) ?? 'NOT NAMED',
  });
  const lostOnes = lost?.lost.map(({ item, where }) => ({ what: `${item.vehicleId}: ${where}` })) ?? [];
  const ofFacts = (problem: string, says = '') =>
    facts?.problems.filter((one) => one.problem === problem && one.what.includes(says)) ?? [];
  const ofDeliveries = (problem: string) => deliveries?.problems.filter((one) => one.problem === problem) ?? [];
  return [
    named('a heartbeat taken out of the log', lostOnes),
    named('a fact taken out of the tables', ofFacts('missing')),
    named('a fact stored twice', ofFacts('extra', 'twice')),
    named('a delivery that never came', ofDeliveries('undelivered')),
    named('a delivery under another id', ofDeliveries('other_id')),
  ];
}

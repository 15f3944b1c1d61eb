import type { CheckReport } from './check';
import type { DeliveryProblem } from './deliveries';
import type { FactProblem } from './facts';

/** How many single faults are named in the table; `--json` has all. */
const NAMED = 20;

/** The result of a check for people: a line per promise, then what broke it. */
export function showCheck({ waitedMs, behind, lost, facts, deliveries, tooManyRepeats, holds }: CheckReport): string {
  const lines: string[] = [
    row('behind', behind.length, `consumers had caught up after ${(waitedMs / 1_000).toFixed(1)} s of waiting`),
    ...named(behind, (sentence) => sentence),
  ];
  if (lost !== undefined) {
    const { acknowledged, inTopic, copies } = lost;
    lines.push(
      row(
        'lost',
        lost.lost.length,
        `${acknowledged} acknowledged, ${inTopic} reports in the topic, ${copies} of them copies`,
      ),
    );
    lines.push(
      ...named(
        lost.lost,
        ({ item, where }) => `${item.vehicleId} ${new Date(item.measuredAt).toISOString()}: ${where}`,
      ),
    );
  }
  if (facts !== undefined) {
    const { expected, stored, told, repeats, reports, vehicles, late, closed, notJudged, deadLetters } = facts;
    const of = (problem: FactProblem['problem']) => facts.problems.filter((one) => one.problem === problem);
    lines.push(
      row('missing', of('missing').length, `${expected} facts expected of ${reports} reports of ${vehicles} vehicles`),
    );
    lines.push(row('extra', of('extra').length, `${stored} stored and not retracted`));
    lines.push(row('different', of('different').length, 'violations that end otherwise'));
    lines.push(row('untold', of('untold').length, `${told} told in corral.events.v1, ${repeats} of them repeats`));
    lines.push(row('invented', of('invented').length, 'told and not stored'));
    lines.push(row('disordered', of('disordered').length, 'gaps or swaps in the order of telling'));
    lines.push(
      row(
        'not judged',
        notJudged,
        `vehicles; ${late} reports came late and count in their place, ${closed} came too late`,
      ),
    );
    if (deadLetters > 0) lines.push(`note       ${deadLetters} records were set aside by geofence as dead letters`);
    lines.push(...named(facts.problems, ({ problem, what }) => `${problem}: ${what}`));
  }
  if (deliveries !== undefined) {
    const { due, hits, repeats, refused } = deliveries;
    const of = (problem: DeliveryProblem['problem']) =>
      deliveries.problems.filter((one) => one.problem === problem).length;
    lines.push(row('undelivered', of('undelivered'), `${due} webhooks due, ${hits} came, ${refused} were refused`));
    lines.push(row('unfounded', of('unfounded'), 'delivered and told in no topic'));
    lines.push(row('other id', of('other_id'), 'delivered under another id than that of what they tell'));
    lines.push(row('forged', of('forged'), 'without a signature that fits'));
    const share = hits === 0 ? 0 : (100 * repeats) / hits;
    lines.push(
      row('repeated', repeats, `${share.toFixed(2)} %, under the same id${tooManyRepeats ? ': TOO MANY' : ''}`),
    );
    lines.push(...named(deliveries.problems, ({ problem, what }) => `${problem}: ${what}`));
  }
  lines.push(holds ? 'holds' : 'DOES NOT HOLD');
  return lines.join('\n');
}

function row(what: string, count: number, of: string): string {
  return `${what.padEnd(11)} ${String(count).padStart(8)}   ${of}`;
}

function named<Fault>(faults: readonly Fault[], say: (fault: Fault) => string): string[] {
  const shown = faults.slice(0, NAMED).map((fault) => `  - ${say(fault)}`);
  return faults.length > NAMED ? [...shown, `  - and ${faults.length - NAMED} more (--json names all)`] : shown;
}

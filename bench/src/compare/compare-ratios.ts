import type { Ratio } from '../part';

/** One ratio beside what it was. */
export interface ComparedRatio {
  readonly name: string;
  readonly was: number | undefined;
  readonly is: number;
  /** By how much it became worse, as a share of what it was; below 0: better. */
  readonly worseBy: number | undefined;
  readonly verdict: 'worse' | 'better' | 'same' | 'new';
}

/**
 * Which ratios became worse by more than `tolerance` (0.25: a quarter). What was not measured now is not judged; what was not measured then
 * is new. Ratios only: times depend on the machine and on who else uses it.
 */
export function compareRatios(
  was: readonly Ratio[],
  is: readonly Ratio[],
  tolerance: number,
): readonly ComparedRatio[] {
  const before = new Map(was.map(({ name, value }) => [name, value]));
  return is.map(({ name, value, better }) => {
    const then = before.get(name);
    if (then === undefined) return { name, was: undefined, is: value, worseBy: undefined, verdict: 'new' };
    const worseBy = better === 'lower' ? value / then - 1 : then / value - 1;
    // A figure that could not be taken passes no gate.
    const verdict = Number.isNaN(worseBy) || worseBy > tolerance ? 'worse' : worseBy < -tolerance ? 'better' : 'same';
    return { name, was: then, is: value, worseBy, verdict };
  });
}

/** Them as a table, the worst first. */
export function comparedTable(compared: readonly ComparedRatio[], tolerance: number): string {
  const order = compared.toSorted((a, b) => (b.worseBy ?? -Infinity) - (a.worseBy ?? -Infinity));
  const rows = order.map(
    ({ name, was, is, worseBy, verdict }) =>
      `| ${name} | ${was === undefined ? '' : say(was)} | ${say(is)} | ${worseBy === undefined ? '' : `${worseBy > 0 ? '+' : ''}${(100 * worseBy).toFixed(0)} %`} | ${verdict} |`,
  );
  const worse = compared.filter(({ verdict }) => verdict === 'worse').length;
  return [
    `| ratio | was | is | worse by | more than ${(100 * tolerance).toFixed(0)} % |`,
    '| --- | ---: | ---: | ---: | --- |',
    ...rows,
    '',
    worse === 0
      ? `Nothing of ${compared.length} became worse by more than ${(100 * tolerance).toFixed(0)} %.`
      : `${worse} of ${compared.length} became worse.`,
    '',
  ].join('\n');
}

function say(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

/** Whether one promise was kept in a run, and what was seen. */
export interface Judgement {
  /** A sentence. */
  readonly promise: string;
  readonly kept: boolean;
  /** The figures behind it. */
  readonly seen: string;
}

/** Are all of them kept? A run that judged nothing has shown nothing. */
export function allKept(judgements: readonly Judgement[]): boolean {
  return judgements.length > 0 && judgements.every(({ kept }) => kept);
}

/** A line for each, and the closing line `N passed, N failed`. */
export function showJudgements(judgements: readonly Judgement[]): string {
  const failed = judgements.filter(({ kept }) => !kept).length;
  return [
    ...judgements.map(({ promise, kept, seen }) => `${kept ? 'ok    ' : 'BROKEN'} ${promise}: ${seen}`),
    `${judgements.length - failed} passed, ${failed} failed`,
  ].join('\n');
}

/** One answer, or the lack of one, as the client of a load saw it. */
export interface ObservedAnswer {
  /** When it was complete, epoch milliseconds. */
  readonly at: number;
  readonly tookMs: number;
  /** 0: no complete answer came. */
  readonly status: number;
  /** As told by `Retry-After`. */
  readonly retryAfterS: number;
}

/** A stretch of time, epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The answers to requests that were sent within a span, and answered whenever. */
export function sentWithin(answers: readonly ObservedAnswer[], { from, to }: Span): readonly ObservedAnswer[] {
  return answers.filter(({ at, tookMs }) => at - tookMs >= from && at - tookMs < to);
}

/** How many answers there are of each status, such as `202: 4000, 503: 12`. */
export function showStatuses(answers: readonly ObservedAnswer[]): string {
  const counts = new Map<number, number>();
  for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
  return (
    [...counts]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status === 0 ? 'none' : status}: ${count}`)
      .join(', ') || 'none at all'
  );
}

/** The longest time, milliseconds, of a span in which nothing was taken. */
export function longestWithout202(answers: readonly ObservedAnswer[], { from, to }: Span): number {
  const taken = answers.filter(({ at, status }) => status === 202 && at >= from && at <= to).map(({ at }) => at);
  const marks = [from, ...taken.sort((a, b) => a - b), to];
  return Math.max(0, ...marks.slice(1).map((mark, before) => mark - marks[before]!));
}

/** The windows of a span in which answers refused, milliseconds each, in order: refusals that follow each other within a second belong to one. */
export function refusingWindows(answers: readonly ObservedAnswer[], { from, to }: Span): readonly number[] {
  const refused = answers.filter(({ at, status }) => status !== 202 && at >= from && at <= to).map(({ at }) => at);
  const windows: { from: number; to: number }[] = [];
  for (const at of refused.sort((a, b) => a - b)) {
    const last = windows.at(-1);
    if (last !== undefined && at - last.to <= ONE_WINDOW_MS) last.to = at;
    else windows.push({ from: at, to: at });
  }
  return windows.map((window) => window.to - window.from);
}

const ONE_WINDOW_MS = 1_000;

/** The slowest of some answers, milliseconds; 0 of none. */
export function slowestMs(answers: readonly ObservedAnswer[]): number {
  return answers.reduce((most, { tookMs }) => Math.max(most, tookMs), 0);
}

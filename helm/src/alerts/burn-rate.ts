import type { AlertRule, RecordingRule, Series } from './alert-rule';

/** A promise of `docs` in numbers: which share may be bad, and how the bad share over a window is asked for. */
export interface Slo {
  /** Such as `accept`; part of the names of its series. */
  readonly slug: string;
  /** Such as `CorralAcceptBudget`; `Fast` and `Slow` come after it. */
  readonly alert: string;
  readonly promise: string;
  /** The share that may be bad, such as 0.001. */
  readonly budget: number;
  /** PromQL of the bad share per namespace over a window. */
  badShare(window: string): string;
  readonly meaning: string;
  readonly look: readonly string[];
  readonly act: readonly string[];
  /** Series in which the given share is bad, for twelve hours of minutes. */
  badSeries(share: number): readonly Series[];
}

const WINDOWS = ['5m', '30m', '1h', '6h'] as const;

/** How fast the budget of 30 days burns before somebody is told (Google's SRE workbook, chapter 5): 2 % of it in an hour, 5 % in six. */
const FAST = 14.4;
const SLOW = 6;

/** The name under which the bad share over a window is remembered. */
export function recordOf(slug: string, window: string): string {
  return `corral:slo_${slug}:bad_share_${window}`;
}

/** The bad shares of a promise, over every window an alert or a dashboard asks for. */
export function recordingRules(slo: Slo): readonly RecordingRule[] {
  return WINDOWS.map((window) => ({ record: recordOf(slo.slug, window), expr: slo.badShare(window) }));
}

/** The two alerts of a promise: a page over five minutes and an hour, a ticket over half an hour and six. */
export function burnRateAlerts(slo: Slo): readonly AlertRule[] {
  const alert = (speed: 'Fast' | 'Slow', short: string, long: string, factor: number): AlertRule => {
    const limit = Number((factor * slo.budget).toPrecision(6));
    return {
      name: `${slo.alert}${speed}`,
      expr: `${recordOf(slo.slug, short)} > ${limit} and ${recordOf(slo.slug, long)} > ${limit}`,
      for: '2m',
      severity: speed === 'Fast' ? 'page' : 'ticket',
      summary: `${slo.promise}: the error budget of {{ $labels.namespace }} burns ${factor} times too fast`,
      meaning: `${slo.meaning} The promise is kept over 30 days; at this pace the budget is gone in ${speed === 'Fast' ? 'two days' : 'five days'}.`,
      look: slo.look,
      act: slo.act,
      at: speed === 'Fast' ? '2h' : '8h',
      firing: slo.badSeries(Math.min(1, limit * 1.5)),
      // Bad, but within the budget.
      silent: slo.badSeries(slo.budget * 0.5),
      labels: { namespace: 'fleet' },
    };
  };
  return [alert('Fast', '5m', '1h', FAST), alert('Slow', '30m', '6h', SLOW)];
}

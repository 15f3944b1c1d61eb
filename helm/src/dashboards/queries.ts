import type { LabelOf, MetricName, NameOf } from '@corral/runtime';
import type { Query } from './dashboard';

/** Only what is chosen at the top of the page. */
const CHOSEN = 'namespace="$namespace"';

/** How much a second, by a label or in all. The compiler knows the metrics and their labels. */
export function perSecond<Name extends NameOf<'counter'>>(name: Name, by?: LabelOf<Name>): Query {
  const rate = `rate(${name}{${CHOSEN}}[$__rate_interval])`;
  return by === undefined
    ? { expr: `sum(${rate})`, legend: 'all' }
    : { expr: `sum by (${by}) (${rate})`, legend: `{{${by}}}` };
}

/** The worst or the sum of a gauge, by a label, or by component, which the scrape adds. */
export function nowOf<Name extends NameOf<'gauge'>>(
  how: 'max' | 'min' | 'sum',
  name: Name,
  by: LabelOf<Name> | 'component',
): Query {
  return { expr: `${how} by (${by}) (${name}{${CHOSEN}})`, legend: `{{${by}}}` };
}

/** Quantiles of a histogram. */
export function quantiles<Name extends NameOf<'histogram'>>(name: Name, of: readonly number[] = [0.5, 0.99]): Query[] {
  return of.map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (le) (rate(${name}_bucket{${CHOSEN}}[$__rate_interval])))`,
    legend: `p${quantile * 100}`,
  }));
}

/** What the rules remember of a promise. */
export function remembered(record: string, legend: string): Query {
  return { expr: `${record}{${CHOSEN}}`, legend };
}

/** A use of processor time, for which a counter that is written as a gauge is asked for its rate. */
export function processorTime(): Query {
  const name: MetricName = 'process_cpu_seconds_total';
  return { expr: `sum by (component) (rate(${name}{${CHOSEN}}[$__rate_interval]))`, legend: '{{component}}' };
}

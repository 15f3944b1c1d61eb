import type { Exemplar, MetricSnapshot, SeriesSnapshot } from './metric-snapshot';

/** The formats in which metrics are given, by content type. */
export const METRIC_FORMATS = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const;
export type MetricFormat = keyof typeof METRIC_FORMATS;

/** Which format a scraper prefers, by its Accept header: Prometheus asks for OpenMetrics, the only one with exemplars. */
export function formatFor(accept: string | undefined): MetricFormat {
  return /application\/openmetrics-text\s*(;\s*version=1\.0\.0)?\s*(;|,|$)/.test(accept ?? '')
    ? 'openmetrics'
    : 'prometheus';
}

/** The metrics as text. Bounds of buckets are written alike in both formats (`le="5.0"`), so that a rule holds whoever scraped. */
export function renderMetrics(snapshots: readonly MetricSnapshot[], format: MetricFormat = 'prometheus'): string {
  const open = format === 'openmetrics';
  const lines = snapshots.flatMap((snapshot) => renderFamily(snapshot, open));
  if (open) lines.push('# EOF');
  return lines.join('\n') + '\n';
}

function renderFamily({ name, type, help, series }: MetricSnapshot, open: boolean): string[] {
  // OpenMetrics names the family of a counter without what its samples end in.
  const family = open && type === 'counter' ? name.replace(/_total$/, '') : name;
  return [
    `# HELP ${family} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${family} ${type}`,
    ...series.flatMap((each) => renderSeries(name, each, open)),
  ];
}

function renderSeries(name: string, { labels, value, histogram }: SeriesSnapshot, open: boolean): string[] {
  const inner = labels.map(([label, text]) => `${label}="${escapeLabel(text)}"`).join(',');
  if (!histogram) return [line(name, inner, value)];
  const { buckets, counts, count, exemplars } = histogram;
  const bucket = (le: string, below: number, at: number) =>
    line(`${name}_bucket`, inner ? `${inner},le="${le}"` : `le="${le}"`, below) +
    (open ? exemplarText(exemplars[at]) : '');
  let below = 0;
  return [
    ...buckets.map((upTo, at) => bucket(floatText(upTo), (below += counts[at]!), at)),
    bucket('+Inf', count, buckets.length),
    line(`${name}_sum`, inner, value),
    line(`${name}_count`, inner, count),
  ];
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (!exemplar) return '';
  const { traceId, spanId, value, at } = exemplar;
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${value} ${at / 1000}`;
}

function floatText(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}

function line(name: string, labels: string, value: number): string {
  return labels ? `${name}{${labels}} ${value}` : `${name} ${value}`;
}

import type { MetricName } from './metric-names';
import { addProcessMetrics } from './process-metrics';

/** The values of a metric's labels, by label name. */
export type Labels = Readonly<Record<string, string | number>>;

/** Counts upwards. */
export interface Counter {
  inc(labels?: Labels, by?: number): void;
}

/** Says how much there is now. */
export interface Gauge {
  set(value: number, labels?: Labels): void;
  /** Takes a series away, such as that of a partition no longer ours. */
  remove(labels: Labels): void;
  /** Called just before the metrics are read, to set what is only known by looking. */
  onRead(look: () => void): void;
}

/** Sorts observations into buckets. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** The metrics of a process, rendered for Prometheus. Asking for one that exists gives the same one. */
export interface Metrics {
  counter(name: MetricName, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: MetricName, help: string, labelNames?: readonly string[]): Gauge;
  histogram(name: MetricName, help: string, labelNames?: readonly string[], buckets?: readonly number[]): Histogram;
  /** Prometheus' text format. */
  render(): string;
}

/** From half a millisecond to 30 seconds: what requests, appends and flushes take. */
export const SECONDS_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly metric: Counter | Gauge | Histogram;
  render(): string[];
}

/** A registry that already knows memory, processor time and event-loop delay of this process. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();

  function family<F extends Family>(name: string, type: F['type'], make: () => F): F {
    const known = families.get(name);
    if (known) {
      if (known.type !== type) throw new Error(`metric ${name} is a ${known.type}, not a ${type}`);
      return known as F;
    }
    const made = make();
    families.set(name, made);
    return made;
  }

  const metrics: Metrics = {
    counter: (name, help, labelNames = []) =>
      family(name, 'counter', () => counterFamily(name, help, labelNames)).metric,
    gauge: (name, help, labelNames = []) => family(name, 'gauge', () => gaugeFamily(name, help, labelNames)).metric,
    histogram: (name, help, labelNames = [], buckets = SECONDS_BUCKETS) =>
      family(name, 'histogram', () => histogramFamily(name, help, labelNames, buckets)).metric,
    render: () => [...families.values()].flatMap((each) => each.render()).join('\n') + '\n',
  };
  addProcessMetrics(metrics);
  return metrics;
}

function counterFamily(name: string, help: string, labelNames: readonly string[]) {
  const values = new Map<string, number>();
  // A counter without labels is there from the start: "0" is news, absence is not.
  if (labelNames.length === 0) values.set('', 0);
  const metric: Counter = {
    inc: (labels, by = 1) => {
      const key = seriesKey(labelNames, labels);
      values.set(key, (values.get(key) ?? 0) + by);
    },
  };
  const render = () => [...head(name, help, 'counter'), ...[...values].map(([key, value]) => line(name, key, value))];
  return { type: 'counter' as const, metric, render };
}

function gaugeFamily(name: string, help: string, labelNames: readonly string[]) {
  const values = new Map<string, number>();
  const looks: (() => void)[] = [];
  const metric: Gauge = {
    set: (value, labels) => void values.set(seriesKey(labelNames, labels), value),
    remove: (labels) => void values.delete(seriesKey(labelNames, labels)),
    onRead: (look) => void looks.push(look),
  };
  const render = () => {
    for (const look of looks) look();
    return [...head(name, help, 'gauge'), ...[...values].map(([key, value]) => line(name, key, value))];
  };
  return { type: 'gauge' as const, metric, render };
}

function histogramFamily(name: string, help: string, labelNames: readonly string[], buckets: readonly number[]) {
  const series = new Map<string, { counts: number[]; sum: number; count: number }>();
  const metric: Histogram = {
    observe: (value, labels) => {
      const key = seriesKey(labelNames, labels);
      let seen = series.get(key);
      if (!seen) series.set(key, (seen = { counts: buckets.map(() => 0), sum: 0, count: 0 }));
      const bucket = buckets.findIndex((upTo) => value <= upTo);
      if (bucket >= 0) seen.counts[bucket]! += 1;
      seen.sum += value;
      seen.count += 1;
    },
  };
  const render = () => {
    const lines = head(name, help, 'histogram');
    for (const [key, { counts, sum, count }] of series) {
      let below = 0;
      buckets.forEach((upTo, i) =>
        lines.push(line(`${name}_bucket`, withLabel(key, `le="${upTo}"`), (below += counts[i]!))),
      );
      lines.push(
        line(`${name}_bucket`, withLabel(key, 'le="+Inf"'), count),
        line(`${name}_sum`, key, sum),
        line(`${name}_count`, key, count),
      );
    }
    return lines;
  };
  return { type: 'histogram' as const, metric, render };
}

/** The labels as they are written between the braces; the key of a series. */
function seriesKey(labelNames: readonly string[], labels: Labels = {}): string {
  return labelNames.map((name) => `${name}="${escapeLabel(String(labels[name] ?? ''))}"`).join(',');
}

function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}

function withLabel(key: string, label: string): string {
  return key ? `${key},${label}` : label;
}

function head(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`];
}

function line(name: string, key: string, value: number): string {
  return key ? `${name}{${key}} ${value}` : `${name} ${value}`;
}

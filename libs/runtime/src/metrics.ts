import { METRICS, type LabelOf, type MetricDescription, type MetricName, type NameOf } from './metric-catalogue';
import type { MetricSnapshot } from './metric-snapshot';
import { addProcessMetrics } from './process-metrics';
import { renderMetrics, type MetricFormat } from './render-metrics';
import { idsOf } from './trace-parent';

/** The values of a metric's labels, by label name. */
export type Labels<Label extends string = string> = Readonly<Record<Label, string | number>>;

/** Counts upwards. */
export interface Counter<Label extends string = string> {
  inc(labels?: Labels<Label>, by?: number): void;
  /** For what somebody else counts: the whole count, looked up just before the metrics are read. */
  onRead(look: () => number, labels?: Labels<Label>): void;
}

/** Says how much there is now. */
export interface Gauge<Label extends string = string> {
  set(value: number, labels?: Labels<Label>): void;
  /** Takes a series away, such as that of a partition no longer ours. */
  remove(labels: Labels<Label>): void;
  /** Called just before the metrics are read, to set what is only known by looking. */
  onRead(look: () => void): void;
}

/** Sorts observations into buckets. */
export interface Histogram<Label extends string = string> {
  /** With a `traceparent` the observation becomes its bucket's exemplar: the way from a slow bucket to the trace of one that was slow. */
  observe(value: number, labels?: Labels<Label>, traceparent?: string): void;
}

/** The metrics of a process, as the catalogue describes them. Asking for one again gives the same one. */
export interface Metrics {
  counter<Name extends NameOf<'counter'>>(name: Name): Counter<LabelOf<Name>>;
  gauge<Name extends NameOf<'gauge'>>(name: Name): Gauge<LabelOf<Name>>;
  histogram<Name extends NameOf<'histogram'>>(name: Name, buckets?: readonly number[]): Histogram<LabelOf<Name>>;
  /** All of them as they are now. */
  read(): readonly MetricSnapshot[];
  /** The same as text for a scraper; Prometheus' own format when none is named. */
  render(format?: MetricFormat): string;
}

/** From half a millisecond to 30 seconds: what requests, appends and flushes take. */
export const SECONDS_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

interface Family {
  readonly metric: Counter | Gauge | Histogram;
  read(): MetricSnapshot['series'];
}

/** A registry that already knows memory, processor time and event-loop delay of this process. */
export function createMetrics(): Metrics {
  const families = new Map<MetricName, Family>();

  function family<Metric>(name: MetricName, type: MetricDescription['type'], make: () => Family): Metric {
    if (METRICS[name].type !== type) throw new Error(`metric ${name} is a ${METRICS[name].type}, not a ${type}`);
    let known = families.get(name);
    if (!known) families.set(name, (known = make()));
    return known.metric as Metric;
  }

  const metrics: Metrics = {
    counter: (name) => family(name, 'counter', () => counterFamily(METRICS[name].labels)),
    gauge: (name) => family(name, 'gauge', () => gaugeFamily(METRICS[name].labels)),
    histogram: (name, buckets = SECONDS_BUCKETS) =>
      family(name, 'histogram', () => histogramFamily(METRICS[name].labels, buckets)),
    read: () =>
      [...families].map(([name, { read }]) => {
        const { type, help } = METRICS[name];
        return { name, type, help, series: read() };
      }),
    render: (format) => renderMetrics(metrics.read(), format),
  };
  addProcessMetrics(metrics);
  return metrics;
}

function counterFamily(labelNames: readonly string[]): Family {
  const values = new Map<string, number>();
  const looks: (() => void)[] = [];
  // A counter without labels is there from the start: "0" is news, absence is not.
  if (labelNames.length === 0) values.set('', 0);
  const metric: Counter = {
    inc: (labels, by = 1) => {
      const key = seriesKey(labelNames, labels);
      values.set(key, (values.get(key) ?? 0) + by);
    },
    onRead: (look, labels) => void looks.push(() => values.set(seriesKey(labelNames, labels), look())),
  };
  const read = () => {
    for (const look of looks) look();
    return [...values].map(([key, value]) => ({ labels: labelsOf(labelNames, key), value }));
  };
  return { metric, read };
}

function gaugeFamily(labelNames: readonly string[]): Family {
  const values = new Map<string, number>();
  const looks: (() => void)[] = [];
  const metric: Gauge = {
    set: (value, labels) => void values.set(seriesKey(labelNames, labels), value),
    remove: (labels) => void values.delete(seriesKey(labelNames, labels)),
    onRead: (look) => void looks.push(look),
  };
  const read = () => {
    for (const look of looks) look();
    return [...values].map(([key, value]) => ({ labels: labelsOf(labelNames, key), value }));
  };
  return { metric, read };
}

interface Observed {
  readonly counts: number[];
  sum: number;
  count: number;
  /** By bucket, the last beyond all of them. */
  exemplars: NonNullable<MetricSnapshot['series'][number]['histogram']>['exemplars'][number][] | undefined;
}

function histogramFamily(labelNames: readonly string[], buckets: readonly number[]): Family {
  const series = new Map<string, Observed>();
  const metric: Histogram = {
    observe: (value, labels, traceparent) => {
      const key = seriesKey(labelNames, labels);
      let seen = series.get(key);
      if (!seen) series.set(key, (seen = { counts: buckets.map(() => 0), sum: 0, count: 0, exemplars: undefined }));
      const found = buckets.findIndex((upTo) => value <= upTo);
      if (found >= 0) seen.counts[found]! += 1;
      seen.sum += value;
      seen.count += 1;
      if (traceparent === undefined) return;
      const bucket = found < 0 ? buckets.length : found;
      (seen.exemplars ??= [])[bucket] = { ...idsOf(traceparent), value, at: Date.now() };
    },
  };
  const read = () =>
    [...series].map(([key, { counts, sum, count, exemplars = [] }]) => ({
      labels: labelsOf(labelNames, key),
      value: sum,
      histogram: { buckets, counts: [...counts], count, exemplars: [...exemplars] },
    }));
  return { metric, read };
}

// Label values hold no such character; it keeps the hot path to one join.
const SEPARATOR = '\u0001';

function seriesKey(labelNames: readonly string[], labels?: Readonly<Record<string, string | number>>): string {
  if (labelNames.length === 0) return '';
  if (labelNames.length === 1) return String(labels?.[labelNames[0]!] ?? '');
  return labelNames.map((name) => String(labels?.[name] ?? '')).join(SEPARATOR);
}

function labelsOf(labelNames: readonly string[], key: string): readonly (readonly [string, string])[] {
  const values = labelNames.length < 2 ? [key] : key.split(SEPARATOR);
  return labelNames.map((name, at) => [name, values[at] ?? '']);
}

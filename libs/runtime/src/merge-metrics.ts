import type { MetricSnapshot, SeriesSnapshot } from './metric-snapshot';

/**
 * The metrics of several processes as those of one: every series once for each of them, told apart by `label`. Nothing is added up: a counter of a
 * process that starts again begins at 0, which Prometheus understands of a series and not of a sum.
 */
export function mergeMetrics(
  label: string,
  processes: ReadonlyMap<string, readonly MetricSnapshot[]>,
): readonly MetricSnapshot[] {
  const merged = new Map<string, MetricSnapshot & { readonly series: SeriesSnapshot[] }>();
  for (const [name, snapshots] of processes)
    for (const snapshot of snapshots) {
      let family = merged.get(snapshot.name);
      if (!family) merged.set(snapshot.name, (family = { ...snapshot, series: [] }));
      for (const series of snapshot.series)
        family.series.push({ ...series, labels: [[label, name], ...series.labels] });
    }
  return [...merged.values()];
}

/** A series of a rule test: its name with labels, and its values in promtool's notation (`0+5x60`). */
export type Series = readonly [series: string, values: string];

/** An alert: when it fires, what its runbook says, and two stories for promtool, one that fires it and one that must not. */
export interface AlertRule {
  readonly name: string;
  /** PromQL; an alert for each series it answers. */
  readonly expr: string;
  /** How long it must hold. */
  readonly for: string;
  /** `page` wakes somebody, `ticket` waits for the morning. */
  readonly severity: 'page' | 'ticket';
  /** One line for the person on call; labels as `{{ $labels.consumer }}`. */
  readonly summary: string;
  /** For the runbook: what it means for the fleet. */
  readonly meaning: string;
  /** For the runbook: where to look, in order. */
  readonly look: readonly string[];
  /** For the runbook: what to do. */
  readonly act: readonly string[];
  /** When the stories are judged, counted from their start. */
  readonly at: string;
  readonly firing: readonly Series[];
  readonly silent: readonly Series[];
  /** Labels of the alert that fires, besides severity. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A rule that only remembers a ratio, so that alerts and dashboards mean the same. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

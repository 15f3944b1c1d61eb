import { stringify } from 'yaml';
import type { AlertRule } from './alert-rule';
import { ALERTS } from './alerts';
import { recordingRules } from './burn-rate';
import { SLOS } from './slos';

/** In the file for RUNBOOKS/, the chart puts where the operator reads them. */
export const RUNBOOKS = 'RUNBOOKS/';

/** The text of `rules/corral.rules.yaml`, as Prometheus and `promtool` read it. */
export function rulesFile(): string {
  const groups = [
    ...SLOS.map((slo) => ({ name: `corral-slo-${slo.slug}`, rules: recordingRules(slo) })),
    { name: 'corral', rules: ALERTS.map(asRule) },
  ];
  return `# Made from helm/src/alerts by npm run docs.\n${stringify({ groups }, { lineWidth: 0 })}`;
}

/** A file for `promtool test rules`: the alert fires in one story and is silent in the other. */
export function ruleTestFile(alert: AlertRule): string {
  const story = (name: string, series: AlertRule['firing'], expected: readonly object[]) => ({
    name,
    interval: '1m',
    input_series: series.map(([of, values]) => ({ series: of, values })),
    alert_rule_test: [{ eval_time: alert.at, alertname: alert.name, exp_alerts: expected }],
  });
  const fired = {
    exp_labels: { severity: alert.severity, ...alert.labels },
    exp_annotations: { summary: withLabels(alert), runbook_url: `${RUNBOOKS}${alert.name}.md` },
  };
  const file = {
    rule_files: ['../corral.rules.yaml'],
    evaluation_interval: '1m',
    tests: [story(`${alert.name} fires`, alert.firing, [fired]), story(`${alert.name} is silent`, alert.silent, [])],
  };
  return `# Made from helm/src/alerts by npm run docs.\n${stringify(file, { lineWidth: 0 })}`;
}

function asRule(alert: AlertRule) {
  return {
    alert: alert.name,
    expr: alert.expr,
    for: alert.for,
    labels: { severity: alert.severity },
    annotations: { summary: alert.summary, runbook_url: `${RUNBOOKS}${alert.name}.md` },
  };
}

function withLabels({ summary, labels }: AlertRule): string {
  return summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? '');
}

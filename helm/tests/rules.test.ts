import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS, type MetricName } from '@corral/runtime';
import { parse } from 'yaml';
import { ALERTS, FOREIGN_METRICS } from '../src/alerts/alerts';
import { recordingRules } from '../src/alerts/burn-rate';
import { SLOS } from '../src/alerts/slos';
import { CHART } from './helm';
import { find, rendered } from './renders';

const PROMTOOL = process.env.CORRAL_PROMTOOL ?? 'promtool';
const RULES = join(CHART, 'rules');
const file = parse(readFileSync(join(RULES, 'corral.rules.yaml'), 'utf8')) as {
  groups: { rules: { alert?: string; record?: string; expr: string; annotations?: Record<string, string> }[] }[];
};
const rules = file.groups.flatMap((group) => group.rules);
const dashboards = ['promises', 'in', 'through', 'out'].map((slug) =>
  JSON.parse(readFileSync(join(CHART, 'dashboards', `${slug}.json`), 'utf8')),
);
const queries = dashboards.flatMap(({ panels }) =>
  panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr)),
);

function promtool(...args: string[]): string {
  return execFileSync(PROMTOOL, args, { encoding: 'utf8', cwd: RULES, stdio: ['ignore', 'pipe', 'pipe'] });
}

test('[53] the rules are what Prometheus reads, and every alert has its runbook', () => {
  expect(promtool('check', 'rules', 'corral.rules.yaml')).toContain(`${rules.length} rules found`);
  for (const { alert, annotations } of rules.filter((rule) => rule.alert)) {
    expect(annotations!.runbook_url).toBe(`RUNBOOKS/${alert}.md`);
    const runbook = readFileSync(join(CHART, 'runbooks', `${alert}.md`), 'utf8');
    for (const heading of ['What it means', 'Where to look', 'What to do']) expect(runbook).toContain(`## ${heading}`);
  }
});

test('the chart puts in place where the runbooks are read', () => {
  const { spec } = find(rendered('monitoring'), 'PrometheusRule', 'corral');
  const urls = spec.groups.flatMap((group: any) =>
    group.rules.flatMap((rule: any) => rule.annotations?.runbook_url ?? []),
  );
  expect(urls).toHaveLength(ALERTS.length);
  for (const url of urls) expect(url).toMatch(/^https:\/\/runbooks\.example\/corral\/Corral\w+\.md$/);
});

test.each(ALERTS.map(({ name }) => name))(
  '[54] %s fires when it should, and is silent when it should be (promtool)',
  (name) => {
    const said = promtool('test', 'rules', `tests/${name}.yaml`);
    expect(said).toContain('SUCCESS');
  },
);

test('[54] a story that is told wrongly fails', () => {
  const wrong = readFileSync(join(RULES, 'tests/CorralPartitionParked.yaml'), 'utf8')
    .replace('consumer: geofence', 'consumer: history')
    .replace('../corral.rules.yaml', join(RULES, 'corral.rules.yaml'));
  expect(() => execFileSync(PROMTOOL, ['test', 'rules', '/dev/stdin'], { input: wrong, stdio: 'pipe' })).toThrow();
});

test('[55] every promise has a page over five minutes and an hour, and a ticket over half an hour and six', () => {
  expect(SLOS.map(({ slug }) => slug)).toEqual(['accept', 'alert_latency', 'freshness', 'delivery']);
  for (const { alert } of SLOS) {
    expect(rules.find((rule) => rule.alert === `${alert}Fast`)!.expr).toMatch(/_5m > .+_1h > /);
    expect(rules.find((rule) => rule.alert === `${alert}Slow`)!.expr).toMatch(/_30m > .+_6h > /);
  }
});

describe('[56] every metric of rules and dashboards', () => {
  const records = SLOS.flatMap(recordingRules).map(({ record }) => record);
  const asked = [...rules.map(({ expr }) => expr), ...queries];

  test('is one of the code’s, or of somebody named', () => {
    const unknown = asked
      .flatMap(metricsOf)
      .filter((name) => !records.includes(name) && !(name in FOREIGN_METRICS) && ownMetric(name) === undefined);
    expect(unknown).toEqual([]);
    expect(asked.flatMap(metricsOf).length).toBeGreaterThan(80);
  });

  test('is asked for by labels it has', () => {
    // Added by the scrape, not by us.
    const scraped = ['namespace', 'component', 'pod', 'le'];
    const wrong = asked.flatMap((expr) =>
      [...expr.matchAll(/([a-z][a-z0-9_]+)\{([^}]*)\}/g)].flatMap(([, name, matchers]) => {
        const own = ownMetric(name!);
        if (own === undefined) return [];
        const labels: readonly string[] = METRICS[own].labels;
        return [...matchers!.matchAll(/(\w+)\s*(?:=|!)/g)]
          .map(([, label]) => label!)
          .filter((label) => !labels.includes(label) && !scraped.includes(label))
          .map((label) => `${name}{${label}}`);
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('that an operator could need is on a dashboard', () => {
    const shown = new Set(queries.flatMap(metricsOf).map((name) => ownMetric(name) ?? name));
    for (const expr of rules.filter(({ record }) => record).map(({ expr }) => expr))
      for (const name of metricsOf(expr)) shown.add(ownMetric(name) ?? name);
    expect(Object.keys(METRICS).filter((name) => !shown.has(name))).toEqual([]);
  });
});

test('the dashboards are ConfigMaps that Grafana’s sidecar finds, whole', () => {
  const maps = rendered('monitoring').objects.filter(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels.grafana_dashboard === '1',
  );
  expect(maps).toHaveLength(4);
  for (const { data } of maps)
    for (const [name, text] of Object.entries(data as Record<string, string>))
      expect(JSON.parse(text)).toEqual(dashboards.find(({ uid }) => uid === `corral-${name.replace('.json', '')}`));
});

/** The names of metrics in a query: words before a brace or bracket, or standing alone where a vector may. */
function metricsOf(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\b(by|on|without)\s*\([^)]*\)/g, '');
  return (bare.match(/[a-z_][a-z0-9_:]*/gi) ?? []).filter((word) =>
    /^(corral|process|nodejs|kube|certmanager)[_:]/.test(word),
  );
}

/** The metric of the code whose name, or one of whose series, this is. */
function ownMetric(name: string): MetricName | undefined {
  if (name in METRICS) return name as MetricName;
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return base in METRICS && METRICS[base as MetricName].type === 'histogram' ? (base as MetricName) : undefined;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERTS } from './alerts/alerts';
import { ruleTestFile, rulesFile } from './alerts/rules-file';
import { runbook } from './alerts/runbook';
import { chartReadme } from './chart-readme';
import { grafanaJson } from './dashboards/dashboard';
import { DASHBOARDS } from './dashboards/dashboards';
import { MOVED_VALUES } from './moved-values';
import { settingsFile } from './settings-file';
import { valuesSchema } from './values-schema';

/** Every file of the chart that is made, by its path in the repository: `npm run docs` writes them, a test compares. */
export function generatedFiles(root: string): Readonly<Record<string, string>> {
  const chart = 'helm/corral';
  const read = (file: string) => readFileSync(join(root, chart, file), 'utf8');
  const values = read('values.yaml');
  return {
    [`${chart}/files/settings.json`]: settingsFile(),
    [`${chart}/files/moved-values.json`]: `${JSON.stringify(MOVED_VALUES, undefined, 2)}\n`,
    [`${chart}/values.schema.json`]: valuesSchema(values),
    [`${chart}/README.md`]: chartReadme(read('README.md'), values),
    [`${chart}/rules/corral.rules.yaml`]: rulesFile(),
    ...Object.fromEntries(
      ALERTS.flatMap((alert) => [
        [`${chart}/rules/tests/${alert.name}.yaml`, ruleTestFile(alert)],
        [`${chart}/runbooks/${alert.name}.md`, runbook(alert)],
      ]),
    ),
    ...Object.fromEntries(
      DASHBOARDS.map((dashboard) => [`${chart}/dashboards/${dashboard.slug}.json`, grafanaJson(dashboard)]),
    ),
  };
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ALERTS } from '../src/alerts/alerts';
import { DASHBOARDS } from '../src/dashboards/dashboards';
import { generatedFiles } from '../src/generated-files';
import { readValues } from '../src/values-document';
import { CHART, ROOT } from './helm';

const values = readValues(readFileSync(join(CHART, 'values.yaml'), 'utf8'));

test.each(Object.entries(generatedFiles(ROOT)))(
  '[2] [67] %s is what the code makes today (npm run docs)',
  (file, text) => {
    expect(readFileSync(join(ROOT, file), 'utf8')).toBe(text);
  },
);

test('no file is left over from an alert or a dashboard that is no more', () => {
  const names = (folder: string) => readdirSync(join(CHART, folder)).sort();
  expect(names('runbooks')).toEqual(ALERTS.map(({ name }) => `${name}.md`).sort());
  expect(names('rules/tests')).toEqual(ALERTS.map(({ name }) => `${name}.yaml`).sort());
  expect(names('dashboards')).toEqual(DASHBOARDS.map(({ slug }) => `${slug}.json`).sort());
});

test('[3] every value has its comment', () => {
  expect(values.length).toBeGreaterThan(150);
  expect(values.filter(({ comment }) => comment === undefined).map(({ path }) => path)).toEqual([]);
});

test('[1] every map of the schema is closed, or is one whose keys are the operator’s', () => {
  const open: string[] = [];
  const walk = (schema: Record<string, any>, path: string) => {
    if (schema.properties && schema.additionalProperties !== false && !path.endsWith('[]')) open.push(path);
    for (const [name, inner] of Object.entries(schema.properties ?? {}))
      walk(inner as Record<string, any>, `${path}.${name}`);
    if (schema.items) walk(schema.items, `${path}[]`);
  };
  walk(JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')), '');
  expect(open).toEqual([]);
});

test('[4] UPGRADING has a section for every major version', () => {
  const { version } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as { version: string };
  const upgrading = readFileSync(join(CHART, 'UPGRADING.md'), 'utf8');
  for (let major = 0; major <= Number(version.split('.')[0]); major++)
    expect(upgrading).toMatch(new RegExp(`^## ${major}\\.`, 'm'));
});

test('[8] the chart says its licence, its changes and its images for Artifact Hub', () => {
  const { annotations, appVersion } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'));
  expect(annotations['artifacthub.io/license']).toBe('Apache-2.0');
  expect(parse(annotations['artifacthub.io/changes'])[0]).toEqual({
    kind: expect.any(String),
    description: expect.any(String),
  });
  const images = parse(annotations['artifacthub.io/images']) as { name: string; image: string }[];
  expect(images.map(({ image }) => image).sort()).toEqual(
    ['corral', 'gateway', 'geofence', 'ingestion', 'notification'].map((app) => `corral/${app}:${appVersion}`),
  );
  expect(existsSync(join(CHART, 'LICENSE'))).toBe(true);
});

test('chart and code have one version', () => {
  const { version, appVersion } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'));
  const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect([String(version), String(appVersion)]).toEqual([root.version, root.version]);
});

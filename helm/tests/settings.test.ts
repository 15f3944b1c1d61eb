import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeConfig, readConfig, type SettingDescription } from '@corral/runtime';
import { stringify } from 'yaml';
import { PROGRAMS, settingNames, type Program, type ProgramName } from '../src/programs';
import { PLACED_SETTINGS } from '../src/values-schema';
import { environment } from './environment';
import { CHART, helm, valuesOf } from './helm';
import { allRenders, container, objectsOf, rendered, workloads, type KubernetesObject, type Render } from './renders';

const NAMES = Object.keys(PROGRAMS) as ProgramName[];

test('[67] what the chart gives a program is what that program reads, and its config takes it, in every case', () => {
  for (const render of allRenders())
    for (const workload of workloads(render).filter(({ object }) => object.kind !== 'Pod')) {
      const name = workload.component as ProgramName;
      const given = environment(render.objects, workload);
      expect([workload.where, Object.keys(given).filter((one) => !settingNames(name).includes(one))]).toEqual([
        workload.where,
        [],
      ]);
      expect(() => readConfig(PROGRAMS[name].settings, given)).not.toThrow();
    }
});

test('[67] every setting that a program reads can be given through values, and arrives there and nowhere else', () => {
  const plain = NAMES.flatMap((name) => describeConfig((PROGRAMS[name] as Program).settings)).filter(
    ({ name, secret }) => !secret && !PLACED_SETTINGS.includes(name),
  );
  const config = Object.fromEntries(plain.map((setting) => [setting.name, sample(setting)]));
  const folder = mkdtempSync(join(tmpdir(), 'corral-chart-'));
  try {
    writeFileSync(
      join(folder, 'values.yaml'),
      stringify({
        config,
        auth: { keys: { bootstrapApiKey: 'bootstrap-api-key' } },
        kafka: {
          tls: { enabled: true, caSecret: 'ca', clientSecret: 'client' },
          sasl: { mechanism: 'scram-sha-512', existingSecret: 'login' },
        },
      }),
    );
    const text = helm([
      'template',
      'corral',
      CHART,
      '-f',
      valuesOf('default'),
      '-f',
      join(folder, 'values.yaml'),
      '--kube-version',
      '1.36',
    ]);
    const render: Render = { name: 'everything', helm: '', kube: '', text, objects: objectsOf(text) };
    for (const workload of workloads(render).filter(({ object }) => object.kind !== 'Pod')) {
      const given = environment(render.objects, workload);
      expect([workload.component, Object.keys(given).sort()]).toEqual([
        workload.component,
        [...settingNames(workload.component as ProgramName)].sort(),
      ]);
      expect(() => readConfig(PROGRAMS[workload.component as ProgramName].settings, given)).not.toThrow();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every secret setting has its place in a Secret: a new one must be given one', () => {
  const secrets = NAMES.flatMap((name) => describeConfig((PROGRAMS[name] as Program).settings)).filter(
    ({ secret }) => secret,
  );
  expect([...new Set(secrets.map(({ name }) => name))].filter((name) => !PLACED_SETTINGS.includes(name))).toEqual([]);
});

test('[19] secrets are files by default, variables by choice, and the same settings either way', () => {
  const of = (render: Render) => {
    const workload = workloads(render).find(({ component }) => component === 'ingestion')!;
    return { env: container(workload).env as KubernetesObject[], volumes: workload.pod.volumes as KubernetesObject[] };
  };
  const files = of(rendered('default'));
  expect(files.env.map(({ name }) => name)).toEqual(['CORRAL_TOKEN_SECRET_FILE', 'DATABASE_URL_FILE']);
  const paths = files.volumes
    .find(({ name }) => name === 'secrets')!
    .projected.sources.flatMap(({ secret }: KubernetesObject) =>
      secret.items.map(({ path }: KubernetesObject) => `/etc/corral/secrets/${path}`),
    );
  expect(files.env.map(({ value }) => value).sort()).toEqual([...paths].sort());
  const variables = of(rendered('dev'));
  expect(variables.env.map(({ name }) => name)).toEqual(['CORRAL_TOKEN_SECRET', 'DATABASE_URL']);
  expect(variables.env.every(({ valueFrom }) => valueFrom.secretKeyRef.name)).toBe(true);
  expect(variables.volumes.map(({ name }) => name)).not.toContain('secrets');
});

test('a component may have a database role of its own, and the migrations theirs', () => {
  const secretOf = (component: string) => {
    const { pod } = workloads(rendered('migrations-job')).find((workload) => workload.component === component)!;
    return pod.volumes
      .find(({ name }: KubernetesObject) => name === 'secrets')
      .projected.sources.map(({ secret }: KubernetesObject) => secret.name);
  };
  expect(secretOf('gateway')).toContain('corral-gateway-role');
  expect(secretOf('geofence')).toContain('corral-database');
  expect(secretOf('migrate')).toContain('corral-owner');
  expect(secretOf('maintenance')).toContain('corral-owner');
});

function sample({ name, kind, default: fallback }: SettingDescription): unknown {
  switch (kind) {
    case 'integer':
    case 'port':
      return Number(fallback ?? 1);
    case 'flag':
      return fallback ?? 'on';
    case 'list':
      return name === 'CORRAL_CORS_ORIGINS' ? ['https://console.example'] : ['one'];
    case 'cidrList':
      return ['10.0.0.0/8'];
    case 'duration':
      return name === 'CORRAL_TRACK_RETENTION' ? 'P30D' : (fallback ?? 'PT10S');
    case 'url':
      return fallback ?? 'http://collector.example:4318';
    default:
      return fallback || (WORDS[name] ?? 'info');
  }
}

/** Texts that are one of a few words. */
const WORDS: Readonly<Record<string, string>> = {
  OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  OTEL_TRACES_SAMPLER: 'always_on',
  OTEL_METRICS_EXPORTER: 'otlp',
};
